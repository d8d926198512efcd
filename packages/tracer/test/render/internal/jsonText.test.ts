import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { ByteBuffer } from "../../../src/render/internal/byteBuffer.js"
import * as JsonText from "../../../src/render/internal/jsonText.js"
import * as Arbitrary from "../arbitrarySpans.js"

const json = (text: string): string => {
  const out = new ByteBuffer(0)
  out.byte(0x22)
  JsonText.write(out, text)
  out.byte(0x22)
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(out.copy(0))
}

it.prop("is what JSON.stringify makes of it", [Arbitrary.text], ([text]) => {
  expect(json(text)).toBe(JSON.stringify(Arbitrary.wellFormed(text)))
})

it.prop("reads as what was written, whatever it is", [FastCheck.string16bits({ maxLength: 9000 })], ([text]) => {
  expect(JSON.parse(json(text))).toBe(Arbitrary.wellFormed(text))
})

it("escapes what must be, wherever it stands among four bytes and nine", () => {
  for (let code = 0; code < 0x100; code++)
    for (const before of ["", "a", "ab", "abc", "a".repeat(40), "ß".repeat(40)])
      for (const after of ["", "z", "zy", "zyx", "\n", '"\u0000', "😀"]) {
        const text = before + String.fromCharCode(code) + after
        expect(json(text)).toBe(JSON.stringify(text))
      }
})

it("parts a long text nowhere where it shows", () => {
  for (const length of [4094, 4095, 4096, 4097, 8190, 8191, 8192])
    for (const middle of ["😀", "\ud83d", "\ude00", "\n", "漢", "\ud83d\ud83d\ude00"]) {
      const text = `${"x".repeat(length - 1)}${middle}${"y".repeat(5000)}`
      expect(json(text)).toBe(JSON.stringify(Arbitrary.wellFormed(text)))
    }
})

it("of characters that all become six there is room for all", () => {
  const text = "\u0001".repeat(10_000)
  expect(json(text)).toBe(JSON.stringify(text))
})
