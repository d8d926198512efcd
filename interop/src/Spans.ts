/** Spans in a form that is the same whoever has decoded them, and what differs between two sets of them. */
import type { Otlp } from "../../packages/receiver/src/index.js"

type Typed = { readonly type: string; readonly value?: unknown }

type Attributes = ReadonlyArray<readonly [key: string, value: Typed]>

/** As `python/decode.py` prints it: ids in hex, numbers of 64 bits as text, each value with its type. */
export interface Normal {
  readonly spanId: string
  readonly [field: string]: unknown
}

const typed = (value: Otlp.AnyValue): Typed => {
  switch (value.type) {
    case "int":
      return { type: "int", value: String(value.value) }
    case "array":
      return { type: "array", value: value.value.map(typed) }
    case "kvlist":
      return { type: "kvlist", value: attributes(value.value) }
    case "bytes":
      return { type: "bytes", value: Buffer.from(value.value).toString("hex") }
    default:
      return value
  }
}

const attributes = (pairs: ReadonlyArray<Otlp.KeyValue>): Attributes =>
  pairs.map(({ key, value }) => [key, typed(value)] as const)

export const normal = (span: Otlp.ReceivedSpan): Normal => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  traceState: span.traceState,
  flags: span.flags,
  name: span.name,
  kind: span.kind,
  start: String(span.startTimeUnixNano),
  end: String(span.endTimeUnixNano),
  status: span.status,
  attributes: attributes(span.keyValues),
  dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
  events: span.events.map(({ keyValues, name, timeUnixNano }) => ({
    name,
    time: String(timeUnixNano),
    attributes: attributes(keyValues)
  })),
  links: span.links.map(({ flags, keyValues, spanId, traceId }) => ({
    traceId,
    spanId,
    flags,
    attributes: attributes(keyValues)
  })),
  resource: attributes(span.resource.keyValues),
  scope: [span.scope.name, span.scope.version],
  schemas: [span.resource.schemaUrl, span.scope.schemaUrl]
})

/** JSON with the fields of each object in one order. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "bigint"
      ? String(inner)
      : typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner
  ) ?? "nothing"

/** What is not equal, as `name: wanted …, got …`. */
export const different = (name: string, wanted: unknown, got: unknown): ReadonlyArray<string> =>
  text(wanted) === text(got) ? [] : [`${name}: wanted ${text(wanted).slice(0, 160)}, got ${text(got).slice(0, 160)}`]

/** Span by span and field by field; the order of spans does not count. */
export const differences = (wanted: ReadonlyArray<Normal>, got: ReadonlyArray<Normal>): ReadonlyArray<string> => {
  const byId = new Map(got.map((span) => [span.spanId, span]))
  return [
    ...different("spans", wanted.length, got.length),
    ...wanted.flatMap((span) => {
      const other = byId.get(span.spanId)
      if (other === undefined) return [`${String(span.name)}: missing`]
      return Object.keys({ ...span, ...other }).flatMap((field) =>
        different(`${String(span.name)}.${field}`, span[field], other[field])
      )
    })
  ]
}
