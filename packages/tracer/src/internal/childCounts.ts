/**
 * How many children of a span were accepted somewhere, by its id. Most traces have few parents, for which a list takes a fifth of what a map does;
 * where there are none it is nothing.
 */

/** Ids, each with its count behind it. */
type Few = Array<string | number>

export type ChildCounts = Few | Map<string, number> | undefined

/** Ids in a list. */
const maxFew = 8

export const size = (self: ChildCounts): number =>
  self === undefined ? 0 : self instanceof Map ? self.size : self.length / 2

export const get = (self: ChildCounts, id: string): number => {
  if (self === undefined) return 0
  if (self instanceof Map) return self.get(id) ?? 0
  const at = self.indexOf(id)
  return at === -1 ? 0 : Number(self[at + 1])
}

/** Gives the counts from then on; none is as good as no id. */
export const set = (self: ChildCounts, id: string, count: number): ChildCounts => {
  if (count <= 0) return remove(self, id)
  if (self === undefined) return [id, count]
  if (self instanceof Map) return self.set(id, count)
  const at = self.indexOf(id)
  if (at !== -1) {
    self[at + 1] = count
    return self
  }
  // A list that is pushed to grows by more than it has, and so does `[...self, id, count]`.
  if (size(self) < maxFew) return self.concat(id, count)
  const many = new Map<string, number>()
  for (let place = 0; place < self.length; place += 2) many.set(String(self[place]), Number(self[place + 1]))
  return many.set(id, count)
}

export const remove = (self: ChildCounts, id: string): ChildCounts => {
  if (self instanceof Map) {
    self.delete(id)
    return self.size === 0 ? undefined : self
  }
  const at = self?.indexOf(id) ?? -1
  if (self === undefined || at === -1) return self
  return self.length === 2 ? undefined : self.toSpliced(at, 2)
}
