/**
 * When a span counts as failed, and of what kind its error is: for what a back end is shown, which rate samples its trace, and metrics.
 *
 * @since 0.1.0
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { RecordedSpan } from "./RecordedSpan.js"

/**
 * The statuses of a guardrail that are an error, though it did what it is there for.
 *
 * @since 0.1.0
 * @category constants
 */
export const guardrailStatuses: ReadonlySet<string> = new Set(["guardrail_intervened", "guardrail_failed_to_respond"])

/**
 * Whether an ended span failed: by its outcome, or by what its payload says.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isFailed = ({ data, outcome }: RecordedSpan): boolean => {
  if (outcome?._tag === "error") return true
  if (data === undefined) return false
  try {
    return (
      typeof data.error?.type === "string" ||
      (data._tag === "guardrail" && data.status !== undefined && guardrailStatuses.has(data.status))
    )
  } catch {
    // A getter or proxy of the caller's that throws: something is wrong with it.
    return true
  }
}

/** A name and not a sentence. */
const name = /^[\w.$@/:-]{1,128}$/

/**
 * The error of an ended span: the one that its payload tells of, else the one that it ended with.
 *
 * @since 0.1.0
 * @category accessors
 */
export const errorOf = ({ data, outcome }: RecordedSpan): SpanData.SpanError | undefined =>
  data?.error ?? (outcome?._tag === "error" ? outcome.error : undefined)

/**
 * The kind of an error as a name of few: `_OTHER` for what is none.
 *
 * @since 0.1.0
 * @category conversions
 */
export const nameOf = (type: unknown): string => (isName(type) ? type : "_OTHER")

/**
 * Whether it can be the name of a kind of errors.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isName = (type: unknown): type is string => typeof type === "string" && name.test(type)
