/** Arize Phoenix, a real server: it receives a tenant's trace in OpenInference and is asked through its own API what it has understood. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Option, Schema } from "effect"
import { type Otlp, Receiver } from "../../packages/receiver/src/index.js"
import { Destination, Vendors } from "../../packages/tenant-tracer/src/index.js"
import * as Check from "./Check.js"
import * as Program from "./Program.js"
import { different } from "./Spans.js"
import * as Tools from "./Tools.js"
import * as Trace from "./Trace.js"

const RestSpan = Schema.Struct({
  name: Schema.String,
  context: Schema.Struct({ trace_id: Schema.String, span_id: Schema.String }),
  span_kind: Schema.String,
  parent_id: Schema.NullOr(Schema.String),
  start_time: Schema.String,
  end_time: Schema.String,
  status_code: Schema.String,
  status_message: Schema.String,
  attributes: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

const Rest = Schema.Struct({ data: Schema.Array(RestSpan) })

const GraphSpan = Schema.Struct({
  spanId: Schema.String,
  tokenCountPrompt: Schema.NullOr(Schema.Number),
  tokenCountCompletion: Schema.NullOr(Schema.Number),
  tokenCountTotal: Schema.NullOr(Schema.Number),
  cumulativeTokenCountTotal: Schema.NullOr(Schema.Number),
  numChildSpans: Schema.Number,
  input: Schema.NullOr(Schema.Struct({ value: Schema.String })),
  output: Schema.NullOr(Schema.Struct({ value: Schema.String })),
  events: Schema.Array(Schema.Struct({ name: Schema.String, message: Schema.String }))
})

const edges = <A, I>(node: Schema.Schema<A, I>) => Schema.Struct({ edges: Schema.Array(Schema.Struct({ node })) })

const Graph = Schema.Struct({
  data: Schema.Struct({ projects: edges(Schema.Struct({ name: Schema.String, spans: edges(GraphSpan) })) })
})

const query = `{ projects { edges { node { name spans(first: 100) { edges { node {
  spanId tokenCountPrompt tokenCountCompletion tokenCountTotal cumulativeTokenCountTotal numChildSpans
  input { value } output { value } events { name message } } } } } } } }`

const server = Effect.gen(function* () {
  const venv = yield* Tools.python
  const [port = 0, grpcPort = 0] = yield* Program.freePorts(2)
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "interop-phoenix-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const { up } = yield* Program.serve(join(venv, "bin", "phoenix"), ["serve"], {
    env: {
      PHOENIX_WORKING_DIR: folder,
      PHOENIX_HOST: "127.0.0.1",
      PHOENIX_PORT: String(port),
      PHOENIX_GRPC_PORT: String(grpcPort),
      PHOENIX_TELEMETRY_ENABLED: "false"
    }
  })
  const url = `http://127.0.0.1:${port}`
  yield* up(Program.until(Program.ask(`${url}/healthz`), () => true, "Phoenix"))
  return url
})

const project = "acme"

/** Sends the trace to Phoenix and to a receiver of ours, which says what was sent. */
const exchanged = Effect.gen(function* () {
  const url = yield* server
  const receiver = yield* Receiver.make({ accounts: [{ id: project, headers: { "x-key": "a" } }] })
  const vendor = yield* Option.match(Vendors.find("arize_phoenix"), {
    onNone: () => Effect.fail(new Error("there is no vendor arize_phoenix")),
    onSome: Effect.succeed
  })
  yield* Trace.send([
    yield* Trace.destination(vendor.destination({ endpoint: url, project }, { content: "full" })),
    yield* Trace.destination(
      Destination.make({
        name: "witness",
        endpoint: yield* receiver.endpoint(project),
        headers: Trace.secret({ "x-key": "a" }),
        vocabularies: [{ name: "openinference" }],
        content: "full"
      })
    )
  ])
  const rest = yield* Program.until(
    Effect.flatMap(Program.ask(`${url}/v1/projects/${project}/spans?limit=100`), Schema.decodeUnknown(Rest)),
    ({ data }) => data.length >= Trace.size,
    "the spans in Phoenix"
  )
  const graph = yield* Effect.flatMap(Program.ask(`${url}/graphql`, { query }), Schema.decodeUnknown(Graph))
  const read = graph.data.projects.edges.find(({ node }) => node.name === project)?.node.spans.edges ?? []
  return {
    sent: yield* receiver.spans(project),
    rest: new Map(rest.data.map((span) => [span.context.span_id, span])),
    graph: new Map(read.map(({ node }) => [node.spanId, node]))
  }
})

type Sent = Otlp.ReceivedSpan

/** Its times have microseconds, made from floating-point seconds: the last digit may be one off. */
const micros = (name: string, nanos: bigint, time = ""): ReadonlyArray<string> => {
  const got = BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1000n + BigInt(time.slice(20, 26).padEnd(6, "0"))
  const off = got - nanos / 1000n
  return off >= -1n && off <= 1n ? [] : different(name, nanos / 1000n, got)
}

const statuses = ["UNSET", "OK", "ERROR"]

/** It reads `metadata` as JSON, and the kind of the span has a place of its own. */
const attributesOf = (sent: Sent): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(sent.attributes).flatMap(([key, value]) => {
      if (key === "openinference.span.kind") return []
      if (key !== "metadata") return [[key, typeof value === "bigint" ? Number(value) : value]]
      return Object.entries(JSON.parse(String(value))).map(([name, fact]) => [`metadata.${name}`, fact])
    })
  )

const program = "Phoenix"

export const checks: Effect.Effect<ReadonlyArray<Check.Check>> = Check.part(
  program,
  Effect.gen(function* () {
    const { graph, rest, sent } = yield* exchanged
    const spans = sent.map((span) => ({ span, seen: rest.get(span.spanId), counted: graph.get(span.spanId) }))
    const compare = (what: string, f: (one: (typeof spans)[number]) => ReadonlyArray<string>): Check.Check =>
      Check.compared(program, what, [...different("spans", sent.length, rest.size), ...spans.flatMap(f)])
    const literal = (
      what: string,
      f: (call: Call, one: (typeof spans)[number]) => ReadonlyArray<string>
    ): Check.Check => {
      const order = spans.filter(({ span }) => "llm.model_name" in span.attributes).sort(byStart)
      const wanted = [Trace.calls.first, Trace.calls.second, Trace.calls.refused] as const
      return Check.compared(program, what, [
        ...different("model calls", wanted.length, order.length),
        ...order.flatMap((one, index) => {
          const call = wanted[index]
          return call === undefined ? [] : f(call, one)
        })
      ])
    }
    return [
      compare("the tree: ids, parents, children", ({ counted, seen, span }) => [
        ...different(`${span.name} trace`, span.traceId, seen?.context.trace_id),
        ...different(`${span.name} parent`, span.parentSpanId || null, seen?.parent_id),
        ...different(
          `${span.name} children`,
          sent.filter(({ parentSpanId }) => parentSpanId === span.spanId).length,
          counted?.numChildSpans
        )
      ]),
      compare("names, kinds, times and statuses", ({ seen, span }) => [
        ...different("name", span.name, seen?.name),
        ...different(`${span.name} kind`, span.attributes["openinference.span.kind"], seen?.span_kind),
        ...micros(`${span.name} start`, span.startTimeUnixNano, seen?.start_time),
        ...micros(`${span.name} end`, span.endTimeUnixNano, seen?.end_time),
        ...different(`${span.name} status`, statuses[span.status.code], seen?.status_code),
        ...different(`${span.name} status message`, span.status.message, seen?.status_message)
      ]),
      literal("the models: asked for, answered, whose", (call, { seen }) => [
        ...different("model", call.responseModel ?? call.requestModel, seen?.attributes["llm.model_name"]),
        ...different("provider", call.provider, seen?.attributes["llm.provider"])
      ]),
      literal("the tokens of each call, as it counts them", (call, { counted }) => [
        ...different("prompt", call.usage?.inputTokens ?? 0, counted?.tokenCountPrompt),
        ...different("completion", call.usage?.outputTokens ?? 0, counted?.tokenCountCompletion),
        ...different("total", call.usage?.totalTokens ?? 0, counted?.tokenCountTotal)
      ]),
      compare("the tokens of the whole trace, added up at its root", ({ counted, span }) =>
        span.parentSpanId === "" ? different("sum", 76, counted?.cumulativeTokenCountTotal) : []
      ),
      compare("the root: what was asked and answered as a whole", ({ counted, span }) =>
        span.parentSpanId === ""
          ? [
              ...different("input", told(Trace.root.inputMessages), counted?.input?.value),
              ...different("output", told(Trace.root.outputMessages), counted?.output?.value)
            ]
          : []
      ),
      literal("the messages: roles, texts, tool calls and their results", (call, { seen }) => [
        ...different("input", messagesOf(call.inputMessages), turns("input", seen?.attributes)),
        ...different("output", messagesOf(call.outputMessages ?? []), turns("output", seen?.attributes))
      ]),
      compare("the error, as an event that it shows", ({ counted, span }) =>
        different(
          `${span.name} events`,
          span.events.map(({ attributes, name }) => ({ name, message: attributes["exception.message"] })),
          counted?.events
        )
      ),
      compare("session, user, tags, metadata and every other attribute", ({ seen, span }) =>
        different(`${span.name}`, attributesOf(span), seen?.attributes)
      )
    ]
  }).pipe(Effect.scoped, Effect.mapError(Check.problem))
)

const byStart = (a: { readonly span: Sent }, b: { readonly span: Sent }) =>
  Number(a.span.startTimeUnixNano - b.span.startTimeUnixNano)

type Call = {
  readonly provider: string
  readonly requestModel: string
  readonly responseModel?: string
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly totalTokens: number }
  readonly inputMessages: ReadonlyArray<Message>
  readonly outputMessages?: ReadonlyArray<Message>
}

type Message = (typeof Trace.calls.second)["inputMessages"][number]

/** A conversation as the root of a trace tells it. */
const told = (messages: ReadonlyArray<Message>): string =>
  JSON.stringify(
    messages.map(({ parts, role }) => ({
      role,
      content: parts.flatMap((part) => (part.type === "text" ? [part.content] : [])).join("\n")
    }))
  )

/** A message as text, to be compared: who, what was said, which tools were called, which call it answers. */
const messagesOf = (messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  messages.map(({ parts, role }) =>
    [
      role,
      ...parts.map((part) => {
        switch (part.type) {
          case "text":
            return part.content
          case "tool_call":
            return `${part.id} ${part.name} ${part.arguments}`
          case "tool_call_response":
            return `${part.id}: ${part.response}`
          default:
            return part.type
        }
      })
    ].join(" | ")
  )

/** The same from the attributes that Phoenix gives back. */
const turns = (side: "input" | "output", attributes: Readonly<Record<string, unknown>> = {}): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let index = 0; ; index++) {
    const at = `llm.${side}_messages.${index}.message`
    const role = attributes[`${at}.role`]
    if (role === undefined) return found
    const [content, answers] = [attributes[`${at}.content`], attributes[`${at}.tool_call_id`]]
    const call = `${at}.tool_calls.0.tool_call`
    const called = attributes[`${call}.id`]
    const parts = [
      role,
      ...(content === undefined ? [] : [answers === undefined ? content : `${answers}: ${content}`]),
      ...(called === undefined
        ? []
        : [`${called} ${attributes[`${call}.function.name`]} ${attributes[`${call}.function.arguments`]}`])
    ]
    found.push(parts.join(" | "))
  }
}
