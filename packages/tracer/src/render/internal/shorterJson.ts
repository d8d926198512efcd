/**
 * A JSON text that is longer than a back end keeps, made shorter: what is left of it is JSON still, for whoever parses it.
 */
import type { LengthUnit } from "@tenant-tracer/model/Destination"
import * as Option from "effect/Option"

interface Bounds {
  /** Characters of a text within. */
  readonly text: number
  /** Items of a list within. */
  readonly items: number
}

const unbounded: Bounds = { text: Number.POSITIVE_INFINITY, items: Number.POSITIVE_INFINITY }

/** Cut shorter, a text says less than an item more: where a back end takes long values at all. */
const leastText = 256

/** Where cut texts are not enough. */
const tighter: ReadonlyArray<Bounds> = [
  { text: leastText, items: 64 },
  { text: leastText, items: 16 },
  { text: leastText, items: 4 },
  { text: leastText, items: 2 },
  { text: 32, items: 2 },
  { text: 8, items: 2 }
]

/** Of these fields the value is one of few words, and a part of one is none: who reads a message would not know what it is. */
const words: ReadonlySet<string> = new Set(["type", "role", "modality", "mime_type", "finish_reason"])

/** What is longer is no such word, whoever wrote it there. */
const longestWord = 64

const isWord = (key: string, value: unknown): boolean =>
  words.has(key) && typeof value === "string" && value.length <= longestWord

/** As deep as JSON is written. */
const maxDepth = 64

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** Whether a text means to be a JSON object or list. */
const isStructure = (text: string): boolean => /^\s*[{[]/.test(text)

/** How long the texts within that may be cut are as they are written, without their quotes, from the shortest on. */
const lengthsOf = (value: unknown): ReadonlyArray<number> => {
  const lengths: Array<number> = []
  const visit = (inner: unknown, depth: number): void => {
    if (typeof inner === "string") lengths.push(JSON.stringify(inner).length - 2)
    else if (typeof inner === "object" && inner !== null && depth < maxDepth) {
      for (const [key, item] of Object.entries(inner)) if (!isWord(key, item)) visit(item, depth + 1)
    }
  }
  visit(value, 0)
  return lengths.sort((a, b) => a - b)
}

/** The length at which to cut all texts, so that together they take no more than `left`: the longest give, the short ones stay. */
const levelOf = (lengths: ReadonlyArray<number>, left: number): number => {
  let rest = left
  for (const [index, length] of lengths.entries()) {
    const share = Math.floor(rest / (lengths.length - index))
    if (length > share) return share
    rest -= length
  }
  return rest
}

const shortened = (value: unknown, bounds: Bounds, depth: number): unknown => {
  if (typeof value === "string") return shortenedText(value, bounds, depth)
  if (typeof value !== "object" || value === null) return value
  if (depth >= maxDepth) return null
  if (!Array.isArray(value)) {
    const { type } = value as { readonly type?: unknown }
    const cutOf = (key: string, inner: unknown): unknown => {
      // An image or a sound of which a part is missing is none.
      if (type === "blob" && key === "content" && String(inner).length > bounds.text) return "…"
      return isWord(key, inner) ? inner : shortened(inner, bounds, depth + 1)
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutOf(key, inner)]))
  }
  // Of a conversation the first message and the newest say most.
  const kept = value.length > bounds.items ? [value[0], ...value.slice(1 - bounds.items)] : value
  return kept.map((item) => shortened(item, bounds, depth + 1))
}

/** A text within that is JSON itself, such as what a tool took, stays JSON too. */
const shortenedText = (text: string, bounds: Bounds, depth: number): string => {
  if (text.length <= bounds.text) return text
  const inner = isStructure(text) ? parse(text) : Option.none()
  if (Option.isSome(inner)) return JSON.stringify(shortened(inner.value, bounds, depth + 1))
  return text.startsWith("data:") ? "…" : `${cut(text, bounds.text - 1)}…`
}

/** The first characters of a text. */
export const cut = (text: string, length: number): string => {
  if (text.length <= length) return text
  const kept = text.slice(0, length)
  // Half of a surrogate pair is no text.
  return /[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept
}

/**
 * A value of plain JSON, told in `limit` characters: its longest texts are cut and end in `…`, and where that is not enough, lists lose items but the
 * first and the newest. None where it cannot be told so shortly.
 */
export const within = (value: unknown, limit: number): string | undefined => {
  const told = (bounds: Bounds): string => JSON.stringify(shortened(value, bounds, 0))
  const whole = told(unbounded)
  if (whole.length <= limit) return whole
  const lengths = lengthsOf(value)
  const structure = lengths.reduce((rest, length) => rest - length, whole.length)
  // What is escaped takes more than it counts, so that the first level may not be the last.
  const least = Math.min(leastText, limit / 8)
  for (let text = levelOf(lengths, limit - structure); text >= least; text = Math.floor(text / 2)) {
    const shorter = told({ ...unbounded, text })
    if (shorter.length <= limit) return shorter
  }
  for (const bounds of tighter) {
    const shorter = told(bounds)
    if (shorter.length <= limit) return shorter
  }
  return undefined
}

/** Any text in `limit` characters: what is JSON stays JSON, or none where it cannot, and anything else is cut. */
export const fit = (text: string, limit: number): string | undefined => {
  const value = isStructure(text) ? parse(text) : Option.none()
  return Option.isSome(value) ? within(value.value, limit) : cut(text, limit)
}

/** Whether a text is no longer than that. */
export const isWithin = (text: string, limit: number, unit: LengthUnit): boolean =>
  // A character takes three bytes at most: a pair of surrogates, which is two, takes four.
  text.length <= limit && (unit === "characters" || text.length * 3 <= limit || Buffer.byteLength(text) <= limit)

/** What `shorter` makes of a number of characters, with so many that it is within a limit in any unit. */
export const inUnit = <A extends string | undefined>(
  limit: number,
  unit: LengthUnit,
  shorter: (length: number) => A
): A => {
  for (let length = limit; ; ) {
    const told = shorter(length)
    if (told === undefined || isWithin(told, limit, unit)) return told
    length = Math.floor((length * limit) / Buffer.byteLength(told))
  }
}
