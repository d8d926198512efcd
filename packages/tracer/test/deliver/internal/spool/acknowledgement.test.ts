import { expect, it } from "@effect/vitest"
import { Either, Option, Redacted } from "effect"
import * as acknowledgement from "../../../../src/deliver/internal/spool/acknowledgement.js"
import * as frame from "../../../../src/deliver/internal/spool/frame.js"
import * as keys from "../../../../src/deliver/internal/spool/keys.js"
import { key } from "../../spooling.js"

const ring = Either.getOrThrow(keys.make(key))
const stranger = Either.getOrThrow(keys.make({ current: { id: ring.current, secret: Redacted.make("x".repeat(32)) } }))

const headersOf = (bytes: Buffer): ReadonlyArray<acknowledgement.Header> => {
  const scanner = frame.scanner()
  return [...scanner.push(bytes), ...scanner.end()].flatMap((found) =>
    found._tag === "Frame" && found.intact ? Option.toArray(acknowledgement.decodeHeader(found.header.toString())) : []
  )
}

const verified = (bytes: Buffer, segment: string, reader = ring) =>
  headersOf(bytes).flatMap((header) => Option.getOrElse(acknowledgement.verify(reader, segment, header), () => []))

it("says what is settled, however much and however far into the file", () => {
  const offsets = Array.from({ length: 1234 }, (_, index) => Number.MAX_SAFE_INTEGER - index)
  const bytes = acknowledgement.write(ring, "one.spool", offsets)
  expect(verified(bytes, "one.spool")).toEqual(offsets)
  for (const { settled } of headersOf(bytes)) expect(settled.length).toBeLessThanOrEqual(100)
})

it("says nothing of another segment, under another key or with another signature", () => {
  const bytes = acknowledgement.write(ring, "one.spool", [1, 2])
  expect(verified(bytes, "two.spool")).toEqual([])
  expect(verified(bytes, "one.spool", stranger)).toEqual([])
  expect(verified(acknowledgement.write(stranger, "one.spool", [1]), "one.spool")).toEqual([])
  const [header] = headersOf(bytes)
  if (header === undefined) return expect.fail("there is no header")
  const verify = (change: Partial<acknowledgement.Header>) =>
    Option.getOrUndefined(acknowledgement.verify(ring, "one.spool", { ...header, ...change }))
  expect(verify({})).toEqual([1, 2])
  expect(verify({ settled: [1, 2, 3] })).toBeUndefined()
  expect(verify({ signature: header.signature.slice(1) })).toBeUndefined()
  expect(verify({ signature: new Uint8Array(0) })).toBeUndefined()
  expect(verify({ key: "unknown" })).toBeUndefined()
})

it("reads no header that is not one", () => {
  for (const text of [
    "",
    "{}",
    '{"key":"k","settled":[-1],"signature":""}',
    '{"key":"k","settled":[1],"signature":"%"}'
  ])
    expect(Option.isNone(acknowledgement.decodeHeader(text))).toBe(true)
})
