import { expect, it } from "@effect/vitest"
import { ReceiverError } from "@tenant-tracer/receiver"

it.each([
  ["Listen", "127.0.0.1:80", "cannot listen on 127.0.0.1:80: choose a free port"],
  ["UnknownAccount", "acme", `no account "acme": pass it in`],
  ["AmbiguousAccount", `accounts "a" and "b"`, `accounts "a" and "b" apart: give them different headers`]
] as const)("%s says what to do", (reason, detail, says) => {
  expect(new ReceiverError.ReceiverError({ reason, detail }).message).toContain(says)
})

it("a decoding error says where", () => {
  const error = (where: string) =>
    new ReceiverError.OtlpDecodeError({ encoding: "json", where, what: "must be an array" }).message
  expect(error("resourceSpans")).toBe("Not an OTLP/json trace export: resourceSpans must be an array")
  expect(error("")).toBe("Not an OTLP/json trace export: the body must be an array")
})
