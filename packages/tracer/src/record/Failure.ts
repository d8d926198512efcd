/**
 * When a span counts as failed: for the error that a back end is shown, and for which rate samples its trace.
 *
 * @since 0.1.0
 */
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
