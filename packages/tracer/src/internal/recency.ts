/**
 * Members by key, which know who was used longest ago. A `Map` knows it, too, in the order of insertion; but whoever takes the first and adds one at
 * the end again and again walks past all that was taken, each time.
 */

/** What is kept knows its neighbours: whoever has it uses it without looking for it. */
export interface Member<K, Self> {
  readonly key: K
  /** Its neighbours are set here alone. */
  older: Self | undefined
  newer: Self | undefined
}

export class Recency<K, M extends Member<K, M>> {
  private readonly members = new Map<K, M>()
  private oldest: M | undefined = undefined
  private newest: M | undefined = undefined

  get size(): number {
    return this.members.size
  }

  get(key: K): M | undefined {
    return this.members.get(key)
  }

  /** From now on it is the newest. It is one of the members. */
  use(member: M): void {
    if (member === this.newest) return
    this.unlink(member)
    this.append(member)
  }

  /** There is none of its key. It is the newest. */
  add(member: M): void {
    this.members.set(member.key, member)
    this.append(member)
  }

  /** It is one of the members, or was. */
  delete(member: M): void {
    if (this.members.get(member.key) !== member) return
    this.members.delete(member.key)
    this.unlink(member)
  }

  clear(): void {
    this.members.clear()
    this.oldest = undefined
    this.newest = undefined
  }

  /** From the oldest on. What is removed meanwhile is left out, unless it is next. */
  *[Symbol.iterator](): Generator<M> {
    for (let member = this.oldest; member !== undefined; ) {
      const { newer } = member
      yield member
      member = newer
    }
  }

  private append(member: M): void {
    member.older = this.newest
    if (this.newest === undefined) this.oldest = member
    else this.newest.newer = member
    this.newest = member
  }

  private unlink(member: M): void {
    if (member.older === undefined) this.oldest = member.newer
    else member.older.newer = member.newer
    if (member.newer === undefined) this.newest = member.older
    else member.newer.older = member.older
    member.older = undefined
    member.newer = undefined
  }
}
