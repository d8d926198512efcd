/**
 * A span as it is recorded: compact, neutral data that outlives its request in a queue. It holds no `Exit`, `Context`, fiber or other live
 * object; `Recorder` writes it, render reads it.
 *
 * @since 0.1.0
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import type { AnySpan, SpanKind } from "effect/Tracer"
import type { RequestTrace } from "./RequestTrace.js"

/**
 * The brand by which a span of ours is known among the spans of other tracers, even across two copies of this module.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("@tenant-tracer/tracer/RecordedSpan")

/**
 * A span's place in its tree: all that a child needs of its parents, without keeping the parents' payloads alive.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ancestry {
  readonly spanId: string
  readonly parent: Ancestry | undefined
  role: SpanRole | undefined
  /** The service and the database that its payload names, as they were known when its first child began. */
  services: ReadonlyArray<string>
  isParent: boolean
  /** `discarded` is withdrawn: nobody receives it, and its children hang under the next ancestor. */
  state: "open" | "ended" | "discarded"
}

/**
 * A plain value that a span may carry as an attribute.
 *
 * @since 0.1.0
 * @category models
 */
export type AttributeValue =
  | string
  | number
  | boolean
  | ReadonlyArray<string>
  | ReadonlyArray<number>
  | ReadonlyArray<boolean>

/**
 * Something that happened while a span was open, such as a log line.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanEvent {
  readonly name: string
  readonly time: bigint
  readonly attributes: ReadonlyMap<string, AttributeValue>
}

/**
 * A link; `request` is the trace of the linked span where it is the linking span's own, which decides who may see it.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly request: RequestTrace | undefined
  /** Its place in its tree, where it is one of ours: whoever may not see it is not shown the link. */
  readonly ancestry?: Ancestry | undefined
  readonly attributes: ReadonlyMap<string, AttributeValue>
}

/**
 * How a span ended. `unset` is success; `cancelled` is an interruption, which is no error; `unfinished` was ended by us.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome =
  | { readonly _tag: "unset" }
  | { readonly _tag: "error"; readonly error: SpanData.SpanError }
  | { readonly _tag: "cancelled" }
  | { readonly _tag: "unfinished" }

/**
 * The outcome of most spans.
 *
 * @since 0.1.0
 * @category constants
 */
export const unset: Outcome = { _tag: "unset" }

const none: ReadonlyArray<never> = []
const noAttributes: ReadonlyMap<string, AttributeValue> = new Map()

const maxRoom = 256 * 1024

/** What is known of a span beside its payload: most that wait have none of it, and it would be a tenth of them. */
interface Written {
  remoteParent: string | undefined
  attributes: Map<string, AttributeValue> | undefined
  events: Array<SpanEvent> | undefined
  links: Array<SpanLink> | undefined
  room: number
  droppedAttributes: number
  droppedEvents: number
}

/**
 * Times are nanoseconds of the clock that the span was recorded with; `RequestTrace.clockOffset` anchors them to the wall clock. `endTime` and
 * `outcome` are `undefined` while the span is open.
 *
 * @since 0.1.0
 * @category models
 */
export class RecordedSpan {
  /** Nanoseconds after the trace's origin: most fit into a word, where each time would be an object. */
  private readonly began: number
  private ended: number | undefined = undefined
  outcome: Outcome | undefined = undefined
  private written: Written | undefined = undefined
  /** What `sizeOf` found when it had ended. */
  size: number | undefined = undefined

  constructor(
    readonly request: RequestTrace,
    readonly ancestry: Ancestry,
    readonly name: string,
    readonly kind: SpanKind,
    startTime: bigint,
    /** The payload of a span with a role, as far as it is known. */
    public data: SpanData.SpanData | undefined,
    remoteParent: string | undefined
  ) {
    request.origin ??= startTime
    this.began = Number(startTime - request.origin)
    if (remoteParent !== undefined) this.own.remoteParent = remoteParent
  }

  get startTime(): bigint {
    return (this.request.origin ?? 0n) + BigInt(this.began)
  }

  get endTime(): bigint | undefined {
    return this.ended === undefined ? undefined : (this.request.origin ?? 0n) + BigInt(this.ended)
  }

  set endTime(time: bigint) {
    this.ended = Number(time - (this.request.origin ?? 0n))
  }

  /** In nanoseconds; 0 for one that has not ended, or that a clock has had end before it began. */
  get duration(): number {
    return this.ended === undefined ? 0 : Math.max(0, this.ended - this.began)
  }

  get hasEnded(): boolean {
    return this.ended !== undefined
  }

  /** A parent in another process, for the root of a trace that continues a caller's. */
  get remoteParent(): string | undefined {
    return this.written?.remoteParent
  }

  get attributes(): ReadonlyMap<string, AttributeValue> {
    return this.written?.attributes ?? noAttributes
  }

  /** To be written in. */
  get ownAttributes(): Map<string, AttributeValue> {
    const { own } = this
    own.attributes ??= new Map()
    return own.attributes
  }

  get events(): ReadonlyArray<SpanEvent> {
    return this.written?.events ?? none
  }

  addEvent(event: SpanEvent): void {
    const { own } = this
    own.events ??= []
    own.events.push(event)
  }

  get links(): ReadonlyArray<SpanLink> {
    return this.written?.links ?? none
  }

  addLink(link: SpanLink): void {
    const { own } = this
    own.links ??= []
    own.links.push(link)
  }

  /** The bytes that attributes and events may still take: an open span is in no queue whose bytes are counted. */
  get room(): number {
    return this.written?.room ?? maxRoom
  }

  set room(bytes: number) {
    this.own.room = bytes
  }

  get droppedAttributes(): number {
    return this.written?.droppedAttributes ?? 0
  }

  set droppedAttributes(count: number) {
    this.own.droppedAttributes = count
  }

  get droppedEvents(): number {
    return this.written?.droppedEvents ?? 0
  }

  set droppedEvents(count: number) {
    this.own.droppedEvents = count
  }

  private get own(): Written {
    this.written ??= {
      remoteParent: undefined,
      attributes: undefined,
      events: undefined,
      links: undefined,
      room: maxRoom,
      droppedAttributes: 0,
      droppedEvents: 0
    }
    return this.written
  }

  get spanId(): string {
    return this.ancestry.spanId
  }

  get traceId(): string {
    return this.request.traceId
  }
}

/**
 * The recorded span behind a span of Effect's, if it is one of ours.
 *
 * @since 0.1.0
 * @category accessors
 */
export const fromSpan = (span: AnySpan): RecordedSpan | undefined =>
  TypeId in span ? (span as { readonly [TypeId]: RecordedSpan })[TypeId] : undefined

/**
 * When a span ended (or began, while it is open), in milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category accessors
 */
export const endedAt = ({ endTime, request, startTime }: RecordedSpan): number =>
  Number(((endTime ?? startTime) + request.clockOffset) / 1_000_000n)

/**
 * About how many bytes a span holds in memory: what queues and limits count. Payloads are walked to a bounded depth and number of values, so that
 * a hostile one costs no more than a large one.
 *
 * @since 0.1.0
 * @category accessors
 */
export const sizeOf = (span: RecordedSpan): number => {
  if (span.size !== undefined) return span.size
  const size = measure(span)
  // What has ended grows no more.
  if (span.hasEnded) span.size = size
  return size
}

const measure = (span: RecordedSpan): number => {
  const { root } = span.request
  // Measured: itself with its place in a queue, and what its trace holds (of spans that it has lost, too), where no other span stands for that.
  const own = root === undefined ? 950 : root === span ? 1000 : 300
  let bytes = own + span.name.length + span.links.length * 300
  for (const [key, value] of span.attributes) bytes += 32 + key.length + sizeOfValue(value)
  for (const event of span.events) {
    bytes += 300 + event.name.length
    for (const [key, value] of event.attributes) bytes += 32 + key.length + sizeOfValue(value)
  }
  return bytes + sizeOfPayload(span.data)
}

const sizeOfValue = (value: AttributeValue): number =>
  typeof value === "string" ? value.length : typeof value === "object" ? value.length * 16 : 8

const sizeOfPayload = (payload: unknown): number => {
  let budget = 4096
  const walk = (value: unknown, depth: number): number => {
    budget--
    if (typeof value === "string") return 16 + value.length
    if (typeof value !== "object" || value === null || depth === 0 || budget <= 0) return 8
    // A list and a record are walked by their keys alike; a list of the values would be made for nothing.
    const fields = value as Readonly<Record<string, unknown>>
    let bytes = 32
    let seen = 0
    for (const key in fields) {
      // What is not looked at any more is taken to be like what was.
      if (budget <= 0) return Math.ceil((bytes * Object.keys(fields).length) / seen)
      bytes += walk(fields[key], depth - 1)
      seen++
    }
    return bytes
  }
  try {
    return walk(payload, 8)
  } catch {
    // A getter or proxy of the caller's that throws; render will leave such a field out.
    return 1024
  }
}
