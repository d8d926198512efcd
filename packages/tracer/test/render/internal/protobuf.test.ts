import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { type ByteBuffer, written } from "../../../src/render/internal/byteBuffer.js"
import * as Protobuf from "../../../src/render/internal/protobuf.js"
import * as Arbitrary from "../arbitrarySpans.js"

const hexOf = (write: (out: ByteBuffer) => void): string => Buffer.from(written(write)).toString("hex")

/** By the definition, in arithmetic of any size. */
const varintOf = (value: bigint): string => {
  const bytes: Array<number> = []
  let left = BigInt.asUintN(64, value)
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return Buffer.from([...bytes, Number(left)]).toString("hex")
}

const isInt64 = (value: number) => value >= -(2 ** 63) && value < 2 ** 63

it.prop(
  "a whole number of 64 bits is the varint of its two's complement, and as long as was said before",
  [Arbitrary.wholeNumber.filter(isInt64)],
  ([value]) => {
    const hex = hexOf((out) => Protobuf.writeInteger(out, value))
    expect(hex).toBe(varintOf(BigInt(value)))
    expect(Protobuf.sizeOfInteger(value)).toBe(hex.length / 2)
  },
  { fastCheck: { numRuns: 2000 } }
)

it("also where its length changes", () => {
  for (let exponent = 0; exponent < 63; exponent++)
    for (const value of [2 ** exponent, 2 ** exponent - 1, -(2 ** exponent), -(2 ** exponent) - 1]) {
      const hex = hexOf((out) => Protobuf.writeInteger(out, value))
      expect(hex).toBe(varintOf(BigInt(value)))
      expect(Protobuf.sizeOfInteger(value)).toBe(hex.length / 2)
    }
})

it.prop("a count is a varint, and none where it is 0", [FastCheck.nat(2 ** 32 - 1)], ([count]) => {
  const hex = hexOf((out) => Protobuf.writeCountField(out, 8, count))
  expect(hex).toBe(count === 0 ? "" : `08${varintOf(BigInt(count))}`)
  expect(hexOf((out) => Protobuf.writeVarint(out, count)).length / 2).toBe(Protobuf.sizeOfVarint(count))
})

it.prop("a text follows its length", [Arbitrary.text], ([text]) => {
  const bytes = new TextEncoder().encode(text)
  expect(hexOf((out) => Protobuf.writeString(out, text))).toBe(
    varintOf(BigInt(bytes.length)) + Buffer.from(bytes).toString("hex")
  )
})

it.prop(
  "a message follows its length, whatever room was left for that, and what is told of it moves",
  [
    FastCheck.integer({ min: 1, max: 4 }),
    FastCheck.oneof(FastCheck.nat(300), FastCheck.constantFrom(0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152))
  ],
  ([room, length]) => {
    let hasMoved: boolean | undefined
    const content = Buffer.alloc(length, "ab")
    const bytes = written((out) => {
      out.byte(1)
      const start = Protobuf.open(out, 2, room)
      out.raw(content)
      hasMoved = Protobuf.close(out, start, room)
      out.byte(3)
    })
    const size = varintOf(BigInt(length))
    expect(Buffer.from(bytes).toString("hex") === `0102${size}${content.toString("hex")}03`).toBe(true)
    expect(hasMoved).toBe(size.length / 2 !== room)
  }
)

it.prop("hexadecimal digits are bytes", [FastCheck.uint8Array({ maxLength: 16 })], ([bytes]) => {
  const hex = Buffer.from(bytes).toString("hex")
  expect(hexOf((out) => Protobuf.writeHexField(out, 10, hex))).toBe(`0a${varintOf(BigInt(bytes.length))}${hex}`)
  expect(hexOf((out) => Protobuf.writeHexField(out, 10, hex.toUpperCase()))).toContain(hex)
})

it("numbers of a fixed length are little-endian, and tags say how they are written", () => {
  expect(hexOf((out) => Protobuf.writeFixed64Field(out, Protobuf.i64(7), 0x0102030405060708n))).toBe(
    "390807060504030201"
  )
  expect(hexOf((out) => Protobuf.writeFixed32Field(out, Protobuf.i32(16), 0x01020304))).toBe("850104030201")
  expect(hexOf((out) => Protobuf.writeDoubleField(out, Protobuf.i64(4), -2))).toBe("2100000000000000c0")
  expect(hexOf((out) => Protobuf.writeStringField(out, Protobuf.len(5), "a"))).toBe("2a0161")
  expect(hexOf((out) => Protobuf.writeCountField(out, Protobuf.varint(6), 3))).toBe("3003")
})
