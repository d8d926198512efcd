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
export const redact = (text: string, patterns: ReadonlySet<Pattern>, isIdentifier = false): string =>
  inPieces(text, (piece) => redactPiece(piece, patterns, isIdentifier))

const redactPiece = (text: string, patterns: ReadonlySet<Pattern>, isIdentifier: boolean): string => {
  let kept = text
  if (patterns.has("key")) kept = SecretText.withoutSecrets(kept, isIdentifier)
  if (patterns.has("email")) kept = PersonalText.withoutEmails(kept)
  if (patterns.has("card")) kept = PersonalText.withoutCards(kept)
  if (patterns.has("phone")) kept = PersonalText.withoutPhones(kept)
  return kept
}

/** The stack of a regular expression overflows on some millions of characters in one run. */
const maxPiece = 2 ** 20

/** A text of any length, piece by piece: parted at a space, as far as there is one. */
const inPieces = (text: string, redact: (piece: string) => string): string => {
  if (text.length <= maxPiece) return redact(text)
  const end = maxPiece - 4096 + text.slice(maxPiece - 4096, maxPiece).lastIndexOf(" ")
  const cut = end < maxPiece - 4096 ? maxPiece : end
  return redact(text.slice(0, cut)) + inPieces(text.slice(cut), redact)
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
  const kept = inPieces(text, (piece) => SecretText.withoutSecrets(piece, false))
  // Half of a surrogate pair is no text.
  return kept.length <= maxErrorText ? kept : kept.slice(0, maxErrorText).replace(/[\ud800-\udbff]$/, "")
}
