/** A fault, written down once for all set-ups, and what came of it. */
import type { ReceiverError } from "@tenant-tracer/receiver"
import type { Effect, Scope } from "effect"
import type { Kind, Said } from "./SetUp.js"
import type { SubjectError } from "./Subject.js"

/** What came of a fault: numbers of spans, and whatever else is worth a word. */
export interface Outcome {
  readonly made: number
  /** Those that arrived, each counted once. */
  readonly received: number
  /** Those that arrived again. */
  readonly again: number
  readonly said: Said
  /** In the words of the table. */
  readonly notes: ReadonlyArray<string>
}

/** One row of the table. */
export interface Scenario {
  /** For the command line. */
  readonly name: string
  /** The row's title. */
  readonly title: string
  /** What is done, and what the numbers mean. */
  readonly method: string
  /** Default: all. */
  readonly kinds?: ReadonlyArray<Kind> | undefined
  readonly run: (kind: Kind) => Effect.Effect<Outcome, SubjectError | ReceiverError.ReceiverError, Scope.Scope>
}
