/** What can go wrong between the gateway and the model server. */
import * as Schema from "effect/Schema"

const messages = {
  Unreachable: () => "The model server cannot be reached",
  TimedOut: () => "The model server took too long to answer",
  Status: ({ code, param, status }: UpstreamError) =>
    [
      `The model server answered with status ${status}`,
      ...(param === undefined ? [] : [`because of '${param}'`]),
      ...(code === undefined ? [] : [`(${code})`])
    ].join(" "),
  Malformed: () => "The model server answered with something that is no chat completion",
  Broken: () => "The model server broke off its answer"
} as const

/**
 * `Unreachable`: no answer; `TimedOut`: none in time, which is not asked for again; `Status`: an answer that says no; `Malformed`: an answer that
 * cannot be read; `Broken`: a stream that ended before it was complete.
 */
export class UpstreamError extends Schema.TaggedError<UpstreamError>()("UpstreamError", {
  reason: Schema.Literal("Unreachable", "TimedOut", "Status", "Malformed", "Broken"),
  status: Schema.optional(Schema.Number),
  /** What the server says is wrong with the request: the path of a field, and a code. */
  param: Schema.optional(Schema.String),
  code: Schema.optional(Schema.String),
  /** Seconds, as the server asked for. */
  retryAfter: Schema.optional(Schema.String),
  cause: Schema.optional(Schema.Defect)
}) {
  override get message(): string {
    return messages[this.reason](this)
  }

  /** Whether the same request may fare better when it is sent again. */
  get retryable(): boolean {
    return (
      this.reason === "Unreachable" || (this.reason === "Status" && (this.status === 429 || (this.status ?? 0) >= 500))
    )
  }
}
