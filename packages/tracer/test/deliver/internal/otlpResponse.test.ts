import { expect, it } from "@effect/vitest"
import { Otlp } from "@tenant-tracer/receiver"
import { FastCheck } from "effect"
import * as otlpResponse from "../../../src/deliver/internal/otlpResponse.js"

const refused = (body: Uint8Array, contentType: string | undefined) =>
  otlpResponse.partialSuccess(body, contentType).rejectedSpans

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
      // Half of a surrogate pair is no text, on the wire.
      const message = Buffer.from(errorMessage).toString()
      expect(otlpResponse.partialSuccess(body, contentType)).toEqual({ rejectedSpans, message })
    }
  )

  it.prop(`reads nothing out of nonsense called ${encoding}`, [FastCheck.uint8Array()], ([bytes]) => {
    const { message, rejectedSpans } = otlpResponse.partialSuccess(bytes, contentType)
    expect(Number.isSafeInteger(rejectedSpans) && rejectedSpans >= 0).toBe(true)
    expect(typeof message).toBe("string")
  })

  it(`an empty ${encoding} answer refuses nothing`, () => {
    expect(refused(Otlp.encodeResponse(encoding), contentType)).toBe(0)
    expect(refused(new Uint8Array(), contentType)).toBe(0)
  })
}

it("takes protobuf for granted where no type is given, skips unknown fields, and refuses a negative count", () => {
  expect(refused(Uint8Array.of(0x18, 5, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 2, 8, 7), undefined)).toBe(7)
  const negative = Uint8Array.of(0x0a, 11, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)
  expect(refused(negative, undefined)).toBe(0)
  expect(refused(Uint8Array.of(0x0a, 100, 8, 7), undefined)).toBe(0)
})

it("takes JSON that is something else for no answer", () => {
  for (const text of ["null", "[]", "1", `{"partialSuccess":null}`, `{"partialSuccess":{"rejectedSpans":{}}}`, "{"]) {
    expect(refused(Buffer.from(text), "application/json")).toBe(0)
  }
})
