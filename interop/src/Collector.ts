/** A real OpenTelemetry Collector between us and our receiver: what comes out of it is what was sent straight. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { Receiver } from "../../packages/receiver/src/index.js"
import { Destination } from "../../packages/tenant-tracer/src/index.js"
import * as Check from "./Check.js"
import * as Program from "./Program.js"
import { differences, different, normal } from "./Spans.js"
import * as Tools from "./Tools.js"
import * as Trace from "./Trace.js"

const program = "OpenTelemetry Collector"

/** How we send, and how the Collector sends on. */
const ways = [
  { id: "protobuf", protocol: "http/protobuf", compression: "none", onward: "proto" },
  { id: "protobuf-gzip", protocol: "http/protobuf", compression: "gzip", onward: "json" },
  { id: "json", protocol: "http/json", compression: "none", onward: "json" },
  { id: "json-gzip", protocol: "http/json", compression: "gzip", onward: "proto" }
] as const

/** One pipeline for each way. */
const configuration = (ports: ReadonlyArray<number>, onward: string): string =>
  JSON.stringify({
    receivers: named("otlp", (_, port) => ({ protocols: { http: { endpoint: `127.0.0.1:${port}` } } }), ports),
    exporters: named(
      "otlphttp",
      (way) => ({ traces_endpoint: onward, encoding: way.onward, headers: { "x-key": way.id } }),
      ports
    ),
    service: {
      telemetry: { metrics: { level: "none" } },
      pipelines: named("traces", ({ id }) => ({ receivers: [`otlp/${id}`], exporters: [`otlphttp/${id}`] }), ports)
    }
  })

const named = (
  kind: string,
  of: (way: (typeof ways)[number], port: number) => unknown,
  ports: ReadonlyArray<number>
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(ways.map((way, index) => [`${kind}/${way.id}`, of(way, ports[index] ?? 0)]))

export const checks: Effect.Effect<ReadonlyArray<Check.Check>> = Check.part(
  program,
  Effect.gen(function* () {
    const collector = yield* Tools.collector
    const receiver = yield* Receiver.make({
      accounts: ["straight", ...ways.map(({ id }) => id)].map((id) => ({ id, headers: { "x-key": id } }))
    })
    const endpoint = yield* receiver.endpoint("straight")
    const ports = yield* Program.freePorts(ways.length)
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "interop-collector-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const file = join(folder, "collector.yaml")
    // JSON is YAML.
    writeFileSync(file, configuration(ports, endpoint))
    const { said, up } = yield* Program.serve(collector, ["--config", `file:${file}`])
    yield* up(Program.until(Effect.sync(said), (text) => text.includes("Everything is ready"), "the Collector"))
    yield* Trace.send([
      yield* Trace.destination(
        Destination.make({
          name: "straight",
          endpoint,
          headers: Trace.secret({ "x-key": "straight" }),
          content: "full"
        })
      ),
      ...(yield* Effect.forEach(ways, ({ compression, id, protocol }, index) =>
        Trace.destination(
          Destination.make({
            name: id,
            endpoint: `http://127.0.0.1:${ports[index]}/v1/traces`,
            protocol,
            compression,
            content: "full"
          })
        )
      ))
    ])
    const straight = (yield* receiver.spans("straight")).map(normal)
    return yield* Effect.forEach(ways, ({ compression, id, onward, protocol }) =>
      Effect.map(Effect.timeout(receiver.awaitSpans(id, Trace.size), "30 seconds"), (forwarded) =>
        Check.compared(
          program,
          `${protocol}${compression === "gzip" ? " and gzip" : ""} in, ${onward} out: ${forwarded.length} spans, field by field`,
          [...different("spans", Trace.size, straight.length), ...differences(straight, forwarded.map(normal))]
        )
      )
    )
  }).pipe(Effect.scoped, Effect.mapError(Check.problem))
)
