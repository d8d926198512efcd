/** Where credentials go, and what becomes of spans when they change. */
import { createServer, type IncomingHttpHeaders } from "node:http"
import { Fault } from "@tenant-tracer/receiver"
import { Effect } from "effect"
import * as Backend from "../Backend.js"
import type { Scenario } from "../Scenario.js"
import * as Subject from "../Subject.js"
import { outcome, stage } from "./Arrival.js"

const secret = "the-operators-own"

/** Somebody else's host, which takes everything and remembers the headers. */
const stranger = Effect.acquireRelease(
  Effect.async<{ readonly url: string; readonly seen: ReadonlyArray<IncomingHttpHeaders>; readonly close: () => void }>(
    (resume) => {
      const seen: Array<IncomingHttpHeaders> = []
      const server = createServer((request, response) => {
        seen.push(request.headers)
        request.resume()
        response.setHeader("content-type", "application/json").end("{}")
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}/v1/traces`, seen, close }))
      })
    }
  ),
  ({ close }) => Effect.sync(close)
)

/** Faults around credentials. */
export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "environment",
    title: "the operator's `OTEL_EXPORTER_OTLP_HEADERS` is set",
    method:
      "The process has `OTEL_EXPORTER_OTLP_HEADERS=x-operator=…` in its environment. Does a tenant's back end see it?",
    run: (kind) =>
      Effect.gen(function* () {
        const backend = yield* Backend.make()
        const acme = yield* backend.tenant("acme")
        const environment = { OTEL_EXPORTER_OTLP_HEADERS: `x-operator=${secret}` }
        const it = { ...backend, acme, subject: yield* Subject.make(kind, {}, environment) }
        yield* it.subject.emit(acme, 10)
        yield* it.subject.flush
        const result = yield* outcome(it, 10, 6000)
        const deliveries = yield* it.receiver.received(acme.id)
        const seen = deliveries.some(({ headers }) => JSON.stringify(headers).includes(secret))
        return {
          ...result,
          notes: [seen ? "**the tenant's back end sees it**" : "the tenant's back end does not see it"]
        }
      })
  },
  {
    name: "redirect",
    title: "a redirect (301) to another host",
    method:
      "A tenant's back end answers everything with a redirect to a host of somebody else. Is that host asked, and does it see the tenant's key?",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind)
        const elsewhere = yield* stranger
        yield* it.script(it.acme, Fault.forever(Fault.redirect(elsewhere.url, { status: 301 })))
        yield* it.subject.emit(it.acme, 10)
        yield* it.subject.flush
        const result = yield* outcome(it, 10, 8000)
        const { seen } = elsewhere
        const hasKey = seen.some((headers) => headers["x-key"] === it.acme.key)
        const said = hasKey ? "**is asked, and has the key**" : seen.length > 0 ? "**is asked**" : "is not asked"
        return { ...result, notes: [`the other host ${said}`] }
      })
  },
  {
    name: "rotated",
    title: "a key is rotated",
    method:
      "100 requests with the old key; the back end takes the new one only, and 100 requests still come with the old one (401); then the settings have the new key, and 100 more come. 600 spans.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind)
        yield* it.subject.emit(it.acme, 100)
        yield* it.subject.flush
        yield* it.await(it.acme, 200, 8000)
        const renewed = yield* it.tenant(it.acme.id, "a-new-key")
        yield* it.subject.emit(it.acme, 100)
        yield* it.subject.flush
        // Until the old key was refused.
        yield* Effect.repeat(Effect.zipRight(Effect.sleep("100 millis"), it.receiver.refusals()), {
          until: (refusals) => refusals.length > 0,
          times: 80
        })
        yield* it.subject.emit(renewed, 100)
        yield* it.subject.flush
        return yield* outcome(it, 300, 10_000)
      })
  }
]
