/** A bounded map, as one writes it by hand: the least recently used goes, and is let go of. */

/** Finds a value by its key, or makes it. */
export interface Lru<A> {
  readonly get: (key: string, make: () => A) => A
  readonly values: () => ReadonlyArray<A>
}

/** `evict` is told what goes. */
export const make = <A>(capacity: number, evict: (value: A) => void): Lru<A> => {
  const entries = new Map<string, A>()
  return {
    get: (key, make) => {
      const value = entries.get(key) ?? make()
      entries.delete(key)
      entries.set(key, value)
      const [oldest] = entries
      if (entries.size > capacity && oldest !== undefined) {
        entries.delete(oldest[0])
        evict(oldest[1])
      }
      return value
    },
    values: () => Array.from(entries.values())
  }
}
