/**
 * Whether a value has more parts, at any depth, than somebody is willing to look at. It looks at no more itself, whatever the value says of its length.
 */
export const hasMoreParts = (value: unknown, max: number): boolean => {
  let left = max
  const walk = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth === 0) return
    const parts: ReadonlyArray<unknown> = Array.isArray(value) ? value : Object.values(value)
    left -= parts.length
    for (let index = 0; index < parts.length && left >= 0; index++) walk(parts[index], depth - 1)
  }
  walk(value, maxDepth)
  return left < 0
}

/** No payload is deeper; what is, is judged by what is above. */
const maxDepth = 64
