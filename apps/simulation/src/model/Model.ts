/**
 * What must be so: every request and span of one process of the library, whose they are, and every copy that must have been made. It is written from
 * the documentation and shares no code with the library.
 */
import type { DestinationId } from "tenant-tracer"
import type { Account } from "../world/Account.js"
import * as Plan from "./Plan.js"

/** A span as the model knows it. `request` is `undefined` for one outside any request. */
export interface Span {
  /** The process that recorded it. */
  readonly process: number
  /** Such as `r12.3`: the same in every run of a history. */
  readonly label: string
  readonly spanId: string
  readonly traceId: string
  readonly hasRole: boolean
  readonly request: Request | undefined
  readonly startedAt: number
  isEnded: boolean
  /** By destination, from the moment that it is known who gets the span. */
  readonly copies: Map<DestinationId.DestinationId, Copy>
}

/** One span for one destination. */
export interface Copy {
  readonly span: Span
  readonly outlet: Plan.Outlet
  readonly isVisible: boolean
  /** How often the back end took it, whether or not that was heard of. */
  taken: number
  /** The library was told that it has arrived. */
  isAcknowledged: boolean
  /** Its parent, as it arrived. */
  parent: string | undefined
}

/** The trace context that a caller sent. */
export interface Caller {
  readonly traceId: string
  readonly spanId: string
  readonly isSampled: boolean
}

/** A request and who owns it: nobody yet, a tenant, or the operator for good. */
export interface Request {
  readonly number: number
  readonly caller: Caller | undefined
  readonly isRecorded: boolean
  /** The tenant whose canaries are in it, whoever it will be bound to. */
  readonly author: string
  state: "holding" | "bound" | "operator"
  owner: string | undefined
  settings: Plan.Settings | undefined
  root: Span | undefined
  rootEndedAt: number | undefined
  heldSince: number | undefined
  held: Array<Span>
  readonly open: Set<Span>
}

/** The account of one destination in one process. */
export interface Row {
  made: number
  hidden: number
  /** Copies that the library was told have arrived, or were refused. */
  acknowledged: number
  refused: number
  /** Something went wrong on the way there, or was made to wait: it may lose spans. */
  isDisturbed: boolean
  /** Copies made while the process was closing, which may be dropped. */
  late: number
}

/** What a process is given: what it may hold, and whom it serves. */
export interface Options {
  readonly process: number
  readonly startedAt: number
  readonly holdSpans: number
  readonly holdMillis: number
  readonly operators: ReadonlyArray<Account>
  /** Spans of this and earlier processes by their ids, to be added to. */
  readonly spans: Map<string, Span>
  readonly isRevoked: Plan.IsRevoked
  /** Told of each credential that a route brings into use. */
  readonly onUse: (outlet: Plan.Outlet) => void
}

/** How long a trace takes new spans after its root ended, and open spans are waited for, in milliseconds. */
const lateMillis = 60_000

/** The library looks so often for what has waited too long, in milliseconds. */
const sweepMillis = 1000

/** The books of one process. */
export interface Model {
  readonly rows: ReadonlyMap<DestinationId.DestinationId, Row>
  readonly rowOf: (id: DestinationId.DestinationId) => Row
  readonly spans: ReadonlyMap<string, Span>
  readonly requests: ReadonlyMap<number, Request>
  readonly openRequest: (options: {
    readonly number: number
    readonly author: string
    readonly caller: Caller | undefined
    readonly isRecorded: boolean
    /** Bound from its first span on. */
    readonly settings: Plan.Settings | undefined
  }) => Request
  /** A span begins; where the request's root ended long ago, it is outside of the request. */
  readonly begin: (options: {
    readonly label: string
    readonly spanId: string
    readonly traceId: string
    readonly hasRole: boolean
    readonly request: Request | undefined
    readonly now: number
  }) => Span
  readonly end: (span: Span, now: number) => void
  /** What `bind` must answer; it is done, too. */
  readonly bind: (request: Request, settings: Plan.Settings) => "Bound" | "AlreadyBound" | "Conflict" | "TooLate"
  /** Where a route leads; decided when it is asked for the first time. */
  readonly plan: (settings: Plan.Settings) => ReadonlyArray<Plan.Outlet>
  /** Time has come this far: what waited too long is let go of. */
  readonly sweep: (now: number) => void
  /** The process closes: whatever is open ends. */
  readonly close: (now: number) => void
  /** These copies were refused and are made again, or were left by an earlier process. */
  readonly madeAgain: (id: DestinationId.DestinationId, count: number) => void
  readonly held: () => number
  readonly open: () => number
}

/** The books of a process that starts now. */
export const make = (options: Options): Model => {
  const { isRevoked, onUse, operators, spans, startedAt } = options
  const unowned = Plan.unowned(operators)
  const plans = new Map<Plan.Settings, ReadonlyArray<Plan.Outlet>>()
  const rows = new Map<DestinationId.DestinationId, Row>()
  const requests = new Map<number, Request>()
  /** Requests that time may change. */
  const waiting = new Set<Request>()
  const ambient = new Set<Span>()
  let isClosing = false

  const rowOf = (id: DestinationId.DestinationId): Row => {
    const known = rows.get(id)
    if (known !== undefined) return known
    const row: Row = { made: 0, hidden: 0, acknowledged: 0, refused: 0, isDisturbed: false, late: 0 }
    rows.set(id, row)
    return row
  }

  const plan = (settings: Plan.Settings): ReadonlyArray<Plan.Outlet> => {
    const known = plans.get(settings)
    if (known !== undefined) return known
    const outlets = Plan.owned(settings, operators, isRevoked)
    plans.set(settings, outlets)
    for (const outlet of outlets) onUse(outlet)
    return outlets
  }

  const copy = (span: Span, outlets: ReadonlyArray<Plan.Outlet>): void => {
    for (const outlet of outlets) {
      const row = rowOf(outlet.id)
      const isVisible = Plan.isVisible(outlet, span.hasRole)
      row.made++
      if (!isVisible) row.hidden++
      if (isClosing) row.late++
      span.copies.set(outlet.id, { span, outlet, isVisible, taken: 0, isAcknowledged: false, parent: undefined })
    }
  }

  const outletsOf = ({ settings, state }: Request): ReadonlyArray<Plan.Outlet> =>
    state === "bound" && settings !== undefined ? plan(settings) : unowned

  const handOver = (request: Request): void => {
    const { held } = request
    request.held = []
    for (const span of held) copy(span, outletsOf(request))
  }

  const release = (request: Request): void => {
    request.state = "operator"
    handOver(request)
  }

  const end = (span: Span, now: number): void => {
    if (span.isEnded) return
    span.isEnded = true
    const { request } = span
    if (request === undefined) {
      ambient.delete(span)
      copy(span, unowned)
      return
    }
    request.open.delete(span)
    if (span === request.root) request.rootEndedAt = now
    if (!request.isRecorded) return
    if (request.state === "holding") {
      request.heldSince ??= now
      request.held.push(span)
      if (span === request.root || request.held.length > options.holdSpans) release(request)
    } else copy(span, outletsOf(request))
  }

  const endAll = (request: Request, now: number): void => {
    for (const span of [...request.open]) if (span !== request.root) end(span, now)
    if (request.root !== undefined) end(request.root, now)
  }

  /** The first look that finds that more than this has passed. */
  const noticed = (since: number, millis: number): number =>
    startedAt + (Math.floor((since + millis - startedAt) / sweepMillis) + 1) * sweepMillis

  const isDone = ({ heldSince, open, rootEndedAt, state }: Request): boolean =>
    rootEndedAt !== undefined && open.size === 0 && !(state === "holding" && heldSince !== undefined)

  return {
    rows,
    rowOf,
    spans,
    requests,
    plan,
    openRequest: ({ author, caller, isRecorded, number, settings }) => {
      const request: Request = {
        number,
        caller,
        isRecorded,
        author,
        state: settings === undefined ? "holding" : "bound",
        owner: settings?.tenant.id,
        settings,
        root: undefined,
        rootEndedAt: undefined,
        heldSince: undefined,
        held: [],
        open: new Set()
      }
      requests.set(number, request)
      waiting.add(request)
      return request
    },
    begin: ({ hasRole, label, now, request, spanId, traceId }) => {
      const isLate = request?.rootEndedAt !== undefined && now - request.rootEndedAt > lateMillis
      const span: Span = {
        process: options.process,
        label,
        spanId,
        traceId,
        hasRole,
        request: isLate ? undefined : request,
        startedAt: now,
        isEnded: false,
        copies: new Map()
      }
      spans.set(spanId, span)
      if (span.request === undefined) ambient.add(span)
      else {
        span.request.open.add(span)
        span.request.root ??= span
        waiting.add(span.request)
      }
      return span
    },
    end,
    bind: (request, settings) => {
      if (request.state === "operator") return "TooLate"
      if (request.state === "bound") return request.owner === settings.tenant.id ? "AlreadyBound" : "Conflict"
      request.state = "bound"
      request.owner = settings.tenant.id
      request.settings = settings
      handOver(request)
      return "Bound"
    },
    sweep: (now) => {
      // A process that has begun to close looks no more.
      if (isClosing) return
      for (const request of waiting) {
        const { heldSince, rootEndedAt } = request
        if (request.state === "holding" && heldSince !== undefined && noticed(heldSince, options.holdMillis) <= now)
          release(request)
        if (rootEndedAt !== undefined && noticed(rootEndedAt, lateMillis) <= now) endAll(request, now)
        if (isDone(request)) waiting.delete(request)
      }
    },
    close: (now) => {
      for (const request of waiting) endAll(request, now)
      for (const span of [...ambient]) end(span, now)
      waiting.clear()
      isClosing = true
    },
    madeAgain: (id, count) => {
      rowOf(id).made += count
    },
    held: () => {
      let held = 0
      for (const request of requests.values()) held += request.held.length
      return held
    },
    open: () => {
      let open = ambient.size
      for (const request of requests.values()) open += request.open.size
      return open
    }
  }
}
