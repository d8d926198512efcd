/**
 * Takes out of a text what can be told by its form: e-mail addresses, cards, phone numbers, keys. Work grows no faster than the text, whatever it
 * holds. What is only likely goes, too: a number that is written like a phone's, a long token of letters and digits.
 *
 * @since 0.1.0
 */
import type { Pattern } from "@tenant-tracer/model/Redaction"
import * as PersonalText from "../internal/personalText.js"
import * as SecretText from "../internal/secretText.js"

/**
 * The text without what the patterns name; in its place stands `[redacted:email]` and so on. `isIdentifier`: the text is an id, so that a long
 * token is no key for its looks alone.
 *
 * @since 0.1.0
 * @category redaction
 */
export const redact = (text: string, patterns: ReadonlySet<Pattern>, isIdentifier = false): string => {
  let kept = text
  if (patterns.has("key")) kept = SecretText.withoutSecrets(kept, isIdentifier)
  if (patterns.has("email")) kept = PersonalText.withoutEmails(kept)
  if (patterns.has("card")) kept = PersonalText.withoutCards(kept)
  if (patterns.has("phone")) kept = PersonalText.withoutPhones(kept)
  return kept
}

/**
 * The most characters of an error's text in a tenant's copy.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxErrorText = 1024

/**
 * An error's text as a tenant may read it: without keys, which providers quote, and at most 1,024 characters of it.
 *
 * @since 0.1.0
 * @category redaction
 */
export const ofError = (text: string): string => {
  // A key that is cut first may not be known for one any more.
  const kept = SecretText.withoutSecrets(text, false)
  // Half of a surrogate pair is no text.
  return kept.length <= maxErrorText ? kept : kept.slice(0, maxErrorText).replace(/[\ud800-\udbff]$/, "")
}
