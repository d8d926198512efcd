/**
 * Attributes that anyone may write on a span, made plain and bounded as they are written: what is kept is a copy, never a live object.
 */
import type { AttributeValue } from "../record/RecordedSpan.js"

export type { AttributeValue } from "../record/RecordedSpan.js"

const maxAttributes = 128
const maxText = 32 * 1024
const maxKey = 256
const maxItems = 256

/** Text of a bounded length. */
export const text = (value: string): string => (value.length > maxText ? value.slice(0, maxText) : value)

/** Headers and query strings carry credentials; libraries record them all the same, and nobody needs them. */
const isSecret = (key: string): boolean =>
  key.startsWith("http.request.header.") || key.startsWith("http.response.header.") || key === "url.query"

const withoutQuery = (key: string, value: AttributeValue): AttributeValue => {
  if (typeof value !== "string" || (key !== "url.full" && key !== "http.url" && key !== "http.target")) return value
  const query = value.search(/[?#]/)
  return query === -1 ? value : value.slice(0, query)
}

/** Writes an attribute; `false` when there is no room for a further key or the value says nothing. */
export const write = (attributes: Map<string, AttributeValue>, key: string, value: unknown): boolean => {
  if (isSecret(key)) return true
  const name = key.length > maxKey ? key.slice(0, maxKey) : key
  if (attributes.size >= maxAttributes && !attributes.has(name)) return false
  const plain = toPlain(value)
  if (plain === undefined) return false
  attributes.set(name, withoutQuery(name, plain))
  return true
}

const toPlain = (value: unknown): AttributeValue | undefined => {
  switch (typeof value) {
    case "string":
      return text(value)
    case "number":
      return Number.isFinite(value) ? value : String(value)
    case "boolean":
      return value
    case "bigint":
      return String(value)
    case "object":
      return value === null ? undefined : fromObject(value)
    default:
      return undefined
  }
}

const fromObject = (value: object): AttributeValue | undefined => {
  try {
    if (Array.isArray(value)) {
      const items = value.slice(0, maxItems)
      if (items.every((item) => typeof item === "number" && Number.isFinite(item))) return items
      if (items.every((item) => typeof item === "boolean")) return items
      return items.map((item) =>
        typeof item === "string" ? text(item) : (JSON.stringify(item) ?? String(item)).slice(0, 1024)
      )
    }
    return JSON.stringify(value)?.slice(0, maxText)
  } catch {
    // A cycle, a bigint inside or a getter that throws.
    return undefined
  }
}
