import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { ByteBuffer } from "../../../src/render/internal/byteBuffer.js"
import { KeyCache, maxKeys } from "../../../src/render/internal/keyCache.js"

/** A cache of keys in brackets, and how often it has written each. */
const caching = () => {
  const written: Array<string> = []
  const cache = new KeyCache((out, key) => {
    written.push(key)
    out.raw(Buffer.from(`[${key}]`))
  })
  const read = (key: string): string => {
    const out = new ByteBuffer(0)
    out.piece(cache.pieceOf(key))
    return out.bytes.toString("utf8", 0, out.end)
  }
  return { cache, read, written }
}

it.prop(
  "gives each key its own bytes, in whatever order they come",
  [
    FastCheck.array(
      FastCheck.oneof(FastCheck.constantFrom("a", "b", "c", "", "__proto__", "0"), FastCheck.fullUnicodeString())
    )
  ],
  ([keys]) => {
    const { read, written } = caching()
    for (const key of keys) expect(read(key)).toBe(`[${key}]`)
    expect(written).toEqual([...new Set(keys)])
  }
)

it("moves any bytes of a key as they are", () => {
  const { read } = caching()
  // All of what could be taken for a part of a number that is none.
  for (let at = 0; at < 16; at++)
    for (const text of ["\u007f", "\u{10ffff}\u007f", "\u{10ffff}\u{10ffff}", "\u007f\u007f", "\uffff\u007f"])
      expect(read("x".repeat(at) + text)).toBe(`[${"x".repeat(at)}${text}]`)
})

it("holds so many keys and no more, and knows those in use again", () => {
  const { cache, read, written } = caching()
  read("before")
  for (let i = 0; i < maxKeys + 10; i++) expect(read(`key ${i}`)).toBe(`[key ${i}]`)
  expect(cache.size).toBe(11)
  const count = written.length
  expect(read("before")).toBe("[before]")
  expect(read(`key ${maxKeys + 9}`)).toBe(`[key ${maxKeys + 9}]`)
  expect(written.length).toBe(count + 1)
  for (let i = 0; i < 10 * maxKeys; i++) read(`${i}`)
  expect(cache.size).toBeLessThanOrEqual(maxKeys)
})

it("does not keep what is too long for a key", () => {
  const { cache, read, written } = caching()
  const long = "k".repeat(257)
  for (let i = 0; i < 3; i++) {
    expect(read("short")).toBe("[short]")
    expect(read(long)).toBe(`[${long}]`)
  }
  expect(written).toEqual(["short", long, long, long])
  expect(cache.size).toBe(1)
})
