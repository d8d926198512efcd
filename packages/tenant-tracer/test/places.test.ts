/** A whole request, sent to each vendor in each of its places, from the credentials that say so: nothing of it is refused, and all of it is shown. */
import { describe, expect, it } from "@effect/vitest"
import { SpanTree } from "@tenant-tracer/receiver"
import { Effect, Option } from "effect"
import { Vendors } from "tenant-tracer"
import { type Contract, places, playing } from "./support/contracts.js"
import { answer, handled, question, roleOf, size, tree } from "./support/exchange.js"

const titled = places.map((contract) => [contract.rules.vendor, contract.endpoint, contract] as const)

describe.each(titled)("%s at %s", (_, __, contract) => {
  it.scopedLive("takes a request in all its parts, and shows it", () =>
    Effect.gen(function* () {
      const { asked, destination, headers, receiver, tracing } = yield* playing(contract)
      expect(destination.endpoint).toBe(contract.endpoint)
      expect(contract.rules.paths).toContain(new URL(destination.endpoint).pathname)
      yield* handled(destination).pipe(Effect.zipRight(receiver.awaitSpans("acme", size)), Effect.provide(tracing))
      expect(yield* receiver.refusals()).toEqual([])
      expect(new Set(asked)).toEqual(new Set([destination.endpoint]))
      expect(SpanTree.print(yield* receiver.shown("acme"), { label: roleOf })).toBe(tree)
      for (const delivery of yield* receiver.received("acme")) expect(delivery.headers).toMatchObject(headers)
      const spans = yield* receiver.spans("acme")
      for (const { droppedAttributesCount, resource } of spans) {
        expect(resource.attributes).toMatchObject(destination.resource)
        expect(droppedAttributesCount).toBe(0)
      }
      const told = (role: string) =>
        Object.values(spans.find((span) => roleOf(span) === role)?.attributes ?? {})
          .map(String)
          .join("\n")
      for (const said of [question, answer]) {
        expect(told("llm_call")).toContain(said)
        // Who knows of nothing but conventions has no place for it in a request.
        const isGenai = destination.vocabularies.some(({ name }) => name === "genai")
        expect(told("proxy_request").includes(said)).toBe(!isGenai)
      }
      expect(told("tool_call")).toContain("CET")
      expect(told("mcp_tool_call")).toContain("21.5")
    })
  )
})

it("each vendor is played in every one of its installations", () => {
  const played = (vendor: string): ReadonlyArray<Contract> => places.filter((contract) => contract.vendor === vendor)
  for (const { vendor } of places) {
    const { host, regions } = Option.getOrThrow(Vendors.find(vendor))
    const endpoints = played(vendor).map(({ endpoint }) => endpoint)
    for (const { endpoint } of Object.values(regions)) expect(endpoints).toContain(endpoint)
    // And in one of a tenant's own, where a tenant may name the host.
    const own = endpoints.filter((endpoint) => !Object.values(regions).some((region) => region.endpoint === endpoint))
    expect(own.length > 0, vendor).toBe(host !== "fixed")
  }
})
