/**
 * Attributes that anyone may write on a span, made plain and bounded as they are written: what is kept is a copy, never a live object.
 */
import * as Json from "@tenant-tracer/model/Json"
import type { AttributeValue } from "../record/RecordedSpan.js"
import * as Url from "./url.js"

export type { AttributeValue } from "../record/RecordedSpan.js"

const maxAttributes = 128
const maxText = 32 * 1024
const maxKey = 256
const maxItems = 256
/** It is written while the request waits. */
const jsonBounds = { values: 1000, text: maxText }

/** A slice alone would keep the whole text that it was cut from alive. */
const cut = (value: string, length: number): string =>
  value.length > length ? ` ${value.slice(0, length)}`.slice(1) : value

/** Text of a bounded length. */
export const text = (value: string): string => cut(value, maxText)

/** Headers and query strings carry credentials; libraries record them all the same, and nobody needs them. */
const isSecret = (key: string): boolean =>
  key.startsWith("http.request.header.") || key.startsWith("http.response.header.") || key === "url.query"

/** The URLs in a text without what may be a credential: what stands before the host, the query, the fragment. */
export const withoutCredentials = (text: string): string =>
  text.replaceAll(/([a-z][a-z0-9+.-]{0,31}:\/\/)(?:[^\s/?#@]*@)?([^\s?#"'<>)]*)(?:[?#][^\s"'<>)]*)?/gi, "$1$2")

const withoutQuery = (key: string, value: AttributeValue): AttributeValue => {
  if (typeof value !== "string" || (key !== "url.full" && key !== "http.url" && key !== "http.target")) return value
  return withoutCredentials(value).split(/[?#]/, 1)[0] ?? ""
}

/** Writes an attribute; `false` when there is no room for it or the value says nothing. `room` is in bytes. */
export const write = (
  attributes: Map<string, AttributeValue>,
  key: string,
  value: unknown,
  within?: { room: number }
): boolean => {
  if (isSecret(key)) return true
  const name = cut(key, maxKey)
  if (attributes.size >= maxAttributes && !attributes.has(name)) return false
  const plain = toPlain(value)
  if (plain === undefined) return false
  if (within !== undefined) {
    const bytes = sizeOf(plain)
    if (bytes > within.room) return false
    within.room -= bytes
  }
  attributes.set(name, withoutQuery(name, plain))
  if (name === "server.address" && typeof plain === "string" && plain.includes("://")) setOrigin(attributes, plain)
  return true
}

/** `@effect/platform`'s HTTP client writes the origin where the conventions want the host, and no port where it goes without saying. */
const setOrigin = (attributes: Map<string, AttributeValue>, origin: string): void => {
  const url = Url.parse(origin)
  if (url === undefined) return
  attributes.set("server.address", url.hostname.replaceAll(/[[\]]/g, ""))
  const port = Number(url.port) || defaultPorts.get(url.protocol)
  if (port !== undefined && attributes.size < maxAttributes) attributes.set("server.port", port)
}

const defaultPorts: ReadonlyMap<string, number> = new Map([
  ["http:", 80],
  ["https:", 443]
])

const sizeOf = (value: AttributeValue): number => {
  if (typeof value === "string") return value.length
  if (typeof value !== "object") return 8
  let bytes = 0
  for (const item of value) bytes += typeof item === "string" ? item.length : 8
  return bytes
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
        typeof item === "string" ? text(item) : cut(Json.stringify(item, jsonBounds) ?? String(item), 1024)
      )
    }
    const json = Json.stringify(value, jsonBounds)
    return json === undefined || json === "{}" ? undefined : text(json)
  } catch {
    // A cycle, a bigint inside or a getter that throws.
    return undefined
  }
}
