/** The measurements that belong to one promise. */
import type { Effect } from "effect"
import type { Mark, Measured } from "./Mark.js"
import type { Environment, Outcome, Setting } from "./Rounds.js"
import * as Rounds from "./Rounds.js"

/** What is run, and how thoroughly. */
export interface Plan extends Environment {
  /** Where another sink is, for back ends that are not where the others are. */
  readonly otherPort: number
  readonly quick: boolean
  /** A folder for profiles of what is ours. */
  readonly profiles: string | undefined
}

/** One measurement as a table shows it. */
export interface Row {
  readonly mark: number
  /** What was measured, with its unit. */
  readonly what: string
  readonly setting: Setting
  readonly values: ReadonlyArray<number>
  /** Why there is no number. */
  readonly failed?: string | undefined
}

/** What a suite comes to. */
export interface Found {
  readonly marks: ReadonlyArray<Mark>
  readonly rows: ReadonlyArray<Row>
}

/** One promise: its number, and how it is looked into. */
export interface Suite {
  readonly mark: number
  readonly title: string
  /** What of the time of a run is for it; what it leaves goes to those after it. */
  readonly seconds: { readonly quick: number; readonly full: number }
  readonly run: (plan: Plan) => Effect.Effect<Found>
}

/** Finds an outcome by what its setting says. */
export const finder =
  (outcomes: ReadonlyArray<Outcome>) =>
  (number: string, setting: Partial<Setting>): Measured =>
    Rounds.number(
      outcomes.find((outcome) => Object.entries(setting).every(([key, value]) => outcome.setting[key] === value)),
      number
    )

/** The rows of some numbers of all outcomes. */
export const rows = (
  mark: number,
  outcomes: ReadonlyArray<Outcome>,
  whats: Readonly<Record<string, string>>
): ReadonlyArray<Row> =>
  Object.entries(whats).flatMap(([number, what]) =>
    outcomes.flatMap((outcome) => {
      const { failed, values } = Rounds.number(outcome, number)
      return failed === undefined && values.length === 0 ? [] : { mark, what, setting: outcome.setting, values, failed }
    })
  )

/** The first by the second. */
export const divide = (one = Number.NaN, other = Number.NaN): number => one / other

/** The first by itself. */
export const itself = (one = Number.NaN): number => one

/** How to profile what is ours, where that is wished. */
export const profileOf = (plan: Plan, name: string) =>
  plan.profiles === undefined ? undefined : { folder: plan.profiles, name, of: "cpu" as const }
