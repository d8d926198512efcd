/** A run of the demo in which everything went well, made up, so that a test can spoil one thing of it. */
import type * as Otlp from "@tenant-tracer/receiver/Otlp"
import type * as Receiver from "@tenant-tracer/receiver/Receiver"
import * as Cast from "../src/demo/Cast.js"
import type { Evidence } from "../src/demo/Checks.js"
import * as Expected from "../src/demo/Expected.js"
import * as Received from "../src/demo/Received.js"
import type { Result, Scene } from "../src/demo/Traffic.js"

const nothing = { attributes: {}, keyValues: [], droppedAttributesCount: 0 }

/** The spans of a picture: the inverse of printing it. */
export const spansOf = (picture: string, traceId: string): ReadonlyArray<Otlp.ReceivedSpan> => {
  const parents: Array<string> = []
  return picture.split("\n").map((line, index): Otlp.ReceivedSpan => {
    const [, indent = "", label = ""] = /^((?:[│ ] {3})*(?:[├└]── )?)(.*)$/.exec(line) ?? []
    const depth = indent.length / 4
    const [, name = "", error, cancelled] = /^(.*?)(?: ✗ (.*?))?( \(cancelled\))?$/.exec(label) ?? []
    const spanId = `${traceId.slice(0, 14)}${String(index).padStart(2, "0")}`
    parents[depth] = spanId
    return {
      ...nothing,
      attributes: {
        ...(error === undefined ? {} : { "error.type": error }),
        ...(cancelled === undefined ? {} : { "gateway.cancelled": true })
      },
      traceId,
      spanId,
      parentSpanId: depth === 0 ? "" : (parents[depth - 1] ?? ""),
      traceState: "",
      flags: 257,
      name,
      kind: depth === 0 ? 2 : 1,
      startTimeUnixNano: BigInt(index + 1),
      endTimeUnixNano: BigInt(index + 2),
      events: [],
      droppedEventsCount: 0,
      links: [],
      droppedLinksCount: 0,
      status: { code: error === undefined ? 0 : 2, message: "" },
      resource: { ...nothing, schemaUrl: "" },
      scope: { ...nothing, name: "test", version: "1", schemaUrl: "" }
    }
  })
}

/** A delivery with this body. */
export const delivery = (account: string, body: string, headers: Record<string, string> = {}): Receiver.Delivery => ({
  account,
  receivedAt: 0,
  method: "POST",
  path: "/v1/traces",
  headers,
  encoding: "protobuf",
  compression: "identity",
  raw: Buffer.from(body),
  body: Buffer.from(body),
  request: { resourceSpans: [] },
  rejectedSpans: 0
})

/** What was received, from its spans and bytes. */
export const receivedOf = (
  spans: ReadonlyArray<Otlp.ReceivedSpan>,
  deliveries: ReadonlyArray<Receiver.Delivery>
): Received.Received => {
  const traces = Received.tracesOf(spans)
  return { traces, spans: traces.flatMap((trace) => trace.spans), orphans: 0, deliveries, refusals: [] }
}

const scenes: ReadonlyArray<Exclude<Scene, "wrong key">> = [
  "plain",
  "streamed",
  "hang-up",
  "blocked",
  "retried",
  "traced"
]

const row = (id: string, delivered: number, hidden = 0) => ({
  id,
  made: hidden + delivered,
  hidden,
  delivered,
  rejected: {},
  dropped: {},
  held: 0,
  spooled: 0,
  denied: {},
  lastError: undefined
})

/** The run. */
export const goodRun = (): Evidence => {
  let traces = 0
  const traceId = (): string => String(++traces).padStart(32, "a")
  const tenants = Cast.cast().map((tenant) => {
    const prompts = scenes.map((scene) => tenant.canary(`${scene} prompt`).text)
    const [, traceIdOfCaller = "", spanIdOfCaller = ""] = tenant.traceparent().split("-")
    const spans = scenes.flatMap((scene) => spansOf(Expected.trees[scene], traceId()))
    const linked = spans.map((span, index) =>
      index === spans.length - 1
        ? {
            ...span,
            links: [{ ...nothing, traceId: traceIdOfCaller, spanId: spanIdOfCaller, traceState: "", flags: 1 }]
          }
        : span
    )
    const body =
      tenant.content === "full" ? prompts.filter((_, index) => scenes[index] !== "blocked").join(" ") : "spans"
    return { tenant, received: receivedOf(linked, [delivery(tenant.id, body, { ...tenant.account.headers })]) }
  })
  const results = [
    ...tenants.flatMap(({ tenant }) =>
      scenes.map((scene): Result => ({ scene, tenant: tenant.id, outcome: "fine", expected: "fine" }))
    ),
    { scene: "wrong key" as const, tenant: "nobody", outcome: "401", expected: "401" }
  ]
  const stranger = Cast.stranger()
  stranger.canary("wrong key", true)
  const operatorSpans = [
    ...results.flatMap(({ scene }) => spansOf(Expected.treesAtOperator[scene], traceId())),
    ...spansOf("Tenants.lookup\n└── sqlite select", traceId()).map((span) => ({ ...span, kind: 1 }))
  ]
  const rows = [
    row("operator/collector", operatorSpans.length),
    ...tenants.map(({ received, tenant }) => row(`${tenant.id}/main`, received.spans.length, 3))
  ]
  const sum = (column: "hidden" | "delivered"): number => rows.reduce((total, next) => total + next[column], 0)
  return {
    tenants,
    operator: receivedOf(operatorSpans, [delivery("operator", "the operator's")]),
    results,
    strangers: stranger.canaries,
    // The ids are the ledger's own brand, which a made-up row has no way to get.
    ledger: {
      total: row("total", sum("delivered"), sum("hidden")),
      rows,
      unrouted: {},
      counters: {}
    } as unknown as Evidence["ledger"]
  }
}
