/**
 * Why a destination's vocabularies cannot be spoken.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * `unknown`: no vocabulary has that name and version. `conflict`: two of them claim one key with different values. `core`: there are more keys
 * that a span cannot do without than the smallest budget of a destination holds. `none`: no vocabulary was named. `detail` says what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class VocabularyError extends Schema.TaggedError<VocabularyError>()("VocabularyError", {
  reason: Schema.Literal("unknown", "conflict", "core", "none"),
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}
