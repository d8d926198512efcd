/**
 * A recorded span as bytes, for the spool: neutral, so that what a destination may see, and in which words, is decided when it is sent. Whatever is
 * read comes from a disk, and nothing of it is taken for granted.
 */
import * as Json from "@tenant-tracer/model/Json"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanRole from "@tenant-tracer/model/SpanRole"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import * as TraceFacts from "@tenant-tracer/model/TraceFacts"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Ancestry, type AttributeValue, RecordedSpan } from "../record/RecordedSpan.js"
import type { Recorder } from "../record/Recorder.js"
import { RequestTrace } from "../record/RequestTrace.js"
import * as ContentPolicy from "../render/ContentPolicy.js"
import type { View } from "../render/TenantView.js"

const TraceId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/))
const SpanId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{16}$/))

const Attributes = Schema.Array(
  Schema.Tuple(
    Schema.String,
    Schema.Union(
      Schema.String,
      Schema.Number,
      Schema.Boolean,
      Schema.Array(Schema.String),
      Schema.Array(Schema.Number),
      Schema.Array(Schema.Boolean)
    )
  )
)

/** A span's place in its tree. */
const Node = Schema.Struct({
  spanId: SpanId,
  role: Schema.optional(SpanRole.SpanRole),
  services: Schema.optional(Schema.Array(Schema.String)),
  isDiscarded: Schema.optional(Schema.Literal(true))
})

const Stored = Schema.Struct({
  version: Schema.Literal(1),
  traceId: TraceId,
  clockOffset: Schema.BigInt,
  isAmbient: Schema.optional(Schema.Literal(true)),
  isRoot: Schema.optional(Schema.Literal(true)),
  isContentForbidden: Schema.optional(Schema.Literal(true)),
  isMetadataOnly: Schema.optional(Schema.Literal(true)),
  caller: Schema.optional(
    Schema.Struct({
      traceId: TraceId,
      spanId: SpanId,
      sampled: Schema.Boolean,
      traceState: Schema.optional(Schema.String)
    })
  ),
  facts: Schema.Unknown,
  /** The span's own first, then its ancestors up to the root. */
  nodes: Schema.NonEmptyArray(Node),
  name: Schema.String,
  kind: Schema.Literal("internal", "server", "client", "producer", "consumer"),
  startTime: Schema.BigInt,
  endTime: Schema.BigInt,
  remoteParent: Schema.optional(SpanId),
  data: Schema.optional(Schema.Struct({ _tag: SpanRole.SpanRole }, { key: Schema.String, value: Schema.Unknown })),
  attributes: Attributes,
  events: Schema.Array(Schema.Struct({ name: Schema.String, time: Schema.BigInt, attributes: Attributes })),
  links: Schema.Array(
    Schema.Struct({ traceId: TraceId, spanId: SpanId, own: Schema.optional(Node), attributes: Attributes })
  ),
  outcome: Schema.Union(
    Schema.Struct({ _tag: Schema.Literal("unset", "cancelled", "unfinished") }),
    Schema.Struct({ _tag: Schema.Literal("error"), error: SpanData.SpanError })
  ),
  droppedAttributes: Schema.Number,
  droppedEvents: Schema.Number
})

const nodeOf = ({ role, services, spanId, state }: Ancestry) => ({
  spanId,
  role,
  services: services.length > 0 ? services : undefined,
  isDiscarded: state === "discarded" ? true : undefined
})

const nodesOf = (ancestry: Ancestry): ReadonlyArray<unknown> => {
  const nodes: Array<unknown> = []
  for (let node: Ancestry | undefined = ancestry; node !== undefined; node = node.parent) nodes.push(nodeOf(node))
  return nodes
}

/** `undefined` for what cannot be written, such as a span that is still open. Without content where the destination may not see it. */
export const encode = (span: RecordedSpan, view: Pick<View, "audience" | "content">): Uint8Array | undefined => {
  try {
    const { request } = span
    const content = ContentPolicy.of(view, request)
    const visible = (attributes: ReadonlyMap<string, AttributeValue>) =>
      [...attributes].filter(([key]) => content === "full" || !ContentPolicy.isContent(noVocabulary, key))
    const text = Json.stringify({
      version: 1,
      traceId: request.traceId,
      clockOffset: request.clockOffset,
      isAmbient: request.isAmbient ? true : undefined,
      isRoot: span === request.root ? true : undefined,
      isContentForbidden: request.content === "none" ? true : undefined,
      isMetadataOnly: request.isMetadataOnly ? true : undefined,
      caller: request.caller,
      facts: request.facts,
      nodes: nodesOf(span.ancestry),
      name: span.name,
      kind: span.kind,
      startTime: span.startTime,
      endTime: span.endTime,
      remoteParent: span.remoteParent,
      data: span.data === undefined || content === "full" ? span.data : SpanData.withoutContent(span.data),
      attributes: visible(span.attributes),
      events: span.events.map((event) => ({ ...event, attributes: visible(event.attributes) })),
      links: span.links.map(({ ancestry, attributes, request: of, spanId, traceId }) => ({
        traceId,
        spanId,
        own: of === request && ancestry !== undefined ? nodeOf(ancestry) : undefined,
        attributes: visible(attributes)
      })),
      outcome: span.outcome,
      droppedAttributes: span.droppedAttributes,
      droppedEvents: span.droppedEvents
    })
    return text === undefined ? undefined : Buffer.from(text)
  } catch {
    // A proxy of the caller's that throws.
    return undefined
  }
}

/** In which words it will be sent is not known yet. */
const noVocabulary = { content: [] }

const decodeStored = Schema.decodeUnknownOption(Schema.parseJson(Stored))

const ancestryOf = (nodes: readonly [typeof Node.Type, ...ReadonlyArray<typeof Node.Type>]): Ancestry => {
  let ancestry: Ancestry | undefined
  const [own, ...ancestors] = nodes
  for (const node of [...ancestors].reverse()) ancestry = placed(node, ancestry)
  return placed(own, ancestry)
}

const placed = (node: typeof Node.Type, parent: Ancestry | undefined): Ancestry => ({
  spanId: node.spanId,
  parent,
  role: node.role,
  services: node.services ?? [],
  // It may have been.
  isParent: true,
  state: node.isDiscarded === true ? "discarded" : "ended"
})

/** All that is to be known of the route of a span that was away. */
const metadataOnly = TenantRoute.make({ tenant: "", destinations: [], operatorPolicy: "metadata_only" })

/** `None` for what is no span. Its trace is its own: what belongs to one trace is told by the ids alone. */
export const decode = (bytes: Uint8Array, recorder: Recorder): Option.Option<RecordedSpan> =>
  decodeStored(Buffer.from(bytes).toString()).pipe(
    Option.map((stored) => {
      const request = new RequestTrace(
        recorder,
        stored.traceId,
        stored.clockOffset,
        stored.isMetadataOnly ? { _tag: "bound", route: metadataOnly } : { _tag: "operator" },
        stored.isAmbient ?? false,
        stored.caller && { ...stored.caller, traceState: stored.caller.traceState },
        true
      )
      request.facts = TraceFacts.read(stored.facts)
      if (stored.isContentForbidden || recorder.isLimited(stored.traceId)) request.content = "none"
      const span = new RecordedSpan(
        request,
        ancestryOf(stored.nodes),
        stored.name,
        stored.kind,
        stored.startTime,
        // What does not fit is left out when it is rendered, as with any other payload.
        stored.data as SpanData.SpanData | undefined,
        stored.remoteParent
      )
      if (stored.isRoot) request.root = span
      span.endTime = stored.endTime
      span.outcome = stored.outcome
      if (stored.droppedAttributes > 0) span.droppedAttributes = stored.droppedAttributes
      if (stored.droppedEvents > 0) span.droppedEvents = stored.droppedEvents
      for (const [key, value] of stored.attributes) span.ownAttributes.set(key, value)
      for (const event of stored.events) span.addEvent({ ...event, attributes: mapOf(event.attributes) })
      for (const { attributes, own, spanId, traceId } of stored.links) {
        span.addLink({
          traceId,
          spanId,
          request: own && request,
          ancestry: own && placed(own, undefined),
          attributes: mapOf(attributes)
        })
      }
      return span
    })
  )

const mapOf = (attributes: typeof Attributes.Type): ReadonlyMap<string, AttributeValue> => new Map(attributes)
