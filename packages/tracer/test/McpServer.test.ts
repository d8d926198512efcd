import { describe, expect, it } from "@effect/vitest"
import { McpServer, TenantTracer } from "@tenant-tracer/tracer"
import { Data, Effect, Exit, Fiber, Metric, MetricState, TestClock } from "effect"
import { route } from "./support/recorded.js"
import { layer } from "./support/tracing.js"

/** Metrics are the process's: each test has a version of its own to know its series by. */
let fresh = 0
const own = () => `2025-06-${fresh++}`

const of = (protocolVersion: string) =>
  Metric.unsafeSnapshot().flatMap(({ metricKey: { name, tags }, metricState: state }) => {
    const { unit, ...labels } = Object.fromEntries(tags.map(({ key, value }) => [key, value]))
    return MetricState.isHistogramState(state) && labels["mcp.protocol.version"] === protocolVersion
      ? [{ name, unit, labels, count: state.count, sum: state.sum }]
      : []
  })

class Refused extends Data.TaggedError("Refused") {}

const seconds = <A, E>(self: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(self)
    yield* TestClock.adjust("2 seconds")
    return yield* Fiber.await(fiber)
  })

const later = Effect.sleep("2 seconds")

describe("a request to an MCP server of ours", () => {
  it.effect("is measured, and told apart by what the conventions say", () =>
    Effect.gen(function* () {
      const protocolVersion = own()
      const said = { transport: "streamable_http", networkProtocolVersion: "1.1", protocolVersion }
      const call = { ...said, method: "tools/call", tool: "get-weather" }
      expect(yield* seconds(later.pipe(Effect.as(7), McpServer.request(call)))).toEqual(Exit.succeed(7))
      yield* seconds(McpServer.request(later, call))
      yield* Effect.void.pipe(McpServer.request({ ...said, method: "prompts/get", prompt: "greeting" }))
      const network = {
        "mcp.protocol.version": protocolVersion,
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "network.protocol.version": "1.1"
      }
      expect(of(protocolVersion)).toEqual([
        {
          name: "mcp.server.operation.duration",
          unit: "s",
          count: 2,
          sum: 4,
          labels: {
            ...network,
            "mcp.method.name": "tools/call",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "get-weather"
          }
        },
        {
          name: "mcp.server.operation.duration",
          unit: "s",
          count: 1,
          sum: 0,
          labels: { ...network, "mcp.method.name": "prompts/get", "gen_ai.prompt.name": "greeting" }
        }
      ])
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )

  it.effect("that fails says with what; one that nobody waits for any more does not", () =>
    Effect.gen(function* () {
      const protocolVersion = own()
      const said = { method: "tools/list", protocolVersion }
      expect(yield* Effect.exit(new Refused().pipe(McpServer.request(said)))).toEqual(Exit.fail(new Refused()))
      const fiber = yield* Effect.fork(Effect.never.pipe(McpServer.request(said)))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(fiber)
      expect(of(protocolVersion).map(({ labels, sum }) => [labels["error.type"], sum])).toEqual([
        ["Refused", 0],
        [undefined, 5]
      ])
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )

  it.effect("has failed where its app says so: a tool's own error, a code of JSON-RPC", () =>
    Effect.gen(function* () {
      const protocolVersion = own()
      const said = { method: "tools/call", protocolVersion }
      yield* Effect.succeed({ isError: true }).pipe(
        McpServer.request(said, {
          failure: (exit) => (Exit.isSuccess(exit) && exit.value.isError ? { type: "tool_error" } : undefined)
        })
      )
      yield* new Refused().pipe(
        McpServer.request(said, { failure: () => ({ type: "-32602", code: "-32602" }) }),
        Effect.ignore
      )
      yield* new Refused().pipe(McpServer.request(said, { failure: () => undefined }), Effect.ignore)
      expect(
        of(protocolVersion).map(({ labels }) => [labels["error.type"], labels["rpc.response.status_code"]])
      ).toEqual([
        ["tool_error", undefined],
        ["-32602", "-32602"],
        [undefined, undefined]
      ])
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )

  it.effect("whose app throws when it is asked is counted, and answered as it would be", () =>
    Effect.gen(function* () {
      const failure = () => {
        throw new Error("no")
      }
      expect(yield* Effect.succeed(7).pipe(McpServer.request({ method: "tools/list" }, { failure }))).toBe(7)
      const { ledger } = yield* TenantTracer.status
      expect(ledger.counters).toMatchObject({ bad_payload: 1 })
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )

  it.effect("says whose it is where that is asked for", () =>
    Effect.gen(function* () {
      const protocolVersion = own()
      const acme = TenantTracer.withRoute({ ...route([]), facts: { team: { id: "team-7" } } })
      yield* Effect.void.pipe(McpServer.request({ method: "ping", protocolVersion }), acme)
      expect(of(protocolVersion).map(({ labels }) => labels)).toEqual([
        { "gateway.team.id": "team-7", "mcp.protocol.version": protocolVersion }
      ])
    }).pipe(Effect.provide(layer({ callMetrics: { include: ["gateway.team.id", "mcp.protocol.version"] } })))
  )

  it.effect("is not measured where nobody asked for metrics of calls", () =>
    Effect.gen(function* () {
      const protocolVersion = own()
      yield* Effect.void.pipe(McpServer.request({ method: "ping", protocolVersion }))
      yield* Effect.void.pipe(McpServer.session({ protocolVersion }))
      expect(of(protocolVersion)).toEqual([])
    }).pipe(Effect.provide(layer({})))
  )
})

describe("a session of an MCP server of ours", () => {
  it.effect("is measured from its beginning to its end, without the address that clients know it by", () =>
    Effect.gen(function* () {
      const protocolVersion = own()
      const said = { protocolVersion, transport: "stdio", server: { address: "localhost", port: 80 } }
      yield* seconds(McpServer.session(later, said))
      yield* Effect.ignore(new Refused().pipe(McpServer.session(said)))
      const labels = { "mcp.protocol.version": protocolVersion, "network.transport": "pipe" }
      const name = "mcp.server.session.duration"
      expect(of(protocolVersion)).toEqual([
        { name, unit: "s", count: 1, sum: 2, labels },
        { name, unit: "s", count: 1, sum: 0, labels: { ...labels, "error.type": "Refused" } }
      ])
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )
})
