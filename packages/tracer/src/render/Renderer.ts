/**
 * From a recorded span to what one destination receives: reduced to its view, without what its content policy forbids, spelled in its vocabulary.
 * It runs off the request's path, and a payload that does not fit costs its own fields only.
 *
 * @since 0.1.0
 */
import * as PayloadReader from "@tenant-tracer/model/PayloadReader"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanName from "@tenant-tracer/model/SpanName"
import * as Adopters from "../record/Adopters.js"
import type { RecordedSpan, SpanLink } from "../record/RecordedSpan.js"
import { AttributeSink } from "./AttributeSink.js"
import * as ContentPolicy from "./ContentPolicy.js"
import type { RenderedEvent, RenderedLink, RenderedSpan, Value } from "./RenderedSpan.js"
import * as TenantView from "./TenantView.js"

/**
 * Renders an ended span for a view that may see it. `onMisfit` hears the path of each field that was left out.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (span: RecordedSpan, view: TenantView.View, onMisfit: (path: string) => void): RenderedSpan => {
  const { request } = span
  const isRoot = span === request.root
  const data = payloadOf(span, view, onMisfit)
  const name = data === undefined ? span.name : SpanName.of(data)
  const error = data?.error ?? failureOf(span, view)

  const attributes = new AttributeSink(view.valueLength)
  if (span.outcome?._tag === "cancelled") attributes.boolean("gateway.cancelled", true)
  if (span.outcome?._tag === "unfinished") attributes.boolean("gateway.unfinished", true)
  view.vocabulary.write({ name, data, facts: request.facts, isRoot, error }, attributes)
  if (view.audience !== "tenant") {
    for (const [key, value] of span.attributes) {
      if (!attributes.has(key) && ContentPolicy.allows(view, key)) attributes.write(key, value)
    }
  }

  const caller = request.caller
  // Where the door continued the caller's trace, the operator's copy does too.
  const continues =
    caller !== undefined &&
    (view.callerTrace === "continue" || (view.audience !== "tenant" && caller.traceId === request.traceId))
  const parent = TenantView.parentOf(view, span)
  const remoteParent =
    parent !== undefined ? undefined : isRoot ? (continues ? caller.spanId : undefined) : span.remoteParent
  const traceId = continues ? caller.traceId : request.traceId

  const links: Array<RenderedLink> = []
  if (isRoot && caller !== undefined && !continues && view.callerTrace === "link") {
    links.push({ traceId: caller.traceId, spanId: caller.spanId, attributes: [] })
  }
  for (const link of span.links) {
    if (mayLink(view, span, link)) {
      links.push({
        traceId: link.request === request ? traceId : link.traceId,
        spanId: link.spanId,
        attributes: view.audience === "tenant" ? [] : bounded(view, link.attributes)
      })
    }
  }

  const offset = request.clockOffset
  const endTime = span.endTime !== undefined && span.endTime > span.startTime ? span.endTime : span.startTime
  return {
    traceId,
    spanId: span.spanId,
    parentSpanId: parent?.spanId ?? remoteParent,
    parentIsRemote: remoteParent !== undefined,
    traceState: continues ? caller.traceState : undefined,
    name,
    kind: span.kind,
    startTime: span.startTime + offset,
    endTime: endTime + offset,
    attributes: attributes.entries,
    droppedAttributes: attributes.dropped + (view.audience === "tenant" ? 0 : span.droppedAttributes),
    events: eventsOf(span, view, error),
    droppedEvents: view.audience === "tenant" ? 0 : span.droppedEvents,
    links,
    status:
      error === undefined
        ? { code: "unset", message: undefined }
        : { code: "error", message: error.message ?? error.type }
  }
}

const payloadOf = (
  span: RecordedSpan,
  view: TenantView.View,
  onMisfit: (path: string) => void
): SpanData.Read | undefined => {
  const role = span.ancestry.role
  const raw = span.data ?? (role === undefined ? undefined : Adopters.dataOf(role, span.attributes))
  if (raw === undefined) return undefined
  const { data, misfits } = PayloadReader.read(raw)
  for (const path of misfits) onMisfit(`${data._tag}.${path}`)
  const seen = TenantView.narrow(view, completed(data, span))
  return view.content === "none" ? SpanData.withoutContent(seen) : seen
}

/** What a payload leaves to be known from elsewhere. */
const completed = (data: SpanData.Read, span: RecordedSpan): SpanData.Read => {
  // `HttpRouter` writes the template of the route that matched on the active span.
  const route = span.attributes.get("http.route")
  if (data._tag === "proxy_request" && data.route === undefined && typeof route === "string") return { ...data, route }
  if (
    data._tag === "guardrail" &&
    data.error === undefined &&
    data.status !== undefined &&
    failedGuardrail.has(data.status)
  ) {
    return { ...data, error: { type: data.status, message: data.action } }
  }
  return data
}

const failedGuardrail: ReadonlySet<string> = new Set(["guardrail_intervened", "guardrail_failed_to_respond"])

const failureOf = (span: RecordedSpan, view: TenantView.View): SpanData.SpanError | undefined =>
  span.outcome?._tag === "error" ? TenantView.errorFor(view, span.ancestry.role, span.outcome.error, false) : undefined

/** A link to another owner's span would name a trace that the tenant has no business with; one to a hidden span would lead nowhere. */
const mayLink = (view: TenantView.View, span: RecordedSpan, { ancestry, request }: SpanLink): boolean =>
  view.audience !== "tenant" ||
  (request === span.request && (ancestry === undefined || TenantView.isVisible(view, ancestry)))

/** Log lines become events of the active span: they never leave for a tenant. */
const eventsOf = (
  span: RecordedSpan,
  view: TenantView.View,
  error: SpanData.SpanError | undefined
): ReadonlyArray<RenderedEvent> => {
  const offset = span.request.clockOffset
  const events: Array<RenderedEvent> =
    view.audience === "tenant"
      ? []
      : span.events.map(({ attributes, name, time }) => ({
          name,
          time: time + offset,
          attributes: bounded(view, attributes)
        }))
  if (error !== undefined) {
    const exception: Array<readonly [string, string]> = [["exception.type", error.type]]
    if (error.message !== undefined) exception.push(["exception.message", error.message])
    if (error.stackTrace !== undefined) exception.push(["exception.stacktrace", error.stackTrace])
    const time = (span.endTime ?? span.startTime) + offset
    events.push({ name: "exception", time, attributes: bounded(view, exception) })
  }
  return events
}

const bounded = (view: TenantView.View, attributes: Iterable<readonly [string, Value]>): AttributeSink["entries"] => {
  const sink = new AttributeSink(view.valueLength)
  for (const [key, value] of attributes) sink.write(key, value)
  return sink.entries
}
