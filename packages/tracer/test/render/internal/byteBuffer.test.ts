import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { ByteBuffer, writeText, written } from "../../../src/render/internal/byteBuffer.js"
import { Piece } from "../../../src/render/internal/piece.js"

it.prop(
  "holds what was written in the order of writing, however often it grows",
  [FastCheck.array(FastCheck.uint8Array({ maxLength: 100 })), FastCheck.integer({ min: 0, max: 300 })],
  ([parts, capacity]) => {
    const out = new ByteBuffer(capacity)
    for (const part of parts) {
      out.raw(part)
      for (const byte of part) out.byte(byte)
    }
    expect(Buffer.from(out.copy(0))).toEqual(Buffer.concat(parts.flatMap((part) => [part, part])))
  }
)

it("a copy is nobody else's", () => {
  const out = new ByteBuffer(8)
  out.raw(Buffer.from("first"))
  const copy = out.copy(1)
  out.end = 0
  out.raw(Buffer.from("other"))
  expect(Buffer.from(copy).toString()).toBe("irst")
  expect(copy.buffer.byteLength).toBe(4)
})

it.prop("repeats a part of itself", [FastCheck.string({ minLength: 1, unit: "grapheme-ascii" })], ([text]) => {
  const out = new ByteBuffer(1)
  out.raw(Buffer.from(`<${text}>`))
  out.repeat(1, 1 + text.length)
  expect(Buffer.from(out.copy(0)).toString()).toBe(`<${text}>${text}`)
})

it.prop(
  "writes pieces of any length beside each other",
  [FastCheck.array(FastCheck.fullUnicodeString())],
  ([texts]) => {
    const bytes = written((out) => {
      for (const text of texts) out.piece(new Piece(Buffer.from(text)))
    })
    expect(Buffer.from(bytes)).toEqual(Buffer.from(texts.join("")))
  }
)

it.prop(
  "a text is written as UTF-8, where it belongs",
  [FastCheck.string16bits({ maxLength: 70 }), FastCheck.integer({ min: 0, max: 5 })],
  ([text, start]) => {
    const bytes = Buffer.alloc(start + 3 * text.length)
    const size = writeText(bytes, start, text)
    expect(bytes.subarray(start, start + size)).toEqual(Buffer.from(new TextEncoder().encode(text)))
    expect(bytes.subarray(0, start).every((byte) => byte === 0)).toBe(true)
  }
)
