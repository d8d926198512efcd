/** The table of all kinds of step. */
import * as Faults from "./Faults.js"
import * as Finale from "./Finale.js"
import * as Operations from "./Operations.js"
import type { StepKind } from "./Step.js"
import * as Traffic from "./Traffic.js"

/** Every kind, those of the end included, which are never drawn. */
export const all: ReadonlyArray<StepKind> = [
  ...Traffic.kinds,
  ...Faults.kinds,
  ...Operations.kinds,
  Finale.calm,
  Finale.end
]

const byName = new Map(all.map((kind) => [kind.name, kind]))

/** The kind of a step. */
export const kindOf = (step: { readonly kind: string }): StepKind => {
  const kind = byName.get(step.kind)
  if (kind === undefined) throw new Error(`there is no kind of step "${step.kind}"`)
  return kind
}
