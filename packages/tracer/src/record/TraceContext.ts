/**
 * The trace context that a caller sent: read from `traceparent` (with `tracestate`) or `b3`, and believed only where it is well formed. Callers
 * choose these values, so nothing of them reaches an exported id unchecked.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"

/**
 * A caller's span. Ids are lower-case hex and never all zero.
 *
 * @since 0.1.0
 * @category models
 */
export interface TraceContext {
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
  readonly traceState: string | undefined
}

/**
 * What becomes of a caller's trace at the door. `link` (default): our own trace, whose root links to the caller's span. `continue`: our spans join
 * the caller's trace, and its sampling decision is respected. `ignore`: as if nothing had been sent.
 *
 * @since 0.1.0
 * @category models
 */
export type IncomingTrace = "continue" | "link" | "ignore"

const traceIdPattern = /^(?!0{32})[0-9a-f]{32}$/
const spanIdPattern = /^(?!0{16})[0-9a-f]{16}$/
const traceparentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * Whether both ids are what the W3C asks for; uppercase hex is not.
 *
 * @since 0.1.0
 * @category guards
 */
export const isValid = (ids: { readonly traceId: string; readonly spanId: string }): boolean =>
  traceIdPattern.test(ids.traceId) && spanIdPattern.test(ids.spanId)

/**
 * Reads the first well-formed context of `traceparent`, `b3`, `x-b3-*`. Header names are lower-case. Anything malformed is as good as absent; a
 * malformed `tracestate` is left out alone.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromHeaders = (headers: Readonly<Record<string, string | undefined>>): TraceContext | undefined =>
  fromTraceparent(headers.traceparent, headers.tracestate) ??
  fromB3(headers.b3) ??
  make(headers["x-b3-traceid"], headers["x-b3-spanid"], sampledByB3(headers["x-b3-sampled"]), undefined)

/**
 * Reads a W3C `traceparent` of any version from `00` to `fe`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromTraceparent = (traceparent: unknown, traceState?: unknown): TraceContext | undefined => {
  if (!Predicate.isString(traceparent) || traceparent.length > 512) return undefined
  const match = traceparentPattern.exec(traceparent)
  if (match === null) return undefined
  const [, version, traceId, spanId, flags, rest] = match
  if (version === "ff" || (version === "00" && rest !== undefined) || flags === undefined) return undefined
  return make(traceId, spanId, (Number.parseInt(flags, 16) & 1) === 1, validTraceState(traceState))
}

const fromB3 = (b3: unknown): TraceContext | undefined => {
  if (!Predicate.isString(b3) || b3.length > 128) return undefined
  const [traceId, spanId, sampled] = b3.split("-")
  return make(traceId, spanId, sampledByB3(sampled), undefined)
}

/** An absent decision is left to us, and we record. */
const sampledByB3 = (text: string | undefined): boolean => text !== "0" && text !== "false"

const make = (
  traceId: string | undefined,
  spanId: string | undefined,
  sampled: boolean,
  traceState: string | undefined
): TraceContext | undefined => {
  if (traceId === undefined || spanId === undefined) return undefined
  // B3 allows trace ids of 64 bits.
  const context = {
    traceId: traceId.length === 16 ? `${"0".repeat(16)}${traceId}` : traceId,
    spanId,
    sampled,
    traceState
  }
  return isValid(context) ? context : undefined
}

const traceStateMember =
  /^[a-z0-9][a-z0-9_\-*/]{0,255}(@[a-z0-9][a-z0-9_\-*/]{0,13})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

const validTraceState = (traceState: unknown): string | undefined => {
  if (!Predicate.isString(traceState) || traceState.length > 512) return undefined
  const members = traceState
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "")
  return members.length > 0 && members.length <= 32 && members.every((member) => traceStateMember.test(member))
    ? members.join(",")
    : undefined
}
