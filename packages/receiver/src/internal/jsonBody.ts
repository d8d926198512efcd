/** OTLP/JSON: the text of a body to an untyped message, and how that encoding writes scalars. */
import { Either, Encoding } from "effect"
import type { Scalars } from "./readRequest.js"

const longInteger = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g

/**
 * Puts quotes round the integers that a double cannot hold: OTLP takes an int64 as number or string, and `JSON.parse`
 * rounds the numbers. (A reviver sees the source text only from Node 21 on.)
 */
export const quoteLongIntegers = (json: string): string => {
  if (!/\d{16}/.test(json)) return json
  let out = ""
  let from = 0
  while (from < json.length) {
    const quote = json.indexOf('"', from)
    const open = quote < 0 ? json.length : quote
    out += json.slice(from, open).replace(longInteger, '"$&"')
    let close = open + 1
    while (close < json.length && json[close] !== '"') close += json[close] === "\\" ? 2 : 1
    out += json.slice(open, close + 1)
    from = close + 1
  }
  return out
}

/** Parses a body. Throws a `SyntaxError` on what is not JSON and a `TypeError` on what is not UTF-8. */
export const parse = (body: Uint8Array): unknown =>
  JSON.parse(quoteLongIntegers(new TextDecoder("utf-8", { fatal: true }).decode(body)))

const specialDoubles: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY]
])

/** OTLP/JSON writes ids in hex, bytes in base64, 64-bit integers as text or number. */
export const scalars: Scalars = {
  encoding: "json",
  hex: (raw) => (typeof raw === "string" && /^[0-9a-fA-F]*$/.test(raw) ? raw.toLowerCase() : undefined),
  bytes: (raw) => (typeof raw === "string" ? Either.getOrUndefined(Encoding.decodeBase64(raw)) : undefined),
  integer: (raw) =>
    (typeof raw === "number" && Number.isInteger(raw)) || (typeof raw === "string" && /^-?\d{1,20}$/.test(raw))
      ? BigInt(raw)
      : undefined,
  double: (raw) =>
    typeof raw === "number"
      ? raw
      : typeof raw === "string" && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(raw)
        ? Number(raw)
        : specialDoubles.get(raw)
}
