/** A history: a world and what happens in it, drawn from a seed before any of it happens. */
import type { Caller } from "./model/Model.js"
import * as Finale from "./steps/Finale.js"
import type { Draft, Step, StepKind } from "./steps/Step.js"
import * as Steps from "./steps/Steps.js"
import * as Dice from "./virtual/Dice.js"
import * as World from "./world/World.js"

/** What one seed comes to. */
export interface History {
  readonly seed: number
  readonly world: World.World
  readonly steps: ReadonlyArray<Step>
}

/** Steps of a history, without those at its end. */
export const length = 500

/** A history has at least so many kinds of fault. */
export const leastFaults = 5

const hex = (dice: Dice.Dice, digits: number): string =>
  Array.from({ length: digits }, () => (1 + dice.below(15)).toString(16)).join("")

/** Every tenant has its turn before any has two. */
const turns = (dice: Dice.Dice, world: World.World): (() => string) => {
  let deck: Array<string> = []
  return () => {
    if (deck.length === 0) deck = dice.shuffled(world.tenants.map(({ id }) => id))
    return deck.pop() ?? ""
  }
}

const draft = (dice: Dice.Dice, world: World.World): Draft => ({
  world,
  dice,
  requests: [],
  lastNumber: 0,
  removed: new Set(),
  paused: new Set(),
  isClosing: false,
  nextTenant: turns(dice, world),
  caller: (): Caller => ({ traceId: hex(dice, 32), spanId: hex(dice, 16), isSampled: dice.chance(0.85) })
})

/** What happens in this history: all the traffic, and some of the faults more often than others or not at all. */
const mood = (dice: Dice.Dice): ReadonlyArray<readonly [StepKind, number]> => {
  const faults = dice.shuffled(Steps.all.filter(({ isFault }) => isFault))
  const absent = new Set(faults.slice(leastFaults + dice.below(faults.length - leastFaults + 1)))
  return Steps.all
    .filter((kind) => kind.weight > 0 && !absent.has(kind))
    .map((kind) => [kind, kind.isFault ? kind.weight * dice.one([0.5, 1, 3]) : kind.weight])
}

const weighted = (dice: Dice.Dice, kinds: ReadonlyArray<readonly [StepKind, number]>): StepKind | undefined => {
  let left = dice.fraction() * kinds.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [kind, weight] of kinds) {
    left -= weight
    if (left < 0) return kind
  }
  return undefined
}

/** Requests that are over are not looked back at for ever. */
const forget = (state: Draft): void => {
  if (state.requests.length > 24) state.requests.splice(0, 8)
}

/** Draws the history of a seed. */
export const draw = (seed: number): History => {
  const dice = Dice.make(seed)
  const world = World.draw(dice)
  const kinds = mood(dice)
  // Each fault that is in the mood happens at least once, somewhere.
  const due = dice.shuffled(kinds.flatMap(([kind]) => (kind.isFault ? [kind] : [])))
  const dueAt = new Map(due.map((kind, index) => [Math.floor(((index + 1) * length) / (due.length + 1)), kind]))
  const restart = Steps.kindOf({ kind: "restart" })
  const state = draft(dice, world)
  const steps: Array<Step> = []
  while (steps.length < length) {
    const kind = state.isClosing && dice.chance(0.15) ? restart : (dueAt.get(steps.length) ?? weighted(dice, kinds))
    const step = kind?.draw(state)
    if (step === undefined) dueAt.delete(steps.length)
    else steps.push(step)
    forget(state)
  }
  const ending = dice.chance(0.6) ? [Finale.calm, Finale.end] : [Finale.end]
  return { seed, world, steps: [...steps, ...ending.map(({ name }) => ({ kind: name, data: null }))] }
}
