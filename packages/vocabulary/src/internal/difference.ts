/**
 * How two vocabularies differ, on the sample spans and in plain text, for people who are about to move from one to the other.
 */
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import { covers } from "@tenant-tracer/model/Vocabulary"
import * as Option from "effect/Option"
import * as AttributeMap from "../AttributeMap.js"
import { samples } from "./samples.js"

/** Of a value so much is shown; of two that differ, so much of what they share before that. */
const longest = 160
const shared = 40

const isJson = Option.liftThrowable((text: string): boolean => typeof JSON.parse(text) === "object")

/** Text that is JSON is shown as it is: within quotes each of its own would be escaped. */
const textOf = ({ value }: AttributeMap.Attribute): string =>
  typeof value === "string" && Option.contains(isJson(value), true) ? value : JSON.stringify(value)

const shown = (attribute: AttributeMap.Attribute, from = 0): string => {
  const text = textOf(attribute)
  const part = text.slice(from, from + longest)
  return `${from > 0 ? "…" : ""}${part}${text.length > from + longest ? "…" : ""} (${attribute.type})`
}

/** Two values, each from shortly before where they begin to differ where that would not be seen. */
const bothShown = (old: AttributeMap.Attribute, now: AttributeMap.Attribute): string => {
  const [before, after] = [textOf(old), textOf(now)]
  let same = 0
  while (same < before.length && before[same] === after[same]) same++
  const from = same < longest - shared ? 0 : same - shared
  return `${shown(old, from)} -> ${shown(now, from)}`
}

const attributesOf = (vocabulary: Vocabulary, span: TypedSpan): ReadonlyMap<string, AttributeMap.Attribute> =>
  new Map(AttributeMap.attributes(vocabulary, span).map((attribute) => [attribute.key, attribute]))

const linesOf = (first: Vocabulary, second: Vocabulary, span: TypedSpan): ReadonlyArray<string> => {
  const before = attributesOf(first, span)
  const after = attributesOf(second, span)
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort()
  const named = (key: string): string =>
    [...first.content, ...second.content].some((row) => covers(row, key)) ? `${key} [content]` : key
  return keys.flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)]
    if (old === undefined) return now === undefined ? [] : [`  + ${named(key)} ${shown(now)}`]
    if (now === undefined) return [`  - ${named(key)} ${shown(old)}`]
    const isSame = old.type === now.type && JSON.stringify(old.value) === JSON.stringify(now.value)
    return isSame ? [] : [`  ~ ${named(key)} ${bothShown(old, now)}`]
  })
}

const titleOf = ({ name, version }: Vocabulary): string => `${name} ${version}`

/** What the lines below are about: the marks, and the schema's address where it is another. */
const headOf = (first: Vocabulary, second: Vocabulary): string => {
  const [old = "none", now = "none"] = [first.schemaUrl, second.schemaUrl]
  return [
    `${titleOf(first)} -> ${titleOf(second)}`,
    ...(old === now ? [] : [`schema_url ${old} -> ${now}`]),
    `- is only in ${titleOf(first)}, + only in ${titleOf(second)}, ~ in both with another value or type;`,
    "[content] is sent to a destination only where it may have what people wrote and models answered."
  ].join("\n")
}

/** Of each sample the keys that the second adds (`+`), lacks (`-`) or gives another value (`~`). */
export const print = (first: Vocabulary, second: Vocabulary): string => {
  if (titleOf(first) === titleOf(second)) return `${titleOf(first)} twice: there is no difference.`
  const parts = samples.map(({ name, span }) => {
    const lines = linesOf(first, second, span)
    return [name, ...(lines.length === 0 ? ["  no difference"] : lines)].join("\n")
  })
  return [headOf(first, second), ...parts].join("\n\n")
}
