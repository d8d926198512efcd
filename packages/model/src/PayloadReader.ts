/**
 * Reads the payload of a span when it is rendered, off the request's path: what fits its schema passes as it is, a
 * field that does not is left out and named. The readers are compiled from the schemas of `SpanData`, one per role, on
 * first use.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as FieldReader from "./internal/fieldReader.js"
import { hasMoreParts } from "./internal/hasMoreParts.js"
import * as SpanData from "./SpanData.js"
import * as SpanRole from "./SpanRole.js"

/**
 * A payload that was read. `misfits` are the paths of what was left out, such as `usage.inputTokens` or
 * `inputMessages[3].parts[0]`: at most 64 of them, and none exactly where `data` is the very value that was given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reading<Data extends SpanData.SpanData = SpanData.SpanData> {
  readonly data: SpanData.Read<Data>
  readonly misfits: ReadonlyArray<string>
}

const none: ReadonlyArray<string> = Object.freeze([])

const readers = new Map<SpanRole.SpanRole, FieldReader.PayloadReader>()

const readerOf = (role: SpanRole.SpanRole): FieldReader.PayloadReader => {
  const known = readers.get(role)
  if (known !== undefined) return known
  const reader = FieldReader.compilePayload(SpanData.schemas[role].ast)
  readers.set(role, reader)
  return reader
}

/**
 * Whether a value is a payload of this role whose every present field fits. Allocates nothing.
 *
 * @since 0.1.0
 * @category guards
 */
export const fits = <Role extends SpanRole.SpanRole>(
  role: Role,
  value: unknown
): value is SpanData.Read<SpanData.Of<Role>> => {
  try {
    return readerOf(role).fits(value)
  } catch {
    return false
  }
}

/**
 * Reads a payload as one of its own role. Total: a getter that throws, a proxy, a cycle or a live object in the wrong
 * place is left out like anything else that does not fit. Where all fits, `data` is the same object. What has no known
 * tag, which the types rule out, reads as a `service` of which nothing is known.
 *
 * A list keeps the elements that fit; a nested struct keeps the optional fields that fit, and is left out where a
 * required one does not.
 *
 * @example
 * ```ts
 * import { PayloadReader, type SpanData } from "@tenant-tracer/model"
 *
 * const payload: SpanData.LlmCall = JSON.parse(`{
 *   "_tag": "llm_call", "operation": "chat", "provider": "openai", "usage": { "inputTokens": "ten", "outputTokens": 5 }
 * }`)
 * const { data, misfits } = PayloadReader.read(payload)
 * data.usage // { outputTokens: 5 }
 * misfits // ["usage.inputTokens"]
 * ```
 *
 * @since 0.1.0
 * @category reading
 */
export const read = <Data extends SpanData.SpanData>(data: Data): Reading<Data> => {
  const role = roleOf(data)
  // `Data` is the payload of the role that its tag names; where the tag lies, `data` has no type to keep.
  return readAs(role ?? "service", data) as Reading<Data>
}

/**
 * `read`, for a payload that was copied (`{ ...payload }`), as that of a span is: it looks at the fields that are there, and at no others.
 *
 * @since 0.1.0
 * @category reading
 */
export const readCopy = <Data extends SpanData.SpanData>(copy: Data): Reading<Data> => {
  const role = roleOf(copy)
  // What has a prototype of its own is no copy.
  return role !== undefined && Object.getPrototypeOf(copy) === Object.prototype && fitsCopy(role, copy)
    ? { data: copy as unknown as SpanData.Read<Data>, misfits: none }
    : read(copy)
}

const fitsCopy = (role: SpanRole.SpanRole, copy: object): boolean => {
  try {
    return readerOf(role).fitsCopy(copy)
  } catch {
    return false
  }
}

const roleOf = (data: SpanData.SpanData): SpanRole.SpanRole | undefined => {
  try {
    return SpanRole.is(data._tag) ? data._tag : undefined
  } catch {
    return undefined
  }
}

/**
 * Reads any value as the payload of a role, whatever its tag says.
 *
 * @since 0.1.0
 * @category reading
 */
export const readAs = <Role extends SpanRole.SpanRole>(role: Role, value: unknown): Reading<SpanData.Of<Role>> =>
  fits(role, value) ? { data: value, misfits: none } : repair(role, value)

const repair = <Role extends SpanRole.SpanRole>(role: Role, value: unknown): Reading<SpanData.Of<Role>> => {
  const misfits: Array<string> = []
  const kept = FieldReader.keep(readerOf(role), value, "_tag", misfits)
  // What a reader keeps is a record of the fields that fit, and nothing where the value cannot be looked into.
  const fields = kept === FieldReader.unfit ? {} : (kept as Omit<SpanData.Read<SpanData.Of<Role>>, "_tag">)
  return { data: { ...fields, _tag: role } as unknown as SpanData.Read<SpanData.Of<Role>>, misfits }
}

const decodeSpanData = Schema.decodeUnknownEither(SpanData.SpanData, { errors: "all" })

/**
 * Decodes what comes from a wire, a file or a plug-in, all or nothing: a typed error that names every field which does
 * not fit, never a throw. What has more than 100,000 values at any depth is refused as a whole.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode = (input: unknown): Either.Either<SpanData.SpanData, ParseResult.ParseError> => {
  try {
    // The schema would look at each of four billion holes, and tell of each.
    if (hasMoreParts(input, maxParts)) return refused(`has more than ${maxParts.toLocaleString("en")} parts`)
    return decodeSpanData(input)
  } catch {
    // A getter or a proxy threw.
    return refused("is not plain data: a property of it cannot be read")
  }
}

/** The most values in a payload, at any depth. */
const maxParts = 100_000

/** The value is not shown: it may be long, and showing it may throw. */
const refused = (detail: string): Either.Either<never, ParseResult.ParseError> =>
  Either.left(new ParseResult.ParseError({ issue: new ParseResult.Type(SpanData.SpanData.ast, undefined, detail) }))
