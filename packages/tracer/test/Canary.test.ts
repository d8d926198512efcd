/** A back end that says back whatever it was told: no credential comes out of it anywhere. */
import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Destination from "@tenant-tracer/model/Destination"
import { Fault, Otlp } from "@tenant-tracer/receiver"
import { EndpointPolicy, TenantTracer, UndiciTransport } from "@tenant-tracer/tracer"
import { Effect, Either, FastCheck, Layer, Logger, Redacted } from "effect"
import { backends, call, routeTo, tracer } from "./support/backends.js"
import { eventually, listening } from "./support/servers.js"
import { vocabularies } from "./support/tracing.js"

/** Everything that a request said of its sender, as one line. */
const echoOf = (headers: IncomingHttpHeaders): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ")

/** Where the echo goes; each in turn. */
const forms: Readonly<Record<string, (response: ServerResponse, status: number, echo: string) => void>> = {
  "status text": (response, status, echo) => void response.writeHead(status, echo.replace(/[^ -~]/g, "")).end(),
  headers: (response, status, echo) =>
    void response
      .writeHead(status, { "retry-after": echo, location: echo, "content-type": echo, "x-echo": echo })
      .end(),
  text: (response, status, echo) => void response.writeHead(status, { "content-type": "text/plain" }).end(echo),
  page: (response, status, echo) =>
    void response.writeHead(status, { "content-type": "text/html" }).end(`<p>${echo}</p>`),
  "protobuf status": (response, status, message) =>
    void response
      .writeHead(status, { "content-type": "application/x-protobuf" })
      .end(Otlp.encodeStatus("protobuf", { code: 3, message })),
  "json status": (response, status, message) =>
    void response
      .writeHead(status, { "content-type": "application/json" })
      .end(Otlp.encodeStatus("json", { code: 3, message })),
  "partial success": (response, status, errorMessage) =>
    void response
      .writeHead(status, { "content-type": "application/x-protobuf" })
      .end(Otlp.encodeResponse("protobuf", { rejectedSpans: 1, errorMessage })),
  "partial success of nothing": (response, status, errorMessage) =>
    void response
      .writeHead(status, { "content-type": "application/json" })
      .end(Otlp.encodeResponse("json", { rejectedSpans: 0, errorMessage })),
  "too much": (response, status, echo) => void response.writeHead(status).end(echo.repeat(5000)),
  "half an answer": (response, status, echo) => {
    response.writeHead(status, { "content-length": "1000000" })
    response.write(echo, () => response.destroy())
  }
}

const statuses = [200, 202, 299, 301, 307, 400, 401, 403, 404, 413, 415, 422, 429, 500, 503]

const account = Redacted.make("acme")

/** A secret as a destination carries it. */
const carriers: Readonly<Record<string, (secret: string) => Destination.DestinationAuth>> = {
  bearer: (secret) => fixed({ authorization: `Bearer ${secret}` }),
  basic: (secret) => fixed({ Authorization: `Basic ${Buffer.from(`${secret}:${secret}`).toString("base64")}` }),
  "bare, under a name of the vendor's": (secret) => fixed({ "X-Api-Key": secret, "x-project": "acme" }),
  minted: (secret) => ({ _tag: "Token", account, mint: Effect.succeed({ authorization: Redacted.make(secret) }) }),
  signed: (secret) => ({
    _tag: "Signer",
    account,
    sign: () => Effect.succeed({ signature: Redacted.make(`v=${secret}`) })
  })
}

const fixed = (headers: Readonly<Record<string, string>>): Destination.DestinationAuth => ({
  _tag: "Headers",
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Redacted.make(value)]))
})

/** All that a gateway, an operator or a log can see after a trace and a probe. */
const seen = (form: string, status: number, auth: Destination.DestinationAuth) =>
  Effect.gen(function* () {
    let answered = 0
    const server = yield* listening("127.0.0.1", {
      answer: (response, request) => {
        request.resume().once("end", () => {
          answered++
          forms[form]?.(response, status, echoOf(request.headers))
        })
      }
    })
    const destination = Either.getOrThrow(
      Destination.make({ name: "main", endpoint: `http://127.0.0.1:${server.port}/v1/traces`, auth })
    )
    const logged: Array<unknown> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ annotations, cause, message }) => {
        logged.push([message, cause, [...annotations]])
      })
    )
    const route = routeTo("acme", [destination])
    const values = yield* Effect.gen(function* () {
      const tracer = yield* TenantTracer.TenantTracer
      yield* call(route)
      yield* Effect.fork(TenantTracer.flush)
      const row = Effect.map(TenantTracer.status, ({ ledger }) => ledger.rows.find(({ id }) => id === "acme/main"))
      yield* eventually(row.pipe(Effect.provideService(TenantTracer.TenantTracer, tracer)), (row) =>
        row === undefined ? false : row.delivered > 0 || row.lastError !== undefined
      )
      const probed = yield* TenantTracer.probe(destination, { tenant: "acme" })
      return [yield* TenantTracer.status, yield* TenantTracer.deadLetters(), tracer.plan(route), route, probed]
    }).pipe(
      Effect.provide(
        TenantTracer.layer({
          endpoints: EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] }),
          shutdownDeadline: "50 millis"
        }).pipe(Layer.provide(UndiciTransport.layer()), Layer.provide(vocabularies), Layer.provideMerge(logger))
      )
    )
    expect(answered).toBeGreaterThan(0)
    return inspect([values, logged], { depth: 30, showHidden: true, maxStringLength: null, maxArrayLength: null })
  }).pipe(Effect.scoped)

it.scopedLive("a redirect is counted as such, and the credential goes nowhere else", () =>
  Effect.gen(function* () {
    const thief = yield* listening("127.0.0.1")
    const server = yield* listening("127.0.0.1", {
      answer: (response) => void response.writeHead(308, { location: `http://127.0.0.1:${thief.port}/` }).end()
    })
    const { row, run } = yield* tracer()
    const endpoint = `http://127.0.0.1:${server.port}/v1/traces`
    const auth = fixed({ authorization: "Bearer canary" })
    yield* run(call(routeTo("acme", [Either.getOrThrow(Destination.make({ name: "main", endpoint, auth }))])))
    yield* run(TenantTracer.flush)
    expect(yield* row("acme/main")).toMatchObject({ made: 2, delivered: 0, rejected: { redirect: 2 } })
    expect((yield* row("acme/main"))?.lastError).toBe("HTTP 308: redirects are not followed; set the final URL")
    expect(server.headers.map(({ authorization }) => authorization)).toEqual(["Bearer canary"])
    expect([thief.connections(), thief.headers]).toEqual([0, []])
  })
)

it.scopedLive("what a back end says of a batch is counted and said in words", () =>
  Effect.gen(function* () {
    const { script, to } = yield* backends("acme")
    const { balanced, row, run, status } = yield* tracer()
    const send = Effect.zipRight(run(call(routeTo("acme", [to("acme")]))), run(TenantTracer.flush))
    yield* script("acme", Fault.partialSuccess(1, "span is too old"), Fault.partialSuccess(0, "use the other endpoint"))
    yield* send
    expect(yield* row("acme/acme")).toMatchObject({
      delivered: 1,
      rejected: { partial_success: 1 },
      lastError: "the back end refused 1 of 2 spans: span is too old"
    })
    yield* send
    expect(yield* row("acme/acme")).toMatchObject({
      delivered: 3,
      lastError: "the back end took a batch and warns: use the other endpoint"
    })
    expect((yield* status).ledger.counters).toMatchObject({ partial_success_warning: 1 })
    expect(yield* balanced).toBe(true)
  })
)

describe("a back end that echoes", () => {
  for (const form of Object.keys(forms))
    it.live.prop(
      `in its ${form} brings no credential to light`,
      [
        FastCheck.constantFrom(...statuses),
        FastCheck.constantFrom(...Object.values(carriers)),
        FastCheck.stringMatching(/^[A-Za-z0-9_-]{4,40}$/)
      ],
      ([status, carrier, random]) =>
        Effect.gen(function* () {
          const secret = `c4nary-${random}`
          const shown = yield* seen(form, status, carrier(secret))
          expect(shown).toContain("acme/main")
          for (const hidden of [secret, "c4nary", Buffer.from(secret).toString("base64").slice(0, -4)])
            expect(shown).not.toContain(hidden)
        }),
      { fastCheck: { numRuns: 15 }, timeout: 60_000 }
    )
})
