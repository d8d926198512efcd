/** The end of a process: everything is sent that can be sent before the deadline, and of the rest it is told how much, whose and why. */
import { describe, expect, it } from "@effect/vitest"
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import {
  DestinationId,
  EndpointPolicy,
  Ledger,
  LedgerMetrics,
  TenantTracer,
  type TracingConfig,
  Transport
} from "@tenant-tracer/tracer"
import {
  Clock,
  Config,
  ConfigProvider,
  Context,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  Scope,
  TestClock
} from "effect"
import { call } from "./support/backends.js"
import { destination, route } from "./support/recorded.js"
import { until } from "./support/servers.js"
import { vocabularies } from "./support/tracing.js"

const quiet = Logger.remove(Logger.defaultLogger)

/** Back ends by the first word of their host: what they answer, and after how long. */
const answers: Readonly<Record<string, Effect.Effect<number>>> = {
  healthy: Effect.succeed(200),
  slow: Effect.delay(Effect.succeed(200), "2 seconds"),
  hanging: Effect.never,
  refusing: Effect.succeed(401),
  failing: Effect.succeed(503)
}

/** Nothing is compressed: that happens outside of the test's time. */
const plain = (options: Parameters<typeof destination>[0]) => destination({ compression: "none", ...options })
const to = (kind: string, host = kind) => plain({ endpoint: `https://${kind}.${host}.example/v1/traces` })

/** A tracer whose back ends answer by their names; `close` gives the report, and the time that it took. */
const make = (
  config: TracingConfig.TracingConfig = {},
  layerOf: (config: TracingConfig.TracingConfig) => ReturnType<typeof TenantTracer.layerConfig> = TenantTracer.layer
) =>
  Effect.gen(function* () {
    const delivered: Array<string> = []
    const reports: Array<Parameters<NonNullable<TracingConfig.TracingConfig["onUnsent"]>>[0]> = []
    let lastDelivery = 0
    let sending = 0
    const transport = Layer.succeed(Transport.Transport, {
      send: ({ timeout, url }) =>
        Effect.gen(function* () {
          const { hostname } = new URL(url)
          sending++
          const status = yield* answers[hostname.split(".")[0] ?? ""] ?? Effect.never
          if (status === 200) {
            delivered.push(hostname)
            lastDelivery = (yield* Clock.currentTimeMillis) / 1000
          }
          return { status, headers: {}, body: new Uint8Array() }
        }).pipe(
          Effect.timeoutFail({
            duration: timeout,
            onTimeout: () => new Transport.TransportError({ reason: "timeout", host: "" })
          }),
          Effect.ensuring(Effect.sync(() => sending--))
        ),
      hold: () => () => {},
      stats: Effect.succeed({ pools: 0, connections: 0 })
    })
    const scope = yield* Scope.make()
    const runtime = yield* Layer.toRuntime(
      layerOf({
        endpoints: EndpointPolicy.permissive,
        onUnsent: (report) => Effect.sync(() => reports.push(report)),
        ...config
      }).pipe(Layer.provide(transport), Layer.provide(vocabularies), Layer.provideMerge(quiet))
    ).pipe(Scope.extend(scope))
    const service = Context.get(runtime.context, TenantTracer.TenantTracer)
    const run = <A, E>(effect: Effect.Effect<A, E, TenantTracer.TenantTracer>) => Effect.provide(effect, runtime)
    /** Turns the clock in steps of so many seconds, once as many requests are on their way. */
    const closeBy = (step: number, requests = 0) =>
      Effect.gen(function* () {
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* until(() => sending >= requests)
        let seconds = 0
        while ((yield* Fiber.poll(closing))._tag === "None") {
          yield* TestClock.adjust(Duration.seconds(step))
          seconds += step
        }
        yield* Fiber.join(closing)
        expect(reports.length).toBeLessThanOrEqual(1)
        const { ledger } = yield* service.status
        expect([...ledger.rows, ledger.total].filter((row) => !Ledger.balances(row))).toEqual([])
        expect(ledger.total.held).toBe(0)
        return { ledger, report: reports[0] ?? [], seconds }
      })
    return {
      delivered,
      /** In seconds since the test began. */
      lastDelivery: () => lastDelivery,
      run,
      send: (route: TenantRoute) => run(call(route)),
      status: service.status,
      close: closeBy(1),
      closeBy
    }
  })

it.effect(
  "three hundred back ends that hang keep none of three hundred healthy ones from what is theirs",
  () =>
    Effect.gen(function* () {
      const { closeBy, delivered, lastDelivery, send } = yield* make({
        shutdownDeadline: "4 seconds",
        operator: [plain({ name: "otlp", endpoint: "https://healthy.operator.example/v1/traces" })]
      })
      for (let index = 0; index < 300; index++) {
        yield* send(route([to("hanging", `t${index}`)], { tenant: `hanging-${index}` }))
        yield* send(route([to("slow", `t${index}`)], { tenant: `healthy-${index}` }))
      }
      const { ledger, report, seconds } = yield* closeBy(2, 600)
      expect(seconds).toBe(4)
      expect(new Set(delivered).size).toBe(301)
      expect(lastDelivery()).toBeLessThan(4)
      expect(report).toHaveLength(300)
      expect(
        report.every(
          ({ id, unsent, why }) => id.startsWith("hanging-") && unsent === 2 && why === "the deadline came first"
        )
      ).toBe(true)
      expect(ledger.total).toMatchObject({ made: 2400, delivered: 1800, dropped: { shutdown: 600 } })
    }),
  60_000
)

describe("says why", () => {
  it.effect.each([
    ["paused", "healthy", "it is paused"],
    ["refused", "refusing", "its back end refuses the credential"],
    ["failing", "failing", "its back end fails"],
    ["hanging", "hanging", "the deadline came first"]
  ] as const)("a destination that is %s kept its spans", ([name, kind, why]) =>
    Effect.gen(function* () {
      const { close, delivered, run, send } = yield* make({ breaker: { failures: 1 }, shutdownDeadline: "5 seconds" })
      if (name === "paused") yield* run(TenantTracer.pause({ tenant: "acme", destination: "main" }))
      yield* send(route([to(kind)]))
      yield* send(route([to("healthy")], { tenant: "other" }))
      const { ledger, report } = yield* close
      expect(report).toMatchObject([{ id: "acme/main", unsent: 2, why }])
      expect(delivered).toEqual(["healthy.healthy.example"])
      expect(ledger.total).toMatchObject({ delivered: 2, dropped: { shutdown: 2 } })
    })
  )

  it.effect("also of the operator's own, in the same report and under the same deadline", () =>
    Effect.gen(function* () {
      const { close, send } = yield* make({
        shutdownDeadline: "5 seconds",
        operator: [plain({ name: "otlp", endpoint: "https://hanging.operator.example/v1/traces" })]
      })
      yield* send(route([to("hanging")]))
      const { report, seconds } = yield* close
      expect(report.map(({ id, unsent }) => [id, unsent]).sort()).toEqual([
        ["acme/main", 2],
        ["operator/otlp", 2]
      ])
      expect(seconds).toBeLessThanOrEqual(6)
    })
  )

  it.effect("of one that the operator has revoked long before", () =>
    Effect.gen(function* () {
      const { close, run, send } = yield* make({
        operator: [plain({ name: "otlp", endpoint: "https://hanging.operator.example/v1/traces" })]
      })
      yield* send(route([]))
      yield* run(TenantTracer.revoke(DestinationId.operator("otlp")))
      expect((yield* close).report).toMatchObject([
        { id: "operator/otlp", unsent: 2, why: "its credential was revoked" }
      ])
    })
  )

  it.effect("and nothing where everything was sent", () =>
    Effect.gen(function* () {
      const { close, delivered, send } = yield* make()
      yield* send(route([to("healthy")]))
      const { report, seconds } = yield* close
      expect([report, seconds, delivered]).toEqual([[], seconds, ["healthy.healthy.example"]])
      expect(seconds).toBeLessThanOrEqual(1)
    })
  )
})

it.effect("without anybody to tell, of many destinations the log has the first and a sum", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => {
      lines.push(String(message))
    })
    const { close, send } = yield* make({ onUnsent: undefined, shutdownDeadline: Duration.seconds(3) }).pipe(
      Effect.provide(Logger.add(logger))
    )
    for (let index = 0; index < 50; index++) yield* send(route([to("hanging")], { tenant: `t${index}` }))
    yield* Effect.provide(close, Logger.add(logger))
    const told = lines.filter((line) => line.includes("could not be sent"))
    expect(told).toHaveLength(21)
    expect(told.at(-1)).toBe(
      "60 spans of 30 more destinations could not be sent before the shutdown; 60 are lost, 0 on disk"
    )
  })
)

it.effect("without anybody to tell, each destination is a line in the log, without a word of its credential", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => {
      lines.push(String(message))
    })
    const { close, send } = yield* make({ onUnsent: undefined, shutdownDeadline: Duration.seconds(3) }).pipe(
      Effect.provide(Logger.add(logger))
    )
    yield* send(route([plain({ endpoint: "https://hanging.acme.example/v1/traces", secrets: { "x-key": "canary" } })]))
    yield* Effect.provide(close, Logger.add(logger))
    const told = lines.filter((line) => line.includes("could not be sent"))
    expect(told).toEqual([
      "2 spans of acme/main (the deadline came first) could not be sent before the shutdown; 2 are lost, 0 on disk"
    ])
    expect(lines.join()).not.toContain("canary")
  })
)

describe("metrics", () => {
  const madeOf = (id: string) =>
    Effect.map(
      Metric.value(LedgerMetrics.copies.pipe(Metric.tagged("destination", id), Metric.tagged("state", "made"))),
      ({ count }) => count
    )

  it.effect("are those of the ledger every ten seconds, and at the end tell of the last spans, too", () =>
    Effect.gen(function* () {
      const { close, send } = yield* make({ metrics: {}, shutdownDeadline: "5 seconds" })
      const hanging = route([to("hanging")], { tenant: "measured" })
      yield* send(hanging)
      yield* TestClock.adjust("10 seconds")
      expect(yield* madeOf("measured/main")).toBe(2)
      yield* send(hanging)
      yield* close
      expect(yield* madeOf("measured/main")).toBe(4)
      const dropped = LedgerMetrics.copies.pipe(
        Metric.tagged("destination", "measured/main"),
        Metric.tagged("state", "dropped"),
        Metric.tagged("reason", "shutdown")
      )
      expect((yield* Metric.value(dropped)).count).toBe(4)
    })
  )

  it.effect("come with an empty group of options beside those of the environment, too, and not without one", () =>
    Effect.gen(function* () {
      for (const [tenant, options] of [
        ["configured", { metrics: {} }],
        ["configured-with-more", { metrics: {}, queue: Config.succeed({ maxSpans: 10 }) }],
        ["plain", {}]
      ] as const) {
        const { close, send } = yield* make({}, () => TenantTracer.layerConfig(options))
        yield* send(route([to("healthy")], { tenant }))
        yield* close
        expect(yield* madeOf(`${tenant}/main`), tenant).toBe(tenant === "plain" ? 0 : 2)
      }
    }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map())))
  )

  it.effect("are not kept where nobody asks for them", () =>
    Effect.gen(function* () {
      const { close, send } = yield* make()
      yield* send(route([to("healthy")], { tenant: "unmeasured" }))
      yield* TestClock.adjust("1 minute")
      yield* close
      expect(yield* madeOf("unmeasured/main")).toBe(0)
    })
  )
})
