/** Chance that comes from a seed: the same seed gives the same draws, on every machine. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import { PCGRandom } from "effect/Utils"

/** Draws, one after another. */
export interface Dice {
  /** From 0 to 1, without 1. */
  readonly fraction: () => number
  /** A whole number from 0, below `limit`. */
  readonly below: (limit: number) => number
  /** A whole number, both ends included. */
  readonly between: (least: number, most: number) => number
  readonly chance: (probability: number) => boolean
  readonly one: <const A>(items: NonEmptyReadonlyArray<A>) => A
  /** `undefined` where there is nothing to pick from. */
  readonly pick: <A>(items: ReadonlyArray<A>) => A | undefined
  readonly shuffled: <A>(items: ReadonlyArray<A>) => Array<A>
}

/** `stream` tells apart the uses of one seed, so that one of them drawing more does not change another. */
export const make = (seed: number, stream = 0): Dice => {
  const generator = new PCGRandom(Math.floor(seed / 2 ** 32), seed >>> 0, stream, 0x5eed)
  const fraction = () => generator.number()
  const below = (limit: number) => Math.floor(fraction() * limit)
  const pick = <A>(items: ReadonlyArray<A>): A | undefined => items[below(items.length)]
  return {
    fraction,
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (probability) => fraction() < probability,
    one: (items) => pick(items) ?? items[0],
    pick,
    shuffled: (items) => {
      const shuffled = [...items]
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const [a, b] = [shuffled[i], shuffled[j]]
        if (a !== undefined && b !== undefined) [shuffled[i], shuffled[j]] = [b, a]
      }
      return shuffled
    }
  }
}
