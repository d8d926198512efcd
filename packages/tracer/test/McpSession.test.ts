import { describe, expect, it } from "@effect/vitest"
import { McpSession, TenantTracer } from "@tenant-tracer/tracer"
import { Data, Effect, Fiber, Metric, MetricState, TestClock } from "effect"
import { route } from "./support/recorded.js"
import { layer } from "./support/tracing.js"

/** Metrics are the process's: each test has a server of its own to know its series by. */
let fresh = 0
const server = () => ({ address: `mcp-${fresh++}.example`, port: 8080 })

const of = (address: string) =>
  Metric.unsafeSnapshot().flatMap(({ metricKey: { name, tags }, metricState: state }) => {
    const labels = Object.fromEntries(tags.map(({ key, value }) => [key, value]))
    return MetricState.isHistogramState(state) && labels["server.address"] === address
      ? [{ name, labels, count: state.count, sum: state.sum }]
      : []
  })

class Refused extends Data.TaggedError("Refused") {}

/** Lasts a minute. */
const session = (given: Parameters<typeof McpSession.measured>[1], self: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(McpSession.measured(Effect.zipRight(Effect.sleep("1 minute"), self), given))
    yield* TestClock.adjust("1 minute")
    return yield* Effect.exit(Fiber.join(fiber))
  })

describe("a session with an MCP server", () => {
  it.effect("is measured from its beginning to its end, and told apart by what the conventions say", () =>
    Effect.gen(function* () {
      const at = server()
      const given = {
        transport: "streamable_http",
        protocolVersion: "2025-06-18",
        networkProtocolVersion: "2",
        server: at
      }
      yield* session(given, Effect.void)
      yield* session(given, Effect.void)
      expect(of(at.address)).toEqual([
        {
          name: "mcp.client.session.duration",
          count: 2,
          sum: 120,
          labels: {
            unit: "s",
            "mcp.protocol.version": "2025-06-18",
            "network.transport": "tcp",
            "network.protocol.name": "http",
            "network.protocol.version": "2",
            "server.address": at.address,
            "server.port": "8080"
          }
        }
      ])
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )

  it.effect("that fails says with what; one that is interrupted has ended as sessions do", () =>
    Effect.gen(function* () {
      const [failed, ended] = [server(), server()]
      expect((yield* session({ server: failed }, new Refused()))._tag).toBe("Failure")
      expect(of(failed.address)).toMatchObject([{ count: 1, sum: 60, labels: { "error.type": "Refused" } }])
      const fiber = yield* Effect.fork(Effect.never.pipe(McpSession.measured({ server: ended })))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(fiber)
      const [one] = of(ended.address)
      expect(one).toMatchObject({ count: 1, sum: 5 })
      expect(one?.labels).not.toHaveProperty("error.type")
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )

  it.effect("says whose request it is for where that is asked for, and nothing that is not", () =>
    Effect.gen(function* () {
      const at = server()
      const acme = TenantTracer.withRoute({ ...route([]), facts: { team: { id: "team-7" } } })
      yield* Effect.void.pipe(McpSession.measured({ server: at, transport: "stdio" }), acme)
      yield* Effect.void.pipe(McpSession.measured({ server: at, transport: "stdio" }))
      expect(of(at.address).map(({ labels }) => labels["gateway.team.id"])).toEqual(["team-7", undefined])
      expect(of(at.address).every(({ labels }) => !("network.transport" in labels))).toBe(true)
    }).pipe(Effect.provide(layer({ callMetrics: { include: ["gateway.team.id", "server.address"] } })))
  )

  it.effect("whose words throw when they are read is counted, and ends as it would", () =>
    Effect.gen(function* () {
      const bad = {
        get server(): never {
          throw new Error("no")
        }
      }
      expect(yield* Effect.succeed(7).pipe(McpSession.measured(bad))).toBe(7)
      const { ledger } = yield* TenantTracer.status
      expect(ledger.counters).toMatchObject({ bad_payload: 1 })
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )

  it.effect("is not measured where nobody asked for metrics of calls", () =>
    Effect.gen(function* () {
      const at = server()
      yield* Effect.void.pipe(McpSession.measured({ server: at }))
      expect(of(at.address)).toEqual([])
    }).pipe(Effect.provide(layer({})))
  )
})
