import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"

const text = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.constantFrom("operator", "operator/x", "%6Foperator", "a/b", "", "\ud800", "é ")
)

it.prop("gives back the tenant and the name it was made of", [text, text], ([tenant, name]) => {
  const id = DestinationId.make({ tenant, name })
  expect(DestinationId.tenant(id)).toBe(tenant)
  expect(DestinationId.name(id)).toBe(name)
})

it.prop("differs for different tenants and names", [text, text, text, text], ([a, b, c, d]) => {
  const same = a === c && b === d
  expect(DestinationId.make({ tenant: a, name: b }) === DestinationId.make({ tenant: c, name: d })).toBe(same)
})

it.prop("no tenant is the operator, whatever it is called", [text, text, text], ([tenant, name, own]) => {
  const id = DestinationId.make({ tenant, name })
  expect(DestinationId.isOperator(id)).toBe(false)
  expect(id).not.toBe(DestinationId.operator(own))
})

it("names the operator's destinations", () => {
  const id = DestinationId.operator("my collector")
  expect(id).toBe("operator/my%20collector")
  expect(DestinationId.isOperator(id)).toBe(true)
  expect(DestinationId.tenant(id)).toBe("operator")
  expect(DestinationId.name(id)).toBe("my collector")
})

it("can be printed on one line", () => {
  expect(DestinationId.make({ tenant: "a\nb\u001b[31m", name: "x/y" })).toBe("a%0Ab%1B[31m/x%2Fy")
})
