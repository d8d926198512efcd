/**
 * A copy of a map. `new Map(map)` makes a list of each entry on its way: it takes half as long again, and leaves more behind than the copy is.
 */
export const copied = <K, V>(map: ReadonlyMap<K, V>): Map<K, V> => {
  const copy = new Map<K, V>()
  map.forEach((value, key) => {
    copy.set(key, value)
  })
  return copy
}
