import { expect, it } from "@effect/vitest"
import { Otlp } from "@tenant-tracer/receiver"
import { FastCheck } from "effect"
import * as otlpResponse from "../../../src/deliver/internal/otlpResponse.js"

const encodings = [
  ["protobuf", "application/x-protobuf"],
  ["json", "application/json"]
] as const

for (const [encoding, contentType] of encodings) {
  it.prop(
    `reads the count out of ${encoding}`,
    [FastCheck.nat(), FastCheck.string()],
    ([rejectedSpans, errorMessage]) => {
      const body = Otlp.encodeResponse(encoding, { rejectedSpans, errorMessage })
      expect(otlpResponse.rejectedSpans(body, contentType)).toBe(rejectedSpans)
    }
  )

  it.prop(`reads nothing out of nonsense called ${encoding}`, [FastCheck.uint8Array()], ([bytes]) => {
    const count = otlpResponse.rejectedSpans(bytes, contentType)
    expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
  })

  it(`an empty ${encoding} answer refuses nothing`, () => {
    expect(otlpResponse.rejectedSpans(Otlp.encodeResponse(encoding), contentType)).toBe(0)
    expect(otlpResponse.rejectedSpans(new Uint8Array(), contentType)).toBe(0)
  })
}

it("takes protobuf for granted where no type is given, skips unknown fields, and refuses a negative count", () => {
  expect(
    otlpResponse.rejectedSpans(Uint8Array.of(0x18, 5, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 2, 8, 7), undefined)
  ).toBe(7)
  const negative = Uint8Array.of(0x0a, 11, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)
  expect(otlpResponse.rejectedSpans(negative, undefined)).toBe(0)
  expect(otlpResponse.rejectedSpans(Uint8Array.of(0x0a, 100, 8, 7), undefined)).toBe(0)
})

it("takes JSON that is something else for no answer", () => {
  for (const text of ["null", "[]", "1", `{"partialSuccess":null}`, `{"partialSuccess":{"rejectedSpans":{}}}`, "{"]) {
    expect(otlpResponse.rejectedSpans(Buffer.from(text), "application/json")).toBe(0)
  }
})
