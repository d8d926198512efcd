/**
 * What may be kept of a bag of facts that nobody has checked: a few short texts under harmless names.
 *
 * @since 0.1.0
 */

/**
 * The most entries that are kept.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxEntries = 32

/**
 * The most characters that are kept of a value. A longer key is dropped with its value.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxLength = 1024

/** How many keys are looked at: a bag of a million unusable ones is not searched to its end. */
const maxKeys = 1024

const dropped: ReadonlySet<string> = new Set(["function_kwargs", "function_args", "function_name", "__proto__"])

const secret = /api[-_ ]?key|token|secret|password|cookie|authorization|header|hidden_params/

const allowed = (key: string): boolean =>
  key.length <= maxLength && !dropped.has(key) && !secret.test(key.toLowerCase())

/**
 * Keeps the first 32 entries whose key does not smell of a credential or of a call's arguments and whose value is text,
 * a number or a boolean (`true` or `false`); values are text of at most 1,024 characters. Total: a value that cannot be
 * read is left out.
 *
 * @since 0.1.0
 * @category sanitizing
 */
export const sanitize = (input: unknown): Record<string, string> => {
  const kept: Record<string, string> = {}
  let count = 0
  for (const key of keysOf(input)) {
    if (count === maxEntries) break
    const value = allowed(key) ? valueOf(input, key) : undefined
    if (value === undefined) continue
    kept[key] = value
    count += 1
  }
  return kept
}

const keysOf = (input: unknown): ReadonlyArray<string> => {
  try {
    return typeof input === "object" && input !== null && !Array.isArray(input)
      ? Object.keys(input).slice(0, maxKeys)
      : []
  } catch {
    return []
  }
}

/** Without the half of a surrogate pair that a cut may leave, which UTF-8 cannot say. */
const cut = (value: string): string => value.slice(0, maxLength).replace(/[\ud800-\udbff]$/, "")

const valueOf = (input: unknown, key: string): string | undefined => {
  try {
    // `keysOf` gave the key, so there is an object to ask.
    const value = (input as Readonly<Record<string, unknown>>)[key]
    if (typeof value === "string") return value.length > maxLength ? cut(value) : value
    return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined
  } catch {
    return undefined
  }
}
