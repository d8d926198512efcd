/** Tenants' destinations under an endpoint policy, from the span's end to the back end. */
import { describe, expect, it } from "@effect/vitest"
import * as Destination from "@tenant-tracer/model/Destination"
import { EndpointPolicy, TenantTracer, TestTracer, type TracingConfig, UndiciTransport } from "@tenant-tracer/tracer"
import { Effect, Either, Layer, Logger } from "effect"
import { backends, call, routeTo, tracer } from "./support/backends.js"
import { layer, vocabularies } from "./support/tracing.js"

/** As whoever says nothing of endpoints gets it. */
const byDefault = { endpoints: undefined }

const destinationTo = (name: string, endpoint: string) => Either.getOrThrow(Destination.make({ name, endpoint }))

describe("by default", () => {
  it.scopedLive("a tenant reaches no local address, and the operator does", () =>
    Effect.gen(function* () {
      const { connections, spans, to } = yield* backends("acme", "operator")
      const { balanced, close, plan, row, run } = yield* tracer({
        ...byDefault,
        operator: [to("collector", { key: "operator", vendor: "collector" })]
      })
      const route = routeTo("acme", [to("acme"), destinationTo("metadata", "https://169.254.169.254/v1/traces")])
      yield* run(call(route))
      yield* run(call(route))
      expect(plan(route)).toMatchObject({
        outlets: [{ id: "operator/collector" }],
        denied: [
          { id: "acme/acme", reason: "endpoint_refused" },
          { id: "acme/metadata", reason: "endpoint_refused" }
        ]
      })
      expect(yield* row("acme/acme")).toMatchObject({ made: 0, denied: { endpoint_refused: 1 } })
      expect(yield* row("acme/metadata")).toMatchObject({ made: 0, denied: { endpoint_refused: 1 } })
      yield* close
      expect(yield* spans("operator")).toHaveLength(4)
      expect(yield* spans("acme")).toEqual([])
      expect(yield* connections).toBeLessThanOrEqual(1)
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("case 217: a bad host costs its own destination and no other", () =>
    Effect.gen(function* () {
      const { plan } = yield* tracer(byDefault)
      const langfuse = destinationTo("langfuse", "https://langfuse.corp.internal/api/public/otel/v1/traces")
      const newrelic = destinationTo("newrelic", "https://otlp.nr-data.net/v1/traces")
      expect(plan(routeTo("acme", [langfuse, newrelic]))).toMatchObject({
        outlets: [{ id: "acme/newrelic" }],
        denied: [{ id: "acme/langfuse", detail: expect.stringContaining("ask the operator") }]
      })
    })
  )

  it.scopedLive("the operator's account is not a way in for a tenant that names it", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("operator")
      const { close, plan, run } = yield* tracer({ ...byDefault, operator: [to("collector", { key: "operator" })] })
      const route = routeTo("acme", [to("mine", { key: "operator" })], { operatorPolicy: "additive" })
      yield* run(call(route))
      expect(plan(route).denied).toMatchObject([{ reason: "endpoint_refused" }])
      yield* close
      expect(yield* spans("operator")).toHaveLength(2)
    })
  )

  it.scopedLive("a name that resolves inwards passes at first, and its spans are dropped at once and counted", () =>
    Effect.gen(function* () {
      const { connections, to, url } = yield* backends("acme")
      const asked: Array<string> = []
      const transport = UndiciTransport.layer({
        resolver: (name, _, done) => {
          asked.push(name)
          done(null, [{ address: "127.0.0.1", family: 4 }])
        }
      })
      const destination = to("acme", { endpoint: `https://rebound.example:${new URL(url).port}/v1/traces` })
      const row = yield* Effect.gen(function* () {
        yield* call(routeTo("acme", [destination]))
        yield* TenantTracer.flush
        const { ledger } = yield* TenantTracer.status
        return ledger.rows.find(({ id }) => id === "acme/acme")
      }).pipe(Effect.provide(TenantTracer.layer().pipe(Layer.provide(transport), Layer.provide(vocabularies))))
      expect(row).toMatchObject({ made: 2, delivered: 0, dropped: { endpoint_refused: 2 } })
      expect(row?.lastError).toContain("the endpoint policy does not allow this host")
      expect(asked).toEqual(["rebound.example"])
      expect(yield* connections).toBe(0)
    })
  )
})

describe("what the operator allows", () => {
  it.scopedLive("is reached, by host and port", () =>
    Effect.gen(function* () {
      const [allowed, other] = [yield* backends("acme"), yield* backends("acme")]
      const port = Number(new URL(allowed.url).port)
      const { close, plan, run } = yield* tracer({
        endpoints: EndpointPolicy.make({ allow: [{ scheme: "http", host: "127.0.0.1", port }] })
      })
      const route = routeTo("acme", [allowed.to("acme"), other.to("other", { key: "acme" })])
      yield* run(call(route))
      yield* close
      expect(plan(route).denied).toMatchObject([{ id: "acme/other", reason: "endpoint_refused" }])
      expect(yield* allowed.spans("acme")).toHaveLength(2)
      expect(yield* other.spans("acme")).toEqual([])
    })
  )
})

describe("case 219: warnings", () => {
  const warnings = (config: TracingConfig.TracingConfig, destinations: ReadonlyArray<Destination.Destination>) =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => {
          logged.push(String(message))
        })
      )
      yield* Effect.gen(function* () {
        const { plan } = yield* TenantTracer.TenantTracer
        for (const destination of destinations) for (let i = 0; i < 3; i++) plan(routeTo("acme", [destination]))
        yield* Effect.yieldNow()
      }).pipe(
        Effect.provide(
          TenantTracer.layer(config).pipe(
            Layer.provide(UndiciTransport.layer()),
            Layer.provide(vocabularies),
            Layer.provideMerge(logger)
          )
        )
      )
      return logged
    })

  it.live("a host is warned of once, however often it is asked for", () =>
    Effect.gen(function* () {
      const logged = yield* warnings({}, [
        destinationTo("main", "http://10.0.0.5:3000/v1/traces?key=canary"),
        destinationTo("other", "https://10.0.0.5/v1/traces"),
        destinationTo("local", "https://redis:6379/")
      ])
      expect(logged).toHaveLength(2)
      expect(logged[0]).toBe(
        `The destination acme/main is denied: the endpoint's host "10.0.0.5" is not a public address: use a public host, or ask the operator to allow this one`
      )
      expect(logged.join()).not.toContain("canary")
    })
  )

  it.live("a thousand hosts are warned of, and not one more", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 1100 }, (_, n) => destinationTo("main", `https://host-${n}/`))
      expect(yield* warnings({}, many)).toHaveLength(1000)
    })
  )

  it.live("nothing is warned of where everything is allowed", () =>
    Effect.gen(function* () {
      const config = { endpoints: EndpointPolicy.permissive }
      expect(yield* warnings(config, [destinationTo("main", "http://10.0.0.5:3000/v1/traces")])).toEqual([])
    })
  )
})

describe("the tracer of tests", () => {
  const route = routeTo("acme", [destinationTo("main", "http://localhost:4318/v1/traces")])

  it.effect("judges no endpoint", () =>
    Effect.gen(function* () {
      yield* call(route)
      expect(yield* TestTracer.spans("acme")).toHaveLength(2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("unless a test asks for it", () =>
    Effect.gen(function* () {
      yield* call(route)
      expect(yield* TestTracer.spans("acme")).toEqual([])
    }).pipe(Effect.provide(layer({ endpoints: EndpointPolicy.publicOnly })))
  )
})
