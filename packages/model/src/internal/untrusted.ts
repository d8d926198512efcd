/** Looking into values that nobody has checked: none of these throws, whatever getters and proxies do. */

/** A property of an object, `undefined` where there is none to read. */
export const property = (value: unknown, key: string): unknown => {
  try {
    // Any object may be asked for any property.
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined
  } catch {
    return undefined
  }
}

/** A property that is text and not empty. */
export const textProperty = (value: unknown, key: string): string | undefined => {
  const text = property(value, key)
  return typeof text === "string" && text !== "" ? text : undefined
}

/** The elements of a list, nothing for what is none. At most 65,536: a sparse array or a proxy may claim any length. */
export const elements = (value: unknown): ReadonlyArray<unknown> => {
  try {
    return Array.isArray(value) ? Array.from({ length: Math.min(value.length, 65_536) }, (_, i) => value[i]) : []
  } catch {
    return []
  }
}
