/**
 * A set whose members know their places in it; each is in one at a time. A `Set` that has become empty, or is full of what has gone, makes a new table for
 * itself, and one that has lived long makes it where only a full collection of garbage comes: what comes and goes with each request costs too much there.
 */

export interface Member {
  /** Where it is in its bag. To be left to that. */
  place: number
}

export class Bag<A extends Member> {
  private readonly members: Array<A> = []

  get size(): number {
    return this.members.length
  }

  add(member: A): void {
    if (this.members[member.place] === member) return
    member.place = this.members.length
    this.members.push(member)
  }

  delete(member: A): void {
    if (this.members[member.place] !== member) return
    const last = this.members.pop()
    if (last === undefined || last === member) return
    last.place = member.place
    this.members[last.place] = last
  }

  /** The oldest first, as long as nobody is deleted; each may be when it is its turn, and the last one comes next. */
  *[Symbol.iterator](): Generator<A> {
    for (let place = 0; place < this.members.length; ) {
      const member = this.members[place]
      if (member !== undefined) yield member
      if (this.members[place] === member) place++
    }
  }
}
