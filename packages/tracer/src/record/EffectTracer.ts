/**
 * The recorder as Effect's `Tracer`: a thin face that finds the owner of a span in the fiber that begins it and turns an `Exit` into plain facts.
 *
 * @since 0.1.0
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import * as Attributes from "../internal/attributes.js"
import * as Adopters from "./Adopters.js"
import * as Failure from "./Failure.js"
import * as RecordedSpan from "./RecordedSpan.js"
import type { Recorder } from "./Recorder.js"
import { CurrentRequest, type RequestTrace } from "./RequestTrace.js"
import * as TraceContext from "./TraceContext.js"

/**
 * The payload that a helper hands to the tracer with a new span: a copy that nobody else has, down to its lists.
 *
 * @since 0.1.0
 * @category tags
 */
export class SpanPayload extends Context.Tag("@tenant-tracer/tracer/SpanPayload")<SpanPayload, SpanData.SpanData>() {}

const RecorderTypeId: unique symbol = Symbol.for("@tenant-tracer/tracer/Recorder")

/**
 * A tracer of ours, with the recorder that it is a face of.
 *
 * @since 0.1.0
 * @category models
 */
export interface EffectTracer extends Tracer.Tracer {
  readonly [RecorderTypeId]: Recorder
}

/**
 * The recorder behind a tracer, if it is one of ours.
 *
 * @since 0.1.0
 * @category accessors
 */
export const recorderOf = (tracer: Tracer.Tracer): Recorder | undefined =>
  RecorderTypeId in tracer ? (tracer as EffectTracer)[RecorderTypeId] : undefined

/** Called at each operation of each fiber: with one function in the whole process the fibers' loop is compiled for it. */
const native = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/**
 * The tracer of a recorder. A request that another recorder opened goes on there; its ambient spans are a foreign tracer's.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (own: Recorder): EffectTracer => ({
  [RecorderTypeId]: own,
  ...Tracer.make({
    span: (name, parent, context, links, startTime, kind) =>
      begin(own, currentRequest(), {
        name,
        kind,
        startTime,
        parent: Option.getOrUndefined(parent),
        context,
        links,
        data: Option.getOrUndefined(Context.getOption(context, SpanPayload))
      }),
    context: native.context
  })
})

/** What `Tracer.span` is told. */
interface Beginning {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly startTime: bigint
  readonly parent: Tracer.AnySpan | undefined
  readonly context: Context.Context<never>
  readonly links: ReadonlyArray<Tracer.SpanLink>
  readonly data: SpanData.SpanData | undefined
}

const begin = (own: Recorder, request: RequestTrace | undefined, beginning: Beginning): Tracer.Span => {
  const { data, kind, links, name, parent, startTime } = beginning
  const nearest = parent === undefined ? undefined : nearestRecorded(parent)
  const owner = request ?? (nearest?.request.isAmbient === false ? nearest.request : undefined)
  const recorder = owner?.recorder ?? own
  const span = recorder.begin({
    name,
    kind,
    startTime,
    data,
    isOwned: true,
    role: data === undefined ? Adopters.roleOfName(name) : undefined,
    request,
    // A trace has one recorder: it alone counts what is open in it and ends what stays open.
    parent: nearest?.request.recorder === recorder ? nearest : undefined,
    remoteParent: nearest === undefined && parent !== undefined ? remote(parent, kind) : undefined,
    links: links.length === 0 ? undefined : linksOf(links)
  })
  return span === undefined ? unrecorded(beginning) : new EffectSpan(recorder, span, beginning)
}

/**
 * Begins a span with a payload in a fiber whose tracer is this recorder's, as `Effect.makeSpan` does and with as little as is needed for it. It must be
 * ended by `endSpan`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const unsafeMakeSpan = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  recorder: Recorder,
  name: string,
  kind: Tracer.SpanKind,
  data: SpanData.SpanData
): Tracer.Span => {
  const links = fiber.getFiberRef(FiberRef.currentTracerSpanLinks)
  const annotations = fiber.getFiberRef(FiberRef.currentTracerSpanAnnotations)
  const span = begin(recorder, requestOf(fiber), {
    name,
    kind,
    startTime: nanosOf(fiber),
    parent: fiber.currentSpan,
    context: Context.empty(),
    links: Chunk.isEmpty(links) ? noLinks : Chunk.toReadonlyArray(links),
    data
  })
  if (!HashMap.isEmpty(annotations)) HashMap.forEach(annotations, (value, key) => span.attribute(key, value))
  return span
}

const noLinks: ReadonlyArray<Tracer.SpanLink> = []

/**
 * Ends a span of a fiber now, unless it has ended.
 *
 * @since 0.1.0
 * @category constructors
 */
export const endSpan = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  span: Tracer.Span,
  exit: Exit.Exit<unknown, unknown>
): void => {
  if (span.status._tag === "Started") span.end(nanosOf(fiber), exit)
}

const nanosOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): bigint =>
  Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeNanos()

/**
 * The face of a recorded span, for code that makes its root itself (the HTTP middleware, `withRoute`).
 *
 * @since 0.1.0
 * @category constructors
 */
export const face = (recorder: Recorder, span: RecordedSpan.RecordedSpan): Tracer.Span =>
  new EffectSpan(recorder, span, { name: span.name, parent: undefined, context: Context.empty(), links: noLinks })

/**
 * The request of the running fiber.
 *
 * @since 0.1.0
 * @category accessors
 */
export const currentRequest = (): RequestTrace | undefined => {
  const fiber = Fiber.getCurrentFiber()
  return fiber._tag === "Some" ? requestOf(fiber.value) : undefined
}

const requestOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): RequestTrace | undefined =>
  // Absent is no answer of `Context.get`, and an `Option` for each span is one too many.
  fiber.currentContext.unsafeMap.get(CurrentRequest.key)

/**
 * How an effect's exit reads as the outcome of its span: an interruption is no error.
 *
 * @since 0.1.0
 * @category conversions
 */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): RecordedSpan.Outcome => {
  if (Exit.isSuccess(exit)) return RecordedSpan.unset
  if (Cause.isInterruptedOnly(exit.cause)) return cancelled
  return { _tag: "error", error: errorOf(Cause.squash(exit.cause)) }
}

const cancelled: RecordedSpan.Outcome = { _tag: "cancelled" }

/** The errors of clients name the URL that was called, with the keys in its query or before its host. */
const messageOf = (message: string): string => Attributes.withoutCredentials(Attributes.text(message))

const errorOf = (error: unknown): SpanData.SpanError => {
  try {
    if (typeof error !== "object" || error === null) return { type: "_OTHER", message: messageOf(String(error)) }
    const { _tag, message, name, stack } = error as { readonly [_ in "_tag" | "message" | "name" | "stack"]?: unknown }
    const type = [_tag, name, error.constructor?.name].find(
      // Tenants read it.
      (name): name is string => Failure.isName(name) && name !== "Object"
    )
    return {
      type: type ?? "_OTHER",
      message: typeof message === "string" ? messageOf(message) : undefined,
      stackTrace: typeof stack === "string" ? messageOf(stack) : undefined
    }
  } catch {
    // An error whose own getters throw.
    return { type: "_OTHER" }
  }
}

/** Spans of other tracers are not exported by us; the nearest ancestor that is takes their place. */
const nearestRecorded = (span: Tracer.AnySpan): RecordedSpan.RecordedSpan | undefined => {
  let current: Tracer.AnySpan | undefined = span
  for (let depth = 0; current !== undefined && depth < 128; depth++) {
    const recorded = RecordedSpan.fromSpan(current)
    if (recorded !== undefined) return recorded
    current = current._tag === "Span" ? Option.getOrUndefined(current.parent) : undefined
  }
  return undefined
}

/** A caller's ids reach a server span through HTTP headers: outside a request of ours they are not believed. */
const remote = (span: Tracer.AnySpan, kind: Tracer.SpanKind) =>
  span._tag === "ExternalSpan" && kind !== "server" && TraceContext.isValid(span) ? span : undefined

/** Ids of another's span may be anything: only those that can be written are linked to. */
const linksOf = (links: ReadonlyArray<Tracer.SpanLink>): ReadonlyArray<RecordedSpan.SpanLink> =>
  links.flatMap((link) => {
    if (!TraceContext.isValid(link.span)) return []
    const recorded = RecordedSpan.fromSpan(link.span)
    return {
      traceId: link.span.traceId,
      spanId: link.span.spanId,
      request: recorded?.request,
      ancestry: recorded?.ancestry,
      attributes: new Map(
        Object.entries(link.attributes).filter((entry): entry is [string, string | number | boolean] =>
          ["string", "number", "boolean"].includes(typeof entry[1])
        )
      )
    }
  })

class EffectSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly spanId: string
  readonly traceId: string
  readonly kind: Tracer.SpanKind
  readonly sampled: boolean
  /** When whoever began it ended it; the recorder may have done so before. */
  private endTime: bigint | undefined = undefined
  readonly name: string
  readonly context: Context.Context<never>
  readonly links: ReadonlyArray<Tracer.SpanLink>
  private readonly above: Tracer.AnySpan | undefined
  readonly [RecordedSpan.TypeId]: RecordedSpan.RecordedSpan

  constructor(
    private readonly recorder: Recorder,
    recorded: RecordedSpan.RecordedSpan,
    { context, links, name, parent }: Pick<Beginning, "name" | "parent" | "context" | "links">
  ) {
    this[RecordedSpan.TypeId] = recorded
    this.spanId = recorded.spanId
    this.traceId = recorded.traceId
    this.kind = recorded.kind
    this.sampled = recorded.request.sampled
    this.name = name
    this.above = parent
    this.context = context
    this.links = links
  }

  get parent(): Option.Option<Tracer.AnySpan> {
    return Option.fromNullable(this.above)
  }

  get status(): Tracer.SpanStatus {
    const { startTime } = this[RecordedSpan.TypeId]
    const { endTime } = this
    return endTime === undefined
      ? { _tag: "Started", startTime }
      : // Not the exit itself, which would keep the whole result alive.
        { _tag: "Ended", startTime, endTime, exit: Exit.void }
  }

  get attributes(): ReadonlyMap<string, unknown> {
    return this[RecordedSpan.TypeId].attributes
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    this.endTime = endTime
    this.recorder.end(this[RecordedSpan.TypeId], endTime, outcomeOf(exit))
  }

  attribute(key: string, value: unknown): void {
    this.recorder.attribute(this[RecordedSpan.TypeId], key, value)
  }

  event(name: string, startTime: bigint, attributes?: Record<string, unknown>): void {
    this.recorder.event(this[RecordedSpan.TypeId], name, startTime, attributes ?? {})
  }

  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    for (const link of linksOf(links)) this.recorder.link(this[RecordedSpan.TypeId], link)
  }
}

/** Stands in for a span that is not recorded because too many are open: it keeps its parent, so that its children stay where they belong. */
const unrecorded = ({ context, kind, links, name, parent, startTime }: Beginning): Tracer.Span => ({
  _tag: "Span",
  name,
  spanId: "0".repeat(16),
  traceId: "0".repeat(32),
  parent: Option.fromNullable(parent),
  context,
  links,
  kind,
  sampled: false,
  status: { _tag: "Started", startTime },
  attributes: new Map(),
  end: () => {},
  attribute: () => {},
  event: () => {},
  addLinks: () => {}
})
