/** A bounded map, as one writes it by hand: the least recently used goes, and is let go of. */

/** Finds a value by its key, or makes it. */
export interface Lru<A> {
  readonly get: (key: number) => A
  readonly values: () => ReadonlyArray<A>
}

/** `evict` is told what goes. */
export const make = <A>(capacity: number, make: (key: number) => A, evict: (value: A) => void): Lru<A> => {
  const entries = new Map<number, A>()
  return {
    get: (key) => {
      const known = entries.get(key)
      const value = known ?? make(key)
      if (known !== undefined) entries.delete(key)
      entries.set(key, value)
      if (entries.size > capacity) {
        const [oldest] = entries
        if (oldest !== undefined) {
          entries.delete(oldest[0])
          evict(oldest[1])
        }
      }
      return value
    },
    values: () => Array.from(entries.values())
  }
}
