/** A receiver that runs for long keeps the newest of what it is sent, and says how much it has forgotten. */
import { expect, it } from "@effect/vitest"
import { Receiver } from "@tenant-tracer/receiver"
import { Effect, FastCheck as fc } from "effect"
import * as Inboxes from "../src/internal/inboxes.js"
import { bodyOf, contentType } from "./support/bodies.js"
import { client } from "./support/http.js"
import { readableSpans } from "./support/spans.js"

const accounts = ["acme", "globex"].map((id) => ({ id, headers: { "x-key": id } }))
const body = bodyOf("protobuf", readableSpans(2))

const setUp = (options: Receiver.Options) =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({ accounts, ...options })
    const post = yield* client
    const send = (account: string) =>
      post(`${receiver.url}/v1/traces`, {
        headers: { "x-key": account, "content-type": contentType.protobuf },
        body
      })
    return { receiver, send }
  })

it.scoped("the oldest deliveries are forgotten first, whoever's they are", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp({ maxKeptBytes: 3 * body.length })
    for (const account of ["acme", "globex", "acme"]) yield* send(account)
    expect(yield* receiver.forgotten).toEqual({ deliveries: 0, refusals: 0 })
    yield* send("globex")
    expect(yield* receiver.received("acme")).toHaveLength(1)
    expect(yield* receiver.spans("acme")).toHaveLength(2)
    expect(yield* receiver.spans("globex")).toHaveLength(4)
    yield* send("globex")
    expect(yield* receiver.spans("globex")).toHaveLength(4)
    expect(yield* receiver.forgotten).toEqual({ deliveries: 2, refusals: 0 })
    yield* receiver.awaitRequests("globex", 3)
  })
)

it.scoped("the newest delivery is kept, whatever its size", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp({ maxKeptBytes: 1 })
    yield* send("acme")
    yield* send("acme")
    expect(yield* receiver.spans("acme")).toHaveLength(2)
    expect((yield* receiver.forgotten).deliveries).toBe(1)
  })
)

it.scoped("the oldest refusals are forgotten", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp({ maxRefusals: 2 })
    for (const account of ["a", "b", "c"]) yield* send(account)
    expect(yield* receiver.refusals()).toHaveLength(2)
    expect(yield* receiver.forgotten).toEqual({ deliveries: 0, refusals: 1 })
  })
)

const step = fc.oneof(
  fc.record({ account: fc.constantFrom("acme", "globex"), bytes: fc.nat(12), spans: fc.nat(3) }),
  fc.record({ clear: fc.constantFrom("acme", "globex", undefined) })
)

it.prop("what is kept is the end of what came, within the bound", [fc.array(step, { maxLength: 40 })], ([steps]) => {
  const inboxes = Inboxes.make({ maxBytes: 30, maxRefusals: 1 })
  let model: Array<{ account: string; bytes: number; spans: number; id: number }> = []
  let forgotten = 0
  for (const [id, step] of steps.entries()) {
    if ("clear" in step) {
      inboxes.clear(step.clear)
      model = model.filter(({ account }) => step.clear !== undefined && account !== step.clear)
    } else {
      const bytes = new Uint8Array(step.bytes)
      const delivery: Receiver.Delivery = {
        account: step.account,
        receivedAt: id,
        method: "POST",
        path: "/",
        headers: {},
        encoding: "json",
        compression: "identity",
        raw: bytes,
        body: bytes,
        request: { resourceSpans: [] },
        rejectedSpans: 0
      }
      // Spans are only counted here.
      inboxes.keep(delivery, new Array(step.spans))
      model.push({ ...step, id })
      while (model.length > 1 && model.reduce((sum, { bytes }) => sum + bytes, 0) > 30) {
        model.shift()
        forgotten++
      }
    }
  }
  for (const account of ["acme", "globex"]) {
    const own = model.filter((kept) => kept.account === account)
    expect(inboxes.deliveries(account).map(({ receivedAt }) => receivedAt)).toEqual(own.map(({ id }) => id))
    expect(inboxes.spans(account)).toHaveLength(own.reduce((sum, { spans }) => sum + spans, 0))
  }
  expect(inboxes.forgotten().deliveries).toBe(forgotten)
})
