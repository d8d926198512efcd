/**
 * What a history is made of: steps, which are plain data, and the kinds of step there are. A kind says how to draw one, how to do it, and how to say
 * what it is; adding a kind is one entry of a table (`Steps`).
 */
import type { Caller } from "../model/Model.js"
import type { Run } from "../Run.js"
import type { Dice } from "../virtual/Dice.js"
import type { World } from "../world/World.js"

/** One step. Any part of a history can be done without the rest: a step whose subject is not there does nothing. */
export interface Step {
  readonly kind: string
  readonly data: unknown
}

/** A request of the history that is being drawn, as far as it can be known before it happens. */
export interface DraftRequest {
  readonly number: number
  readonly tenant: string
  isBound: boolean
  isOpen: boolean
  /** Labels of the work in it that is open, and of all of it. */
  readonly open: Set<string>
  readonly works: Array<string>
}

/** A history that is being drawn. */
export interface Draft {
  readonly world: World
  readonly dice: Dice
  /** The requests of the process that runs now. */
  requests: Array<DraftRequest>
  /** The number of the last request, and of the last span in or outside of one. */
  lastNumber: number
  readonly removed: Set<string>
  paused: Set<string>
  isClosing: boolean
  /** The next tenant whose turn it is: everyone has one before anyone has two. */
  readonly nextTenant: () => string
  readonly caller: () => Caller
}

/** A kind of step. */
export interface StepKind {
  readonly name: string
  /** How often it is drawn, compared with the others. */
  readonly weight: number
  /** Faults are counted in the report, under the name; a history has at least five kinds of them. */
  readonly isFault: boolean
  /** `undefined` where there is nothing to do it to. */
  readonly draw: (draft: Draft) => Step | undefined
  readonly apply: (run: Run, step: Step) => void
  readonly show: (step: Step) => string
}

/** Declares a kind; `apply` gives false where it did nothing. */
export const kind = <Data>(options: {
  readonly name: string
  readonly weight: number
  readonly isFault?: boolean
  readonly draw: (draft: Draft) => Data | undefined
  readonly apply: (run: Run, data: Data) => boolean
  readonly show: (data: Data) => string
}): StepKind => {
  const { apply, draw, isFault = false, name, show, weight } = options
  // Only what this kind has drawn comes back to it.
  const dataOf = (step: Step) => step.data as Data
  return {
    name,
    weight,
    isFault,
    draw: (draft) => {
      const data = draw(draft)
      return data === undefined ? undefined : { kind: name, data }
    },
    apply: (run, step) => {
      if (apply(run, dataOf(step)) && isFault) run.count(name)
    },
    show: (step) => `${name} ${show(dataOf(step))}`
  }
}
