/**
 * Makes what a back end says fit for people and logs. It may say anything: an echo of the request's credentials, somebody else's, or lines that were
 * never logged.
 */

/** Characters of a message that are kept. */
export const maxLength = 200

/** Of a long text only so much is looked at. */
const maxRead = 2000

const blank = "…"

/** A value that is named as a secret. */
const named =
  /((?:key|token|secret|passw(?:or)?d|pwd|authorization|credentials?|cookie|session|signature)["']?\s*[:=]\s*["']?)(?:(?:bearer|basic|digest|token)\s+)?[^\s"',;&]+/gi

/** Well-known beginnings of keys and tokens. */
const prefixed = /\b(?:(?:sk|pk|rk|gh[a-z]|glpat|hf|lsv2|nvapi|phc|xox[a-z]|key|api)[-_]|AKIA|AIza|eyJ)[\w.+/=-]{6,}/g

/** Long runs with a letter and a digit in them: ids, hashes, base64, hex. */
const random = /(?=[\w+=~%-]*\d)(?=[\w+=~%-]*[A-Za-z])[\w+=~%-]{16,}/g

const userInfo = /\/\/[^\s/@]+@/g

const bearer = /\bBearer\s+[^\s,;]+/gi

/** The parts of a header's value that are secrets by themselves: a token without its scheme, a name and a password out of Basic. */
const partsOf = (value: string): ReadonlyArray<string> => {
  const [scheme = "", ...rest] = value.trim().split(/\s+/)
  const plain = /^basic$/i.test(scheme) ? Buffer.from(rest.join(""), "base64").toString("latin1") : ""
  return [value.trim(), ...(rest.length === 0 ? [scheme] : rest), plain, ...plain.split(":")].filter(
    (part) => part !== ""
  )
}

/** A short value is replaced where it stands alone: else a header that says `1` would spoil every number. */
const pattern = (part: string): RegExp => {
  const escaped = part.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")
  return new RegExp(part.length < 4 ? `(?<![\\w])${escaped}(?![\\w])` : escaped, "gi")
}

const letters = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "")

const window = 8

/** Whether a piece of a secret is left, however it is spaced and written. */
const repeats = (text: string, secret: string): boolean => {
  for (let at = 0; at + window <= secret.length; at++) if (text.includes(secret.slice(at, at + window))) return true
  return false
}

/**
 * One line of at most `maxLength` characters without control characters, without what looks like a credential, and without the values of the request's
 * own headers (`secrets`); empty if nothing fit is left.
 */
export const clean = (text: string, secrets: Iterable<string>): string => {
  let line = text
    .slice(0, maxRead)
    .replace(/[\p{C}\p{Z}]+/gu, " ")
    .trim()
  if (line === "") return ""
  const parts = [...secrets].flatMap(partsOf).sort((a, b) => b.length - a.length)
  for (const part of parts) line = line.replace(pattern(part), blank)
  line = line
    .replace(userInfo, `//${blank}@`)
    .replace(named, `$1${blank}`)
    .replace(bearer, `Bearer ${blank}`)
    .replace(prefixed, blank)
    .replace(random, blank)
  const plain = letters(line)
  if (plain === "" || parts.some((part) => repeats(plain, letters(part)))) return ""
  const characters = [...line]
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join("")}…` : line
}
