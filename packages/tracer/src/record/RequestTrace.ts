/**
 * One request's trace: who owns its spans, and, until that is known, the spans that wait. It travels through an effect as its own `Context` tag
 * (`CurrentRequest`), apart from the parent span.
 *
 * @since 0.1.0
 */
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import * as TraceFacts from "@tenant-tracer/model/TraceFacts"
import * as Context from "effect/Context"
import { Fates } from "../internal/fate.js"
import type { RecordedSpan } from "./RecordedSpan.js"
import type { Recorder } from "./Recorder.js"
import type { TraceContext } from "./TraceContext.js"

/**
 * Where the spans of a trace go. `holding`: they wait for `bind`, the first of them `since` its end. `bound`: they belong to a tenant. `operator`:
 * they are the operator's for good.
 *
 * @since 0.1.0
 * @category models
 */
export type Ownership =
  | { readonly _tag: "holding"; readonly spans: Array<RecordedSpan>; bytes: number; since: bigint | undefined }
  | { readonly _tag: "bound"; readonly route: TenantRoute }
  | { readonly _tag: "operator" }

/**
 * A trace, either of a request or `ambient`: opened outside any request, the operator's from the start and never bindable. Only `Recorder` changes
 * it.
 *
 * @since 0.1.0
 * @category models
 */
export class RequestTrace {
  root: RecordedSpan | undefined = undefined
  /** When the first of its spans began: what the spans' times are kept beside. */
  origin: bigint | undefined = undefined
  facts: TraceFacts.TraceFacts = TraceFacts.empty
  /** `none` once the request or its route has forbidden it: nobody gets any then. */
  content: "none" | "full" = "full"
  /** Its open spans; `undefined` where there is none, as in all that wait in queues. */
  private opened: Set<RecordedSpan> | undefined = undefined
  /** Where it is among the traces that have something to wait for. */
  place = -1
  /** Whether any span of it that has ended failed. */
  hasFailed = false
  /** What became of it, by destination. */
  fates: Fates = new Fates()

  constructor(
    /** Who opened it: its spans are begun, ended and bound there, whichever tracer is in charge where they run. */
    readonly recorder: Recorder,
    readonly traceId: string,
    /** Added to every time of the trace, in nanoseconds: where the monotonic clock stood against the wall clock when the root began. */
    readonly clockOffset: bigint,
    public ownership: Ownership,
    readonly isAmbient: boolean,
    /** What the caller sent, unless the door ignores it. */
    readonly caller: TraceContext | undefined,
    readonly sampled: boolean
  ) {}

  /** The operator gets its structure, timing and counts alone. */
  get isMetadataOnly(): boolean {
    return this.ownership._tag === "bound" && this.ownership.route.operatorPolicy === "metadata_only"
  }

  get rootEndTime(): bigint | undefined {
    return this.root?.endTime
  }

  get open(): Iterable<RecordedSpan> {
    return this.opened ?? []
  }

  opens(span: RecordedSpan): void {
    this.opened ??= new Set()
    this.opened.add(span)
  }

  closes(span: RecordedSpan): void {
    if (this.opened?.delete(span) && this.opened.size === 0) this.opened = undefined
  }

  /** Whether its root has ended and no span of it is open: a late span may yet begin. */
  get isSettled(): boolean {
    return this.opened === undefined && (this.isAmbient || this.root?.hasEnded === true)
  }
}

/**
 * The request that an effect runs in.
 *
 * @since 0.1.0
 * @category tags
 */
export class CurrentRequest extends Context.Tag("@tenant-tracer/tracer/CurrentRequest")<
  CurrentRequest,
  RequestTrace
>() {}
