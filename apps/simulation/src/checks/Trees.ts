/** What must hold when a process has closed: everything is accounted for, and whoever lost nothing has whole trees. */
import * as Effect from "effect/Effect"
import type { DestinationId } from "tenant-tracer"
import type { Copy } from "../model/Model.js"
import type { Run } from "../Run.js"
import type { Breach } from "./Breach.js"

const copiesOf = (run: Run): ReadonlyMap<DestinationId.DestinationId, ReadonlyArray<Copy>> => {
  const all = new Map<DestinationId.DestinationId, Array<Copy>>()
  for (const span of run.spans.values()) {
    if (span.process !== run.process.number) continue
    for (const [id, copy] of span.copies) {
      const known = all.get(id)
      if (known === undefined) all.set(id, [copy])
      else known.push(copy)
    }
  }
  return all
}

const treeProblem = (copy: Copy, run: Run): string | undefined => {
  const { outlet, parent, span } = copy
  if (copy.taken === 0) return `${span.label} never arrived`
  if (parent === undefined)
    return span.request === undefined || span === span.request.root ? undefined : `${span.label} is a second root`
  if (parent === span.request?.caller?.spanId) return undefined
  const above = run.spans.get(parent)?.copies.get(outlet.id)
  return above !== undefined && above.taken > 0 ? undefined : `${span.label} hangs under what never arrived`
}

const end = (message: string): Breach => ({ check: "end", message })

/** Checks the process, which has closed. */
export const breach = (run: Run): Breach | undefined => {
  const { ledger } = Effect.runSync(run.process.service.status)
  if (run.targets !== 0) return end(`${run.targets} targets are still held`)
  const copies = copiesOf(run)
  for (const row of ledger.rows) {
    if (row.held > 0) return end(`${row.id} holds ${row.held} spans after the end`)
    if (row.id === "others" || row.id === "total" || row.made !== row.hidden + row.delivered) continue
    for (const copy of copies.get(row.id) ?? []) {
      const problem = copy.isVisible ? treeProblem(copy, run) : undefined
      if (problem !== undefined) return { check: "tree", message: `at ${row.id}: ${problem}` }
    }
  }
  return undefined
}
