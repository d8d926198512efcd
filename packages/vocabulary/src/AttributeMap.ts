/**
 * A vocabulary's attributes as plain data, for tests, for tools, and for anyone who wants to see what a back end would get.
 *
 * @example
 * ```ts
 * import { AttributeMap, Genai } from "@tenant-tracer/vocabulary"
 *
 * const attributes = AttributeMap.collect(Genai.v1_41, {
 *   name: "chat gpt-4o",
 *   data: { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" },
 *   facts: {},
 *   isRoot: false,
 *   error: undefined
 * })
 * // { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o" }
 * ```
 *
 * @since 0.1.0
 */
import type { AttributeValue } from "@tenant-tracer/model/Destination"
import * as Json from "@tenant-tracer/model/Json"
import type { AttributeWriter, TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"

/**
 * One attribute as it goes on the wire: `int` and `double` are different types there, though JavaScript has one number. JSON text is a `string`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attribute {
  readonly key: string
  readonly type: "string" | "int" | "double" | "boolean" | "strings"
  readonly value: AttributeValue
}

/**
 * A writer that hands every attribute on, for whoever needs more than a record. Numbers that are not finite are not written.
 *
 * @since 0.1.0
 * @category constructors
 */
export const writer = (emit: (attribute: Attribute) => void): AttributeWriter => {
  const write = (type: Attribute["type"]) => (key: string, value: AttributeValue | undefined) => {
    if (value !== undefined) emit({ key, type, value })
  }
  const number =
    (type: "int" | "double", shape: (value: number) => number) => (key: string, value: number | undefined) => {
      if (value !== undefined && Number.isFinite(value)) emit({ key, type, value: shape(value) })
    }
  const string = write("string")
  return {
    string,
    int: number("int", Math.trunc),
    double: number("double", (value) => value),
    boolean: write("boolean"),
    strings: (key, value) => {
      if (value !== undefined && value.length > 0) emit({ key, type: "strings", value })
    },
    json: (key, value) => string(key, Json.stringify(value))
  }
}

/**
 * What a vocabulary writes for a span, in the order of writing.
 *
 * @since 0.1.0
 * @category rendering
 */
export const attributes = (vocabulary: Vocabulary, span: TypedSpan): ReadonlyArray<Attribute> => {
  const all: Array<Attribute> = []
  vocabulary.write(
    span,
    writer((attribute) => all.push(attribute))
  )
  return all
}

/**
 * What a vocabulary writes for a span, by key.
 *
 * @since 0.1.0
 * @category rendering
 */
export const collect = (vocabulary: Vocabulary, span: TypedSpan): Record<string, AttributeValue> =>
  Object.fromEntries(attributes(vocabulary, span).map(({ key, value }) => [key, value]))
