/** What can go wrong with a receiver itself, and with a body that somebody sent to it. */
import { Schema } from "effect"

/**
 * A receiver that cannot do what its owner asked for. `reason` tells the cases apart:
 * `Listen` (the port cannot be had), `UnknownAccount` (no account with that id), `AmbiguousAccount` (two accounts that
 * no request could tell apart), `InvalidFault` (a step of a script that makes no sense).
 *
 * @since 0.1.0
 * @category errors
 */
export class ReceiverError extends Schema.TaggedError<ReceiverError>()("ReceiverError", {
  reason: Schema.Literal("Listen", "UnknownAccount", "AmbiguousAccount", "InvalidFault"),
  detail: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {
  /** Says what was wrong and what to do about it. */
  override get message(): string {
    return messages[this.reason](this.detail)
  }
}

const messages = {
  Listen: (address: string) => `The receiver cannot listen on ${address}: choose a free port, or 0 for any`,
  UnknownAccount: (id: string) =>
    `The receiver has no account "${id}": pass it in "accounts", or add it with "addAccount"`,
  AmbiguousAccount: (two: string) => `No request can tell ${two} apart: give them different headers or different paths`,
  InvalidFault: (problem: string) => `The receiver cannot play this script: ${problem}`
}

/**
 * A body that is not an OTLP export request. `where` is the path to the offending field (empty for the whole body),
 * `what` says what is wrong with it. An OTLP/HTTP server answers it with 400.
 *
 * @since 0.1.0
 * @category errors
 */
export class OtlpDecodeError extends Schema.TaggedError<OtlpDecodeError>()("OtlpDecodeError", {
  encoding: Schema.Literal("protobuf", "json"),
  where: Schema.String,
  what: Schema.String
}) {
  /** Says where the body is wrong, and how. */
  override get message(): string {
    return `Not an OTLP/${this.encoding} trace export: ${this.where === "" ? "the body" : this.where} ${this.what}`
  }
}
