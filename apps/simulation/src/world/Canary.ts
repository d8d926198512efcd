/**
 * Canaries: texts that say whose they are and what they are, so that one search finds all of them wherever they have got to, and what was found
 * tells whether it may be there.
 */

/**
 * `secret`: part of a credential. `prompt`: what a caller asked, content. `error`: the text of a failure, the operator's business. `fact`: about a
 * tenant's trace. `resource`: of one destination.
 */
export type Kind = "secret" | "prompt" | "error" | "fact" | "resource"

/** One that was found. */
export interface Sighting {
  readonly owner: string
  readonly kind: string
  readonly text: string
}

const mark = "kanary"

/** The text of a canary. `tag` tells apart those of one owner and kind; letters and digits only, like `owner`. */
export const make = (owner: string, kind: Kind, tag: string): string => `${mark}-${owner}-${kind}-${tag}z`

const pattern = new RegExp(`${mark}-([a-z0-9]+)-([a-z]+)-([a-z0-9]+)`, "g")

/** Every canary of a text, as often as it is there. */
export const find = (text: string): ReadonlyArray<Sighting> => {
  if (!text.includes(mark)) return []
  return Array.from(text.matchAll(pattern), ([text, owner = "", kind = ""]) => ({ owner, kind, text }))
}

/** The part of a text's base64 that does not depend on what stands around it, when it begins `offset` bytes into a group of three. */
const base64 = (offset: 0 | 1 | 2): string =>
  Buffer.concat([Buffer.alloc(offset), Buffer.from(mark)])
    .toString("base64")
    .slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + mark.length) * 8) / 6))

const bytes = Array.from(Buffer.from(mark), (byte) => byte.toString(16))

const disguises: ReadonlyArray<string> = [
  base64(0),
  base64(1),
  base64(2),
  bytes.join(""),
  bytes.join("").toUpperCase(),
  bytes.map((byte) => `%${byte}`).join(""),
  bytes.map((byte) => `\\u00${byte}`).join(""),
  Array.from(mark).join("\0")
]

/** How a canary is written in a text that shows none as it is: in base64, hex, percent or JSON escapes, UTF-16. */
export const disguised = (text: string): string | undefined => disguises.find((disguise) => text.includes(disguise))
