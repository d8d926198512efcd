/**
 * The event of a model call that failed, `gen_ai.client.operation.exception` of the GenAI conventions: a log record for the operator, beside the
 * `exception` event on the span that every destination receives.
 *
 * @since 0.1.0
 */
import { type Context, type HrTime, ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api"
import * as Attributes from "../internal/attributes.js"
import * as SecretText from "../internal/secretText.js"
import { wellFormed } from "../internal/wellFormed.js"
import * as Failure from "../record/Failure.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import type { Redactor } from "./Redactor.js"

const eventName = "gen_ai.client.operation.exception"

/**
 * A record as the `emit` of an OpenTelemetry logger takes it; `context` holds the span that failed. `body` is the error's message, or its type where
 * there is none: never null or empty, which would cost an exporter its whole batch. `exception.message` is always there, too.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExceptionEvent {
  readonly eventName: typeof eventName
  readonly timestamp: HrTime
  readonly severityNumber: 13
  readonly severityText: "WARN"
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly context: Context
}

/**
 * The event of an ended span: of a model call that failed, and of no other. It says what the operator's copy of the span says, but for what
 * looks like a key and what is beyond 32 KiB of a text; where the operator may have metadata only, it is the type alone.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (span: RecordedSpan, redactor: Redactor | undefined): ExceptionEvent | undefined => {
  const { endTime, request, spanId, startTime, traceId } = span
  if (span.ancestry.role !== "llm_call") return undefined
  const error = Failure.errorOf(span)
  if (error === undefined) return undefined
  const textOf = (value: unknown): string => {
    const text = typeof value === "string" ? wellFormed(Attributes.text(value)) : ""
    // It goes to a log, and providers quote the key that they refuse.
    return SecretText.withoutSecrets(redactor === undefined ? text : redactor.text(text), false)
  }
  const type = textOf(error.type) || "_OTHER"
  const message = request.isMetadataOnly ? "" : textOf(error.message)
  const stackTrace = request.isMetadataOnly ? "" : textOf(error.stackTrace)
  const nanos = (endTime ?? startTime) + request.clockOffset
  return {
    eventName,
    timestamp: [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)],
    severityNumber: 13,
    severityText: "WARN",
    body: message || type,
    attributes: {
      // Where a back end does not know the field of that name yet.
      "event.name": eventName,
      "exception.type": type,
      "exception.message": message,
      ...(stackTrace !== "" && { "exception.stacktrace": stackTrace })
    },
    context: trace.setSpanContext(ROOT_CONTEXT, {
      traceId,
      spanId,
      traceFlags: request.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
    })
  }
}
