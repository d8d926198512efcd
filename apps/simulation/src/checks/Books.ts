/** Holds the library's ledger against the model, row by row. */
import { Ledger, type TenantTracer } from "tenant-tracer"
import type { Model, Row } from "../model/Model.js"
import type { Settings } from "../world/World.js"
import type { OnBreach } from "./Breach.js"

type LedgerRow = TenantTracer.Status["ledger"]["total"]

const sum = (counts: Readonly<Record<string, number>>): number => {
  let total = 0
  for (const reason in counts) total += counts[reason] ?? 0
  return total
}

/** Reasons that only a mistake of the library's own could have. */
const neverReasons = [
  "exporter_defect",
  "encode_failed",
  "render_failed",
  "invalid_request",
  "interrupted",
  "provider_build",
  "provider_saturated"
]

/** What a destination that nothing ever happened to may have lost: what came faster than it could go, and what came too late. */
const lostByNothing = ({ dropped, rejected }: LedgerRow): number =>
  sum(dropped) - (dropped.queue_full ?? 0) + sum(rejected) - (rejected.too_large ?? 0)

const rowProblem = (row: LedgerRow, model: Row, settings: Settings): string | undefined => {
  if (!Ledger.balances(row)) return "does not balance"
  if (row.made !== model.made) return `${row.made} made, must be ${model.made}`
  if (row.hidden !== model.hidden) return `${row.hidden} hidden, must be ${model.hidden}`
  const never = neverReasons.find((reason) => (row.dropped[reason] ?? 0) > 0)
  if (never !== undefined) return `dropped for ${never}`
  if (row.delivered > model.acknowledged) return `${row.delivered} delivered, only ${model.acknowledged} arrived`
  // A batch that is interrupted between its halves counts as dropped, though one half has arrived; one on its way is not counted yet.
  const unsure = (row.dropped.shutdown ?? 0) + (row.dropped.evicted ?? 0) + row.held
  if (row.delivered + unsure < model.acknowledged) return `${row.delivered} delivered, ${model.acknowledged} arrived`
  const refused = sum(row.rejected) - (row.rejected.too_large ?? 0)
  if (refused > model.refused) return `${refused} rejected, only ${model.refused} were refused`
  if (refused + unsure < model.refused) return `${refused} rejected, ${model.refused} were refused`
  if (row.held < 0 || row.spooled < 0) return "holds less than nothing"
  if (!model.isDisturbed && lostByNothing(row) > model.late)
    return `lost ${lostByNothing(row)} spans, though nothing went wrong on the way`
  if (row.dropped.queue_full !== undefined && !model.isDisturbed && model.made - model.hidden <= settings.queueSpans)
    return "its queue was full before it could be"
  return undefined
}

const show = (row: LedgerRow, model: Row): string => JSON.stringify({ ledger: row, model })

/** Checks every row, and that there is one for whatever was made. */
export const check = (
  ledger: TenantTracer.Status["ledger"],
  model: Model,
  settings: Settings,
  onBreach: OnBreach
): void => {
  let made = 0
  for (const row of ledger.rows) {
    if (row.id === "others" || row.id === "total") continue
    const expected = model.rowOf(row.id)
    const problem = rowProblem(row, expected, settings)
    if (problem !== undefined) return onBreach("ledger", `${row.id}: ${problem}\n  ${show(row, expected)}`)
    made += row.made
  }
  if (!Ledger.balances(ledger.total)) return onBreach("ledger", "the total does not balance")
  let expected = 0
  for (const row of model.rows.values()) expected += row.made
  if (made !== expected || ledger.total.made !== expected)
    return onBreach("ledger", `${made} made in all rows, ${ledger.total.made} in the total, must be ${expected}`)
}

/** Checks what is recorded but not routed, and that nothing holds more than it may. */
export const checkHeld = (status: TenantTracer.Status, model: Model, settings: Settings, onBreach: OnBreach): void => {
  const { heldSpans, openSpans } = status.recording
  if (heldSpans !== model.held()) return onBreach("holding", `${heldSpans} spans wait for an owner, must be ${model.held()}`)
  if (openSpans !== model.open()) return onBreach("holding", `${openSpans} spans are open, must be ${model.open()}`)
  if (status.providers.size > settings.capacity)
    return onBreach("bounds", `${status.providers.size} providers, at most ${settings.capacity} may be kept`)
}
