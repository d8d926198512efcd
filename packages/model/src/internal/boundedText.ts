/**
 * Text from outside, made fit to be shown: no control characters, none that turn the direction of what follows, no half
 * of a surrogate pair, not longer than it may be.
 */

const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

/** Most texts are such, and it is quickly seen: nothing in them is unfit, nothing is to be trimmed. */
const plain = /^(?:[!-~](?:[ -~]*[!-~])?)?$/

const allUnfit = new RegExp(unfit.source, "gu")

/** At most `max` characters of a text; what does not fit to be shown is a space, and the ends are trimmed. */
export const boundedText = (text: string, max: number): string => {
  // A pair that the cut parts becomes a space, which the trim takes away.
  const cut = text.length > max ? text.slice(0, max) : text
  if (plain.test(cut)) return cut
  return (unfit.test(cut) ? cut.replace(allUnfit, " ") : cut).trim()
}
