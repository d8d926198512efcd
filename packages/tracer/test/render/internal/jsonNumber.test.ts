import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { type ByteBuffer, written } from "../../../src/render/internal/byteBuffer.js"
import * as JsonNumber from "../../../src/render/internal/jsonNumber.js"
import * as Arbitrary from "../arbitrarySpans.js"

const textOf = (write: (out: ByteBuffer) => void): string => Buffer.from(written(write)).toString()
const integer = (value: number) => textOf((out) => JsonNumber.writeInteger(out, value))
const double = (value: number) => textOf((out) => JsonNumber.writeDouble(out, value))

const reads = (value: number) => {
  const text = double(value)
  expect(JSON.parse(text)).toBe(value)
  expect(text.length).toBeLessThanOrEqual(25)
}

it.prop("all digits of a whole number", [Arbitrary.wholeNumber], ([value]) => {
  expect(integer(value)).toBe(String(BigInt(value)))
})

it("also where their number changes", () => {
  for (let exponent = 0; exponent <= 18; exponent++)
    for (const value of [10 ** exponent - 1, 10 ** exponent, -(10 ** exponent)])
      expect(integer(value)).toBe(String(BigInt(value)))
  expect(integer(-0)).toBe("0")
})

it.prop("a double reads as the same double", [FastCheck.double({ noNaN: true, noDefaultInfinity: true })], ([value]) =>
  reads(value)
)

it.prop(
  "so does one of few decimals, and its neighbours",
  [
    FastCheck.oneof(FastCheck.maxSafeInteger(), FastCheck.integer(), FastCheck.nat(2000)),
    FastCheck.integer({ min: 0, max: 15 })
  ],
  ([n, decimals]) => {
    const value = n / 10 ** decimals
    reads(value)
    reads(value * (1 + Number.EPSILON))
    reads(value * (1 - Number.EPSILON))
  },
  { fastCheck: { numRuns: 1000 } }
)

it.each([
  [0, "0"],
  [-0, "-0.0"],
  [1, "1.0"],
  [12, "12.0"],
  [0.5, "0.5"],
  [0.05, "0.05"],
  [0.000000001, "0.000000001"],
  [0.123456789, "0.123456789"],
  [1234.5, "1234.5"],
  [999_999.999999999, "999999.999999999"],
  [1_000_000, "1000000"],
  [-1.5, "-1.5"],
  [0.1 + 0.2, "0.30000000000000004"],
  [1e21, "1e+21"],
  [5e-324, "5e-324"]
])("%d is written so", (value, text) => {
  expect(double(value)).toBe(text)
})
