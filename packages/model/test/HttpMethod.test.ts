import { expect, it } from "@effect/vitest"
import { HttpMethod } from "@tenant-tracer/model"

it("knows the methods of the conventions, as they are spelled", () => {
  for (const method of ["GET", "POST", "QUERY"]) expect(HttpMethod.isKnown(method)).toBe(true)
  for (const method of ["get", "BREW", "", "constructor", undefined, 1]) expect(HttpMethod.isKnown(method)).toBe(false)
})
