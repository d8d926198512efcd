/**
 * The core that records spans: plain functions over plain data, usable from a fiber, an event handler or `AsyncLocalStorage`. It decides whose a
 * span is, where in its tree it hangs, and how long it waits for its owner; an ended span goes to a `SpanSink`. Nothing here throws, blocks or
 * reaches the network.
 *
 * @since 0.1.0
 */
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanRegistry from "@tenant-tracer/model/SpanRegistry"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import * as TraceFacts from "@tenant-tracer/model/TraceFacts"
import type { SpanKind } from "effect/Tracer"
import type { Account } from "../deliver/ByteBudget.js"
import * as Alike from "../internal/alike.js"
import * as Attributes from "../internal/attributes.js"
import { Bag } from "../internal/bag.js"
import { changed } from "../internal/changed.js"
import * as ids from "../internal/ids.js"
import * as Adopters from "./Adopters.js"
import * as Anchor from "./Anchor.js"
import type { CallMetrics } from "./CallMetrics.js"
import * as Failure from "./Failure.js"
import { type Ancestry, type Outcome, RecordedSpan, type SpanLink, sizeOf } from "./RecordedSpan.js"
import { type Ownership, RequestTrace } from "./RequestTrace.js"
import type { IncomingTrace, TraceContext } from "./TraceContext.js"

/**
 * Where ended spans go: to the tenant of `route`, or to the operator alone. It takes a span at once and never throws.
 *
 * @since 0.1.0
 * @category models
 */
export type SpanSink = (span: RecordedSpan, route: TenantRoute | undefined) => void

/**
 * Answers of `bind`. `Conflict`: another tenant was first, and stays. `TooLate`: the trace went to the operator already. `InvalidRoute`: what was
 * given is no route.
 *
 * @since 0.1.0
 * @category models
 */
export type BindResult = "Bound" | "AlreadyBound" | "Conflict" | "NoRequest" | "TooLate" | "InvalidRoute"

/**
 * What is out of the ordinary, as counted by name.
 *
 * @since 0.1.0
 * @category models
 */
export type RecorderEvent =
  | "bind_conflict"
  | "bind_no_request"
  | "bind_too_late"
  | "bind_invalid_route"
  | "late_end"
  | "double_end"
  | "write_after_end"
  | "reanchored"
  | "late_start"
  | "foreign_parent"
  | "bad_payload"
  | "unsampled"
  | "unbound"
  | "unfinished"
  | "hold_spans_exceeded"
  | "hold_bytes_exceeded"
  | "hold_time_exceeded"
  | "hold_process_exceeded"
  | "too_many_open"

/**
 * Bounds of what is recorded and held.
 *
 * @since 0.1.0
 * @category models
 */
export interface RecorderLimits {
  /** Ended spans of one request that wait for their owner. Default 512. */
  readonly heldSpans: number
  /** Their bytes. Default 1 MiB. */
  readonly heldBytes: number
  /** How long the first of them waits, in nanoseconds. Default 30 s. */
  readonly heldTime: bigint
  /** Bytes that wait in the whole process. Default 64 MiB. */
  readonly heldBytesInProcess: number
  /** How long after its root's end a trace takes new spans, and an open span is waited for, in nanoseconds. Default 60 s. */
  readonly lateTime: bigint
  /** Spans of requests open at a time in the whole process. Default 100,000. */
  readonly openSpans: number
  /** Spans outside any request open at a time: these may stay open for ever. Default 10,000. */
  readonly openAmbientSpans: number
}

/**
 * The limits that hold unless some are set.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultLimits: RecorderLimits = {
  heldSpans: 512,
  heldBytes: 1024 * 1024,
  heldTime: 30_000_000_000n,
  heldBytesInProcess: 64 * 1024 * 1024,
  lateTime: 60_000_000_000n,
  openSpans: 100_000,
  openAmbientSpans: 10_000
}

/**
 * How to begin a span. `parent` and `request` are two facts: where it hangs, and whose it is. Times are nanoseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface BeginOptions {
  readonly name: string
  readonly kind?: SpanKind | undefined
  readonly startTime: bigint
  readonly parent?: RecordedSpan | undefined
  readonly request?: RequestTrace | undefined
  readonly role?: SpanRole | undefined
  readonly data?: SpanData.SpanData | undefined
  /** `data` and the lists in it are nobody else's, and need not be copied. */
  readonly isOwned?: boolean | undefined
  readonly links?:
    | ReadonlyArray<Omit<SpanLink, "request"> & { readonly request?: RequestTrace | undefined }>
    | undefined
  /** A span of another process that trusted code named as the parent. */
  readonly remoteParent?: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean } | undefined
}

/**
 * How to open a request: its root span, the trace context that the caller sent, and what the door makes of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenRequestOptions {
  readonly name: string
  readonly kind?: SpanKind | undefined
  readonly startTime: bigint
  /** Milliseconds since the epoch, when the root begins. */
  readonly wallTime: number
  readonly data?: SpanData.SpanData | undefined
  readonly facts?: TraceFacts.TraceFacts | undefined
  readonly caller?: TraceContext | undefined
  readonly incoming?: IncomingTrace | undefined
  /** The span that was active: linked, never a parent. */
  readonly active?: RecordedSpan | undefined
  /** Binds from the first span on. */
  readonly route?: TenantRoute | undefined
  /** `none` forbids it as `limitContent` does. Default `full`: as far as the route and the destinations allow. */
  readonly content?: "none" | "full" | undefined
}

/**
 * What records: spans begin, are written on and end; a request is opened and bound. Every function is synchronous and total.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recorder {
  readonly openRequest: (options: OpenRequestOptions) => RecordedSpan
  /** `undefined` when too many spans are open: the span is counted and not recorded. */
  readonly begin: (options: BeginOptions) => RecordedSpan | undefined
  readonly end: (span: RecordedSpan, endTime: bigint, outcome: Outcome) => void
  /** Withdraws an open span for which another stands in. */
  readonly discard: (span: RecordedSpan) => void
  /** Completes the payload of a span with a role: later fields win. */
  readonly annotate: (span: RecordedSpan, fields: Readonly<Record<string, unknown>>) => void
  readonly attribute: (span: RecordedSpan, key: string, value: unknown) => void
  readonly event: (
    span: RecordedSpan,
    name: string,
    time: bigint,
    attributes: Readonly<Record<string, unknown>>
  ) => void
  /** A further chunk of a streamed answer came, so many seconds after the one before; absent where nobody measures that. */
  readonly chunk: CallMetrics["chunk"] | undefined
  /** A session of MCP, or a request that was served over it, has ended; absent where nobody measures that. */
  readonly mcp: CallMetrics["mcp"] | undefined
  readonly link: (span: RecordedSpan, link: SpanLink) => void
  /** Adds facts to a trace, until its root has ended. */
  readonly addFacts: (request: RequestTrace, facts: TraceFacts.TraceFacts) => void
  /** Nobody receives content of this trace: what ends from now on lets go of it, what has ended is rendered without. There is no way back. */
  readonly limitContent: (request: RequestTrace) => void
  /** Whether that was said of a trace after it had begun, as far as it is remembered: of the latest 10,000. For a span that was away meanwhile. */
  readonly isLimited: (traceId: string) => boolean
  readonly bind: (request: RequestTrace | undefined, route: TenantRoute) => BindResult
  /** Counts what a helper found out of the ordinary. */
  readonly count: (event: RecorderEvent) => void
  /** Whether an answer of `bind` is given for the first time: what is worth a line in the log. */
  readonly isFirst: (result: BindResult) => boolean
  /** Lets go of what waited too long and ends what should have ended; to be called about once a second. */
  readonly sweep: (now: bigint) => void
  /** Ends every open span as unfinished and gives every unbound trace to the operator. */
  readonly close: (now: bigint) => void
  readonly stats: () => {
    readonly requests: number
    readonly openSpans: number
    readonly heldSpans: number
    readonly heldBytes: number
  }
}

/**
 * Makes a recorder that hands ended spans to `sink` and counts what is out of the ordinary. Call its `sweep` about once a second.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly sink: SpanSink
  readonly count: (event: RecorderEvent) => void
  readonly limits?: Partial<RecorderLimits> | undefined
  /** What the door makes of a caller's trace unless it says otherwise. Default `link`. */
  readonly incoming?: IncomingTrace | undefined
  /** What the whole process may hold. Default: `limits.heldBytesInProcess` alone. */
  readonly budget?: Pick<Account, "take" | "give"> | undefined
  /** Whether anyone may ever receive content: `none` lets go of it as soon as a span has ended. Default `full`. */
  readonly content?: "none" | "full" | undefined
  /** Hears of each span as it ends. Default: nobody does. */
  readonly calls?: CallMetrics | undefined
  /** Milliseconds since the epoch less the clock of the spans' times, now: what sets the times of spans outside any request right. Default 0. */
  readonly drift?: (() => number) | undefined
}): Recorder => {
  const { calls, count, sink } = options
  const limits = { ...defaultLimits, ...options.limits }
  /** Traces with something to wait for: an open span, a root that has not ended, a held span. */
  const live = new Bag<RequestTrace>()
  const answered = new Set<BindResult>()
  const limited = new Set<string>()
  const alike = Alike.make()
  const onReanchored = () => count("reanchored")
  let openSpans = 0
  let openAmbientSpans = 0
  let heldSpans = 0
  let heldBytes = 0

  const start = (
    request: RequestTrace,
    parent: Ancestry | undefined,
    role: SpanRole | undefined,
    begin: Pick<BeginOptions, "name" | "kind" | "startTime" | "data" | "isOwned">,
    remoteParent: string | undefined
  ): RecordedSpan => {
    const data = begin.data === undefined || begin.isOwned ? begin.data : snapshot(begin.data)
    if (parent !== undefined) parent.isParent = true
    const ancestry: Ancestry = {
      spanId: ids.spanId(),
      parent,
      role,
      services: servicesOf(alike, data),
      isParent: false,
      state: "open"
    }
    const span = new RecordedSpan(
      request,
      ancestry,
      alike.text(begin.name),
      begin.kind ?? (role === undefined ? "internal" : SpanRegistry.specOf(role).kind),
      begin.startTime,
      data,
      remoteParent
    )
    request.opens(span)
    live.add(request)
    if (request.isAmbient) openAmbientSpans++
    else openSpans++
    return span
  }

  const ambient = (begin: BeginOptions, owner: RequestTrace | undefined): RequestTrace => {
    const remote = begin.remoteParent
    const request = new RequestTrace(
      recorder,
      remote?.traceId ?? ids.traceId(),
      clockOffset(options.drift?.() ?? 0),
      { _tag: "operator" },
      true,
      undefined,
      remote?.sampled ?? true
    )
    // The operator gets of a late span no more than it would have got in time.
    if (owner !== undefined && (owner.content === "none" || owner.isMetadataOnly)) request.content = "none"
    return request
  }

  /** Gives a trace to the operator for good. */
  const release = (request: RequestTrace, held: Ownership & { _tag: "holding" }, why: RecorderEvent): void => {
    request.ownership = { _tag: "operator" }
    count(why)
    handOver(held, undefined)
  }

  const handOver = (held: Ownership & { _tag: "holding" }, route: TenantRoute | undefined): void => {
    heldSpans -= held.spans.length
    heldBytes -= held.bytes
    options.budget?.give(held.bytes)
    for (const span of held.spans) sink(span, route)
  }

  const hold = (request: RequestTrace, held: Ownership & { _tag: "holding" }, span: RecordedSpan): void => {
    const bytes = sizeOf(span)
    const isWithinBudget = options.budget?.take(bytes, 1) === undefined
    held.since ??= span.endTime
    held.spans.push(span)
    heldSpans++
    if (isWithinBudget) {
      held.bytes += bytes
      heldBytes += bytes
    }
    if (span === request.root) release(request, held, "unbound")
    else if (held.spans.length > limits.heldSpans) release(request, held, "hold_spans_exceeded")
    else if (held.bytes > limits.heldBytes) release(request, held, "hold_bytes_exceeded")
    else if (heldBytes > limits.heldBytesInProcess || !isWithinBudget) release(request, held, "hold_process_exceeded")
  }

  const close = (span: RecordedSpan, state: "ended" | "discarded"): void => {
    const request = span.request
    span.ancestry.state = state
    request.closes(span)
    if (request.isAmbient) openAmbientSpans--
    else openSpans--
    if (request.isSettled) live.delete(request)
  }

  const end: Recorder["end"] = (span, endTime, outcome) => {
    if (span.ancestry.state === "discarded") return
    if (span.hasEnded) return count(span.outcome?._tag === "unfinished" ? "late_end" : "double_end")
    const request = span.request
    span.endTime = endTime
    span.outcome = outcome
    if (Failure.isFailed(span)) request.hasFailed = true
    calls?.ended(span)
    close(span, "ended")
    if (!request.sampled) return count("unsampled")
    if (options.content === "none" || request.content === "none") dropContent(span)
    const ownership = request.ownership
    if (ownership._tag === "holding") hold(request, ownership, span)
    else sink(span, ownership._tag === "bound" ? ownership.route : undefined)
  }

  const limitContent = (request: RequestTrace): void => {
    request.content = "none"
    limited.add(request.traceId)
    // A set keeps the order of insertion.
    if (limited.size > maxLimited) for (const [oldest] of limited.entries()) return void limited.delete(oldest)
  }

  const joinFacts = (self: TraceFacts.TraceFacts, that: TraceFacts.TraceFacts): TraceFacts.TraceFacts => {
    try {
      return TraceFacts.merge(self, that)
    } catch {
      count("bad_payload")
      return self
    }
  }

  const dropContent = (span: RecordedSpan): void => {
    try {
      if (span.data !== undefined) span.data = SpanData.withoutContent(span.data)
    } catch {
      // A proxy of the caller's that throws.
      span.data = undefined
      count("bad_payload")
    }
  }

  const writable = (span: RecordedSpan): boolean => {
    if (!span.hasEnded) return true
    // What is still written on a span that we ended is nobody's mistake.
    if (span.outcome?._tag !== "unfinished") count("write_after_end")
    return false
  }

  const endAll = (request: RequestTrace, now: bigint): void => {
    // The root last, so that a trace which is not bound goes to the operator whole.
    for (const span of [...request.open].sort((a, b) => (a === request.root ? 1 : b === request.root ? -1 : 0))) {
      count("unfinished")
      end(span, now, { _tag: "unfinished" })
    }
  }

  const recorder: Recorder = {
    openRequest: (open) => {
      const incoming = open.incoming ?? options.incoming ?? "link"
      const caller = incoming === "ignore" ? undefined : open.caller
      const joined = incoming === "continue" ? caller : undefined
      const request = new RequestTrace(
        recorder,
        joined?.traceId ?? ids.traceId(),
        clockOffset(open.wallTime - Number(open.startTime) / 1e6),
        open.route === undefined
          ? { _tag: "holding", spans: [], bytes: 0, since: undefined }
          : { _tag: "bound", route: open.route },
        false,
        caller,
        joined?.sampled ?? true
      )
      if (open.facts !== undefined) request.facts = TraceFacts.read(open.facts)
      // What is opened within a request that forbids content may tell of the same conversation.
      if (forbids(open.content) || forbids(open.route?.content) || open.active?.request.content === "none")
        request.content = "none"
      const { data, kind = "server", name, startTime } = open
      const root = start(request, undefined, data?._tag, { name, kind, startTime, data }, joined?.spanId)
      request.root = root
      if (open.active !== undefined) addLink(root, linkTo(open.active))
      return root
    },

    begin: (begin) => {
      const owner = begin.request ?? begin.parent?.request
      const isLate =
        owner !== undefined &&
        !owner.isAmbient &&
        owner.rootEndTime !== undefined &&
        begin.startTime - owner.rootEndTime > limits.lateTime
      const isRemote = begin.remoteParent !== undefined && begin.parent === undefined && (owner === undefined || isLate)
      // What a late span starts is ambient as well, and hangs under it.
      const late = isLate && begin.parent?.request.isAmbient === true ? begin.parent.request : undefined
      const request =
        owner === undefined || isLate
          ? (late ?? ambient(isRemote ? begin : { ...begin, remoteParent: undefined }, owner))
          : owner
      if (request.isAmbient ? openAmbientSpans >= limits.openAmbientSpans : openSpans >= limits.openSpans) {
        count("too_many_open")
        return undefined
      }
      if (isLate && late === undefined) count("late_start")
      const isForeign = begin.parent !== undefined && begin.parent.request !== request
      if (isForeign && !isLate) count("foreign_parent")
      const active = begin.parent === undefined || isForeign ? request.root?.ancestry : begin.parent.ancestry
      const role = begin.data?._tag ?? Anchor.unlessWithin(begin.role, active)
      const parent = role === undefined ? active : Anchor.anchor(role, active, request.root?.ancestry, onReanchored)
      const span = start(request, parent, role, begin, isRemote ? begin.remoteParent?.spanId : undefined)
      for (const link of begin.links ?? []) addLink(span, { request: undefined, ...link })
      if (
        begin.parent !== undefined &&
        (isForeign || (parent !== active && Anchor.isInsideRole(begin.parent.ancestry, parent)))
      ) {
        addLink(span, linkTo(begin.parent))
      }
      return span
    },

    end,

    discard: (span) => {
      if (span.ancestry.state === "open") close(span, "discarded")
    },

    annotate: (span, fields) => {
      if (!writable(span)) return
      try {
        // A span that was adopted, or has no role at all, has no payload to complete.
        if (span.data === undefined) return count("bad_payload")
        const { _tag } = span.data
        span.data = Object.assign(changed(span.data, snapshot(fields)), { _tag }) as SpanData.SpanData
        if (!span.ancestry.isParent) span.ancestry.services = servicesOf(alike, span.data)
      } catch {
        count("bad_payload")
      }
    },

    attribute: (span, key, value) => {
      if (!writable(span)) return
      // A router writes the template of the route that matched on the span that is active: it is the root's.
      const { root } = span.request
      if (key === "http.route" && root !== undefined && !root.hasEnded) {
        const isInPayload = route(root, value)
        if (isInPayload && span === root) return
        if (!isInPayload && span !== root && !root.attributes.has(key)) Attributes.write(root.ownAttributes, key, value)
      }
      if (!Attributes.write(span.ownAttributes, key, value, span)) span.droppedAttributes++
      else {
        const { role } = span.ancestry
        // A call over MCP may say first that it executes a tool.
        if (role === undefined || (role === "tool_call" && span.data === undefined && key === "mcp.method.name"))
          span.ancestry.role = adopted(span, key, value) ?? role
        if (span.data === undefined && !span.ancestry.isParent && Adopters.namesSystem(key)) {
          span.ancestry.services = servicesOf(alike, Adopters.dataOf("db_call", span.attributes))
        }
      }
    },

    event: (span, name, time, attributes) => {
      if (!writable(span)) return
      if (span.events.length >= 128 || span.room <= 0) {
        span.droppedEvents++
        return
      }
      const map = new Map<string, Attributes.AttributeValue>()
      try {
        for (const key of Object.keys(attributes)) {
          if (!Attributes.write(map, key, attributes[key], span)) span.droppedAttributes++
        }
      } catch {
        count("bad_payload")
      }
      span.addEvent({ name: Attributes.text(name), time, attributes: map })
    },

    chunk: calls?.chunk,

    mcp: calls?.mcp,

    link: (span, link) => {
      if (writable(span)) addLink(span, link)
    },

    addFacts: (request, facts) => {
      if (request.root?.hasEnded !== true) request.facts = joinFacts(request.facts, TraceFacts.read(facts))
    },

    limitContent,

    isLimited: (traceId) => limited.has(traceId),

    bind: (request, route) => {
      if (request === undefined || request.isAmbient) {
        count("bind_no_request")
        return "NoRequest"
      }
      if (!isRoute(route)) {
        count("bind_invalid_route")
        return "InvalidRoute"
      }
      const ownership = request.ownership
      // Whatever becomes of the route, it may forbid; and where it comes too late, the operator's is the only copy.
      if (forbids(route.content) || (ownership._tag === "operator" && route.operatorPolicy === "metadata_only"))
        limitContent(request)
      switch (ownership._tag) {
        case "bound": {
          if (ownership.route.tenant === route.tenant) return "AlreadyBound"
          count("bind_conflict")
          return "Conflict"
        }
        case "operator": {
          count("bind_too_late")
          return "TooLate"
        }
        case "holding": {
          request.ownership = { _tag: "bound", route }
          request.facts = joinFacts(joinFacts(TraceFacts.empty, route.facts), request.facts)
          handOver(ownership, route)
          return "Bound"
        }
      }
    },

    count,

    isFirst: (result) => answered.size < answered.add(result).size,

    sweep: (now) => {
      for (const request of live) {
        const ownership = request.ownership
        if (ownership._tag === "holding" && ownership.since !== undefined && now - ownership.since > limits.heldTime)
          release(request, ownership, "hold_time_exceeded")
        if (request.rootEndTime !== undefined && now - request.rootEndTime > limits.lateTime) endAll(request, now)
      }
    },

    close: (now) => {
      for (const request of [...live]) endAll(request, now)
    },

    stats: () => ({ requests: live.size, openSpans: openSpans + openAmbientSpans, heldSpans, heldBytes })
  }
  return recorder
}

const maxLimited = 10_000

/** Whoever says it without types means no less by another word. */
const forbids = (content: "none" | "full" | undefined): boolean => content !== undefined && content !== "full"

/** Routes come from storage too, and a request must not fail for one that is none. */
const isRoute = (route: unknown): boolean =>
  typeof route === "object" && route !== null && "tenant" in route && typeof route.tenant === "string"

const snapshot = <Fields extends object>(fields: Fields): Fields => {
  try {
    return withOwnLists({ ...fields })
  } catch {
    // A getter or proxy of the caller's that throws; render will leave such a field out.
    return fields
  }
}

/**
 * Gives a copy of a payload lists of its own: whoever hands over a conversation goes on writing in it, and a span says what was so when it was told. It
 * changes the copy, as far as it gets.
 *
 * @since 0.1.0
 * @category combining
 */
export const withOwnLists = <Fields extends object>(copy: Fields): Fields => {
  try {
    for (const key in copy) {
      const value: unknown = copy[key]
      // A list of the same type, which TypeScript does not see.
      if (Array.isArray(value)) copy[key] = value.slice() as (typeof copy)[typeof key]
    }
  } catch {
    // A proxy of the caller's that throws; render will leave such a field out.
  }
  return copy
}

/** Most roots need no attributes beside their payload. The first route that is known stays. */
const route = (root: RecordedSpan, value: unknown): boolean => {
  try {
    if (root.data?._tag !== "proxy_request" || typeof value !== "string") return false
    if (root.data.route === undefined) root.data = changed(root.data, { route: Attributes.text(value) })
    return true
  } catch {
    // A getter or proxy of the caller's that throws; render will leave such a field out.
    return false
  }
}

const noServices: ReadonlyArray<string> = []

/** What a view may exclude a span by. Longer names than a destination can name are not kept alive. */
const servicesOf = (alike: Alike.Alike, data: SpanData.SpanData | undefined): ReadonlyArray<string> => {
  if (data === undefined || (data._tag !== "db_call" && data._tag !== "service")) return noServices
  try {
    return alike.pair(serviceOf(data.service), data._tag === "db_call" ? serviceOf(data.system) : undefined)
  } catch {
    // A getter or proxy of the caller's that throws; render will leave such a field out.
    return noServices
  }
}

const serviceOf = (name: unknown): string | undefined =>
  typeof name === "string" && name.length <= 128 ? name : undefined

/**
 * A monotonic clock drifts from the wall clock while a machine sleeps, or when somebody sets it; differences below 5 ms are the wall clock's own
 * grain.
 */
const clockOffset = (millis: number): bigint => (Math.abs(millis) < 5 ? 0n : BigInt(Math.round(millis * 1000)) * 1000n)

const adopted = ({ ancestry, name }: RecordedSpan, key: string, value: unknown): SpanRole | undefined =>
  Anchor.unlessWithin(Adopters.roleOfAttribute(name, key, value), ancestry.parent)

/** The trace of another request is not kept: jobs that start each other would keep all who came before alive. */
const addLink = (span: RecordedSpan, link: SpanLink): void => {
  if (span.links.length >= 128) return
  span.addLink(link.request === undefined || link.request === span.request ? link : { ...link, request: undefined })
}

const linkTo = (span: RecordedSpan): SpanLink => ({
  traceId: span.traceId,
  spanId: span.spanId,
  request: span.request,
  ancestry: span.ancestry,
  attributes: new Map()
})
