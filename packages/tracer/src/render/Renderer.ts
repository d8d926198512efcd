/**
 * From a recorded span to what one destination receives: reduced to its view, without what its content policy forbids, spelled in its vocabulary.
 * It runs off the request's path, and a payload that does not fit costs its own fields only.
 *
 * @since 0.1.0
 */
import * as PayloadReader from "@tenant-tracer/model/PayloadReader"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanName from "@tenant-tracer/model/SpanName"
import type { TraceFacts } from "@tenant-tracer/model/TraceFacts"
import * as Effect from "effect/Effect"
import { changed } from "../internal/changed.js"
import * as Adopters from "../record/Adopters.js"
import * as Failure from "../record/Failure.js"
import type { RecordedSpan, SpanLink } from "../record/RecordedSpan.js"
import { AttributeSink } from "./AttributeSink.js"
import * as ContentPolicy from "./ContentPolicy.js"
import * as HttpClient from "./internal/httpClient.js"
import type { RenderedEvent, RenderedLink, RenderedSpan, Value } from "./RenderedSpan.js"
import * as TenantView from "./TenantView.js"

/**
 * Renders an ended span for a view that may see it. `onMisfit` hears the path of each field that was left out.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (span: RecordedSpan, view: TenantView.View, onMisfit: (path: string) => void): RenderedSpan =>
  spell(span, view, payload(span, view, onMisfit))

/**
 * The same, with the payload in the hands of the view's `redact` before it is spelled. Where that gives none, the span is rendered without content
 * and `onFailure` hears of it. `work` does what is done before and after: at once, unless it says otherwise.
 *
 * @since 0.1.0
 * @category rendering
 */
export const renderEffect = (
  span: RecordedSpan,
  view: TenantView.View,
  onMisfit: (path: string) => void,
  onFailure: () => void,
  work: <A>(f: () => A) => Effect.Effect<A> = Effect.sync
): Effect.Effect<RenderedSpan> =>
  Effect.flatMap(
    work(() => payload(span, view, onMisfit)),
    (data) => {
      if (view.redact === undefined || data === undefined || !SpanData.hasContent(data))
        return work(() => spell(span, view, data))
      return Effect.flatMap(view.redact(data), (redacted) =>
        work(() => {
          if (redacted === undefined) onFailure()
          // Meanwhile the request may have forbidden it.
          const mayLeave = redacted !== undefined && ContentPolicy.of(view, span.request) === "full"
          return spell(span, view, mayLeave ? TenantView.narrow(view, redacted) : SpanData.withoutContent(data))
        })
      )
    }
  )

const nanosPerMilli = 1_000_000n

const spell = (span: RecordedSpan, view: TenantView.View, data: SpanData.Read | undefined): RenderedSpan => {
  const { request } = span
  const { redactor } = view
  const parent = TenantView.parentOf(view, span)
  // Where the request's own root is hidden, what hung under it takes its place.
  const isRoot = parent === undefined
  const name = data === undefined ? HttpClient.nameOf(span.name) : SpanName.of(data, view.vocabulary.spanName)
  const offset = request.clockOffset
  const startTime = span.startTime + offset
  const { duration } = span
  const error = data?.error ?? failureOf(span, view)
  const refusal = data === undefined && error === undefined ? HttpClient.refusalOf(span) : undefined

  const attributes = new AttributeSink(view)
  const out = redactor === undefined ? attributes : redactor.over(attributes)
  if (span.outcome?._tag === "cancelled") attributes.boolean("gateway.cancelled", true)
  if (span.outcome?._tag === "unfinished") attributes.boolean("gateway.unfinished", true)
  attributes.string("error.type", refusal)
  view.vocabulary.write(
    { name, data, facts: factsOf(span, view, name), isRoot, error, startTime: Number(startTime / nanosPerMilli) },
    out
  )
  if (view.audience !== "tenant") {
    copy(span, view, span.attributes, (key, value) => {
      if (!attributes.has(key)) attributes.write(key, value)
    })
  }

  const caller = request.caller
  // Where the door continued the caller's trace, the operator's copy does too.
  const continues =
    caller !== undefined &&
    (view.callerTrace === "continue" || (view.audience !== "tenant" && caller.traceId === request.traceId))
  const above = caller === undefined ? span.remoteParent : continues ? caller.spanId : undefined
  const remoteParent = isRoot && view.spans === "all" ? above : undefined
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
        attributes: view.audience === "tenant" ? [] : bounded(span, view, link.attributes)
      })
    }
  }

  return {
    traceId,
    spanId: span.spanId,
    parentSpanId: parent?.spanId ?? remoteParent,
    parentIsRemote: remoteParent !== undefined,
    traceState: continues ? caller.traceState : undefined,
    name: textOf(view, name),
    kind: kindOf(span, data),
    startTime,
    endTime: duration === 0 ? startTime : startTime + BigInt(duration),
    attributes: attributes.entries,
    droppedAttributes: attributes.dropped + (view.audience === "tenant" ? 0 : span.droppedAttributes),
    events: eventsOf(span, view, error),
    droppedEvents: showsLogs(span, view) ? span.droppedEvents : 0,
    links,
    status:
      error === undefined
        ? { code: refusal === undefined ? "unset" : "error", message: undefined }
        : { code: "error", message: textOf(view, error.message ?? error.type) }
  }
}

/** An agent at work is here, unless it is a service of its own. */
const kindOf = ({ kind }: RecordedSpan, data: SpanData.Read | undefined): RecordedSpan["kind"] =>
  data?._tag === "agent" && SpanData.isRemote(data) ? "client" : kind

/** A trace of which only model calls are seen would have no name: nobody sees its root. */
const factsOf = ({ request: { facts } }: RecordedSpan, view: TenantView.View, name: string): TraceFacts =>
  view.spans === "llm_only" && facts.traceName === undefined ? { ...facts, traceName: name } : facts

const textOf = (view: TenantView.View, text: string): string =>
  view.redactor === undefined ? text : view.redactor.text(text)

const payload = (
  span: RecordedSpan,
  view: TenantView.View,
  onMisfit: (path: string) => void
): SpanData.Read | undefined => {
  const role = span.ancestry.role
  const raw = span.data ?? (role === undefined ? undefined : Adopters.dataOf(role, span.attributes))
  if (raw === undefined) return undefined
  const { data, misfits } = PayloadReader.readCopy(raw)
  for (const path of misfits) onMisfit(`${data._tag}.${path}`)
  const whole = completed(data, span)
  const seen = TenantView.narrow(
    view,
    ContentPolicy.isMetadataOnly(view, span.request) ? withoutErrorText(whole) : whole
  )
  return ContentPolicy.of(view, span.request) === "none" ? SpanData.withoutContent(seen) : seen
}

/** What a payload leaves to be known from elsewhere. */
const completed = (data: SpanData.Read, span: RecordedSpan): SpanData.Read => {
  if (data._tag === "proxy_request") {
    // `HttpRouter` writes the template of the route that matched on the active span.
    const route = span.attributes.get("http.route")
    return changed(data, {
      route: data.route ?? (typeof route === "string" ? route : undefined),
      // A query carries credentials; the middleware has left it out already.
      path: data.path?.split(/[?#]/, 1)[0]
    })
  }
  if (
    data._tag === "guardrail" &&
    data.error === undefined &&
    data.status !== undefined &&
    Failure.guardrailStatuses.has(data.status)
  ) {
    return changed(data, { error: { type: data.status, message: data.action } })
  }
  return data
}

const failureOf = (span: RecordedSpan, view: TenantView.View): SpanData.SpanError | undefined => {
  if (span.outcome?._tag !== "error") return undefined
  const { error } = span.outcome
  return ContentPolicy.isMetadataOnly(view, span.request)
    ? plainError(error)
    : TenantView.errorFor(view, span.ancestry.role, error, false)
}

const withoutErrorText = (data: SpanData.Read): SpanData.Read =>
  data.error === undefined ? data : changed(data, { error: plainError(data.error) })

/** An error's text may quote what was asked, which makes it more than metadata. */
const plainError = ({ code, provider, type }: SpanData.SpanError): SpanData.SpanError => ({ type, code, provider })

/** A link to another owner's span would name a trace that the tenant has no business with; one to a hidden span would lead nowhere. */
const mayLink = (view: TenantView.View, span: RecordedSpan, { ancestry, request }: SpanLink): boolean =>
  view.audience !== "tenant" ||
  (request === span.request && (ancestry === undefined || TenantView.isVisible(view, ancestry)))

/** What was written beside the payload, by libraries and people, as far as it may leave. */
const copy = (
  span: RecordedSpan,
  view: TenantView.View,
  attributes: ReadonlyMap<string, Value>,
  write: (key: string, value: Value) => void
): void => {
  const isMetadataOnly = ContentPolicy.isMetadataOnly(view, span.request)
  // What reads payloads has not read these.
  const isFull = view.redact === undefined && ContentPolicy.of(view, span.request) === "full"
  for (const [key, value] of attributes) {
    // Of a text nobody knows what it tells.
    if (isMetadataOnly && typeof value !== "number" && typeof value !== "boolean") continue
    if (!isFull && ContentPolicy.isContent(view.vocabulary, key)) continue
    if (view.redactor === undefined) write(key, value)
    else {
      const left = view.redactor.attribute(key, value)
      if (left !== undefined) write(...left)
    }
  }
}

/** What an event has is bounded as a span's attributes are, and no vocabulary says which of them matter. */
const eventSink = ({ keyLength, lengthUnit, listLength, valueLength }: TenantView.View): AttributeSink =>
  new AttributeSink({ keyLength, lengthUnit, listLength, valueLength })

/** Log lines become events of the active span: they never leave for a tenant. */
const eventsOf = (
  span: RecordedSpan,
  view: TenantView.View,
  error: SpanData.SpanError | undefined
): ReadonlyArray<RenderedEvent> => {
  const offset = span.request.clockOffset
  const events: Array<RenderedEvent> = showsLogs(span, view)
    ? span.events.map(({ attributes, name, time }) => ({
        name: textOf(view, name),
        time: time + offset,
        attributes: bounded(span, view, attributes)
      }))
    : []
  if (error !== undefined) {
    const exception = eventSink(view)
    const out = view.redactor === undefined ? exception : view.redactor.over(exception)
    out.string("exception.type", error.type)
    out.string("exception.message", error.message)
    out.string("exception.stacktrace", error.stackTrace)
    const time = (span.endTime ?? span.startTime) + offset
    events.push({ name: "exception", time, attributes: exception.entries })
  }
  return events
}

const showsLogs = (span: RecordedSpan, view: TenantView.View): boolean =>
  view.audience !== "tenant" && !ContentPolicy.isMetadataOnly(view, span.request)

const bounded = (
  span: RecordedSpan,
  view: TenantView.View,
  attributes: ReadonlyMap<string, Value>
): AttributeSink["entries"] => {
  const sink = eventSink(view)
  copy(span, view, attributes, (key, value) => sink.write(key, value))
  return sink.entries
}
