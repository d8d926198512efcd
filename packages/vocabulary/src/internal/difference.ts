/**
 * How two vocabularies differ, on the sample spans and in plain text, for people who are about to move from one to the other.
 */
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../AttributeMap.js"
import { samples } from "./samples.js"

const longest = 160

const shown = ({ type, value }: AttributeMap.Attribute): string => {
  const text = JSON.stringify(value)
  return `${text.length > longest ? `${text.slice(0, longest)}…` : text} (${type})`
}

const linesOf = (first: Vocabulary, second: Vocabulary, span: TypedSpan): ReadonlyArray<string> => {
  const before = new Map(AttributeMap.attributes(first, span).map((attribute) => [attribute.key, attribute]))
  const after = new Map(AttributeMap.attributes(second, span).map((attribute) => [attribute.key, attribute]))
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort()
  return keys.flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)]
    if (old === undefined) return now === undefined ? [] : [`  + ${key} ${shown(now)}`]
    if (now === undefined) return [`  - ${key} ${shown(old)}`]
    const isSame = old.type === now.type && JSON.stringify(old.value) === JSON.stringify(now.value)
    return isSame ? [] : [`  ~ ${key} ${shown(old)} -> ${shown(now)}`]
  })
}

/** Of each sample the keys that the second adds (`+`), lacks (`-`) or gives another value (`~`). */
export const print = (first: Vocabulary, second: Vocabulary): string => {
  const parts = samples.map(({ name, span }) => {
    const lines = linesOf(first, second, span)
    return [name, ...(lines.length === 0 ? ["  no difference"] : lines)].join("\n")
  })
  return [`${first.name} ${first.version} -> ${second.name} ${second.version}`, ...parts].join("\n\n")
}
