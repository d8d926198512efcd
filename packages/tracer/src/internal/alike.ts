/**
 * What many spans have alike, kept once: there are few names and services, and many spans that wait. Whoever makes up one for each span finds no more
 * room, and pays for it alone.
 */

export interface Alike {
  /** The same text, for all who have it. */
  readonly text: (text: string) => string
  /** A list of these texts, as far as they are there. */
  readonly pair: (first: string | undefined, second: string | undefined) => ReadonlyArray<string>
}

const none: ReadonlyArray<string> = []

/** Longer ones are not kept. */
const maxLength = 128

export const make = (maxTexts = 4096): Alike => {
  const texts = new Map<string, string>()
  const pairs = new Map<string, Map<string | undefined, ReadonlyArray<string>>>()
  let size = 0

  const pair = (first: string, second: string | undefined): ReadonlyArray<string> => {
    const known = pairs.get(first)?.get(second)
    if (known !== undefined) return known
    const list = second === undefined ? [first] : [first, second]
    if (size < maxTexts && list.every(({ length }) => length <= maxLength)) {
      size++
      const seconds = pairs.get(first) ?? new Map<string | undefined, ReadonlyArray<string>>()
      pairs.set(first, seconds.set(second, list))
    }
    return list
  }

  return {
    text: (text) => {
      const known = texts.get(text)
      if (known === undefined && texts.size < maxTexts && text.length <= maxLength) texts.set(text, text)
      return known ?? text
    },
    pair: (first, second) => {
      if (first !== undefined) return pair(first, second)
      return second === undefined ? none : pair(second, undefined)
    }
  }
}
