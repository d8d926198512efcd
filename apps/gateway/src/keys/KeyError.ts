/** Why a caller is not let in. No message shows any part of a key. */
import * as Schema from "effect/Schema"

const messages = {
  Missing: 'No API key: send the header "Authorization: Bearer <key>"',
  Malformed: 'The header "Authorization" is not of the form "Bearer <key>"',
  Unknown: "The API key is not known to this gateway",
  Disabled: "The API key has been disabled: ask the gateway's operator for another",
  Expired: "The API key has expired: ask the gateway's operator for another",
  Unavailable: "API keys cannot be checked just now: try again later"
} as const

/** `Unavailable`: the keys cannot be read just now, which is not the caller's fault. */
export class KeyError extends Schema.TaggedError<KeyError>()("KeyError", {
  reason: Schema.Literal("Missing", "Malformed", "Unknown", "Disabled", "Expired", "Unavailable"),
  cause: Schema.optional(Schema.Defect)
}) {
  override get message(): string {
    return messages[this.reason]
  }
}
