/**
 * Batches that several destinations of one owner receive alike: made once, and kept until all of them have it, though not for long.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { BatchClock } from "../deliver/BatchClock.js"
import type { Encoded } from "../deliver/OtlpExporter.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"

/** One destination as it shares. */
export interface Sharer {
  /** What `make` makes of the batch, or what another one has just made of the same. */
  readonly share: (batch: ReadonlyArray<RecordedSpan>, make: () => Effect.Effect<Encoded>) => Effect.Effect<Encoded>
  readonly leave: () => void
}

export interface Sharing {
  /** Who gives the same `likeness` receives the same bytes of the same spans. It is asked for where an owner has more than one destination. */
  readonly join: (owner: string, likeness: () => string) => Sharer
}

interface Making {
  readonly batch: ReadonlyArray<RecordedSpan>
  /** Of how many spans the content was forbidden when it began. */
  readonly forbidden: number
  readonly made: Deferred.Deferred<Option.Option<Encoded>>
  /** How many have not asked for it yet. */
  wanted: number
  /** Calls off that it is let go of later. */
  keep: () => void
}

interface Member {
  readonly likeness: () => string
  text: string | undefined
  /** Those that are alike have one. */
  group: Group | undefined
}

interface Group {
  size: number
  making: Making | undefined
}

/** Milliseconds. Who comes later than that has waited for something else. */
const keptFor = 1000

const textOf = (member: Member): string => {
  member.text ??= member.likeness()
  return member.text
}

const forbiddenIn = (batch: ReadonlyArray<RecordedSpan>): number => {
  let count = 0
  for (const { request } of batch) if (request.content === "none") count++
  return count
}

const isSame = ({ batch, forbidden }: Making, wanted: ReadonlyArray<RecordedSpan>): boolean =>
  batch.length === wanted.length &&
  batch.every((span, index) => span === wanted[index]) &&
  // What was forbidden meanwhile is in it.
  forbidden === forbiddenIn(wanted)

export const make = (clock: Pick<BatchClock, "schedule">): Sharing => {
  const byOwner = new Map<string, Array<Member>>()

  const join: Sharing["join"] = (owner, likeness) => {
    const member: Member = { likeness, text: undefined, group: undefined }
    const members = byOwner.get(owner)
    if (members === undefined) byOwner.set(owner, [member])
    else {
      const other = members.find((other) => textOf(other) === textOf(member))
      members.push(member)
      if (other !== undefined) {
        other.group ??= { size: 1, making: undefined }
        member.group = other.group
        member.group.size++
      }
    }
    return {
      share: (batch, make) =>
        Effect.suspend(() => {
          const { group } = member
          if (group === undefined || group.size === 1) return make()
          const { making } = group
          if (making === undefined || !isSame(making, batch)) return lead(group, batch, make)
          making.wanted--
          if (making.wanted === 0) {
            making.keep()
            group.making = undefined
          }
          return Effect.flatMap(Deferred.await(making.made), Option.match({ onNone: make, onSome: Effect.succeed }))
        }),
      leave: () => {
        const members = byOwner.get(owner) ?? []
        const rest = members.filter((other) => other !== member)
        if (rest.length === members.length) return
        if (member.group !== undefined) member.group.size--
        if (rest.length === 0) byOwner.delete(owner)
        else byOwner.set(owner, rest)
      }
    }
  }

  /** Makes it, for those who come later, too; where nothing comes of it, they make it themselves. */
  const lead = (
    group: Group,
    batch: ReadonlyArray<RecordedSpan>,
    make: () => Effect.Effect<Encoded>
  ): Effect.Effect<Encoded> => {
    const making: Making = {
      batch,
      forbidden: forbiddenIn(batch),
      made: Deferred.unsafeMake(FiberId.none),
      wanted: group.size - 1,
      keep: () => {}
    }
    const forget = () => {
      if (group.making === making) group.making = undefined
    }
    // Not before it is sure that the others hear what comes of it.
    const begun = Effect.suspend(() => {
      group.making = making
      return make()
    })
    return Effect.onExit(begun, (exit) =>
      Effect.sync(() => {
        Deferred.unsafeDone(making.made, Effect.succeed(Exit.isSuccess(exit) ? Option.some(exit.value) : Option.none()))
        if (Exit.isFailure(exit)) forget()
        else if (group.making === making) making.keep = clock.schedule(keptFor, forget)
      })
    )
  }

  return { join }
}
