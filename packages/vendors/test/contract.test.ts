/** What each vendor's destination sends, against a receiver that refuses what the vendor would refuse. */
import { describe, expect, it } from "@effect/vitest"
import type { Destination } from "@tenant-tracer/model/Destination"
import { Receiver, VendorRules } from "@tenant-tracer/receiver"
import * as Effect from "effect/Effect"
import * as Vendors from "../src/Vendors.js"
import { complete } from "./complete.js"
import { oneSpan } from "./oneSpan.js"
import { headersOf } from "./reveal.js"

const cases = [
  { name: "langfuse_otel", field: "host", rules: VendorRules.langfuse },
  { name: "arize", field: "endpoint", rules: VendorRules.arize },
  { name: "arize_phoenix", field: "endpoint", rules: VendorRules.phoenix },
  { name: "otlp", field: "endpoint", rules: VendorRules.otlp }
] as const

interface Sent {
  readonly destination: Destination
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly contentType?: string
}

const post = ({ body, contentType = "application/x-protobuf", destination, headers }: Sent) =>
  Effect.promise(async (signal) => {
    const answer = await fetch(destination.endpoint, {
      method: "POST",
      headers: { ...(headers ?? headersOf(destination)), "content-type": contentType },
      body: (body ?? oneSpan(destination)).slice(),
      signal
    })
    await answer.arrayBuffer()
    return answer.status
  })

/** A receiver with one account that knows the destination's credentials. */
const setUp = ({ field, name, rules }: (typeof cases)[number]) =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make()
    const destination = yield* Vendors.destination(name, { ...complete[name], [field]: receiver.url })
    const headers = headersOf(destination)
    const required = rules.requiredHeaders.map((header) => header.name)
    const proof = Object.entries(headers).filter(([header]) => required.length === 0 || required.includes(header))
    yield* receiver.addAccount({ id: "acme", headers: Object.fromEntries(proof), rules })
    return { destination, headers, proof, receiver }
  })

describe.each(cases)("$name", (vendor) => {
  it.scoped("its destination is accepted, resource and all", () =>
    Effect.gen(function* () {
      const { destination, receiver } = yield* setUp(vendor)
      expect(destination.endpoint).toBe(yield* receiver.endpoint("acme"))
      expect(yield* post({ destination })).toBe(vendor.rules.successStatus)
      const [span] = yield* receiver.spans("acme")
      expect(span?.name).toBe("one")
      expect(span?.resource.attributes).toEqual(destination.resource)
    })
  )

  it.scoped("without any one of the headers that are asked for it is refused", () =>
    Effect.gen(function* () {
      const { destination, headers, proof, receiver } = yield* setUp(vendor)
      expect(proof.length).toBeGreaterThan(0)
      for (const [name] of proof) {
        const rest = Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name))
        expect(yield* post({ destination, headers: rest }), name).toBe(401)
      }
      expect(yield* receiver.spans("acme")).toEqual([])
    })
  )
})

it.scoped("arize without its project is refused", () =>
  Effect.gen(function* () {
    const { destination } = yield* setUp(cases[1])
    expect(yield* post({ destination, body: oneSpan({ resource: {} }) })).toBe(400)
  })
)

it.scoped("phoenix takes no JSON, which is why its destination never sends any", () =>
  Effect.gen(function* () {
    const { destination } = yield* setUp(cases[2])
    const body = new TextEncoder().encode('{"resourceSpans":[]}')
    expect(yield* post({ destination, body, contentType: "application/json" })).toBe(415)
    expect(destination.protocol).toBe("http/protobuf")
  })
)

it("a vendor's limit is no higher than the receiver's rule", () => {
  for (const { field, name, rules } of cases) {
    const made = Vendors.destination(name, { ...complete[name], [field]: "https://example.com" })
    if (made._tag === "Left") throw made.left
    expect(made.right.limits.bytesPerRequest ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(rules.maxBytes)
  }
})
