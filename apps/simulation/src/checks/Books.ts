/** Holds the library's ledger against the model, row by row. */
import { Ledger, type TenantTracer } from "tenant-tracer"
import type { Model, Row } from "../model/Model.js"
import type { Settings } from "../world/World.js"
import type { Breach } from "./Breach.js"

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

/** Why a destination that nothing ever happened to may lose spans: more came than there was room for, the disk failed, its tenant was removed. */
const excused = ["queue_full", "tenant_quota", "budget_full", "parent_lost", "spool_damaged", "not_allowed"]

const lostByNothing = ({ dropped, rejected }: LedgerRow): number =>
  excused.reduce((lost, reason) => lost - (dropped[reason] ?? 0), sum(dropped) + sum(rejected)) -
  (rejected.too_large ?? 0)

const closing = ["shutdown", "evicted", "revoked"]

const rowProblem = (row: LedgerRow, model: Row, settings: Settings): string | undefined => {
  if (!Ledger.balances(row)) return "does not balance"
  if (row.made !== model.made) return `${row.made} made, must be ${model.made}`
  if (row.hidden !== model.hidden) return `${row.hidden} hidden, must be ${model.hidden}`
  const never = neverReasons.find((reason) => (row.dropped[reason] ?? 0) > 0)
  if (never !== undefined) return `dropped for ${never}`
  if (row.delivered > model.acknowledged) return `${row.delivered} delivered, only ${model.acknowledged} arrived`
  // A batch that is interrupted between its halves counts as dropped, though one half has arrived; one on its way is not counted yet.
  const unsure = closing.reduce((sum, reason) => sum + (row.dropped[reason] ?? 0), row.held + row.spooled)
  if (row.delivered + unsure < model.acknowledged) return `${row.delivered} delivered, ${model.acknowledged} arrived`
  const refused = sum(row.rejected) - (row.rejected.too_large ?? 0)
  if (refused > model.refused) return `${refused} rejected, only ${model.refused} were refused`
  if (refused + unsure < model.refused) return `${refused} rejected, ${model.refused} were refused`
  if (row.held < 0 || row.spooled < 0) return "holds less than nothing"
  if (!model.isDisturbed && lostByNothing(row) > model.late)
    return `lost ${lostByNothing(row)} spans, though nothing went wrong on the way`
  if (row.dropped.queue_full !== undefined && !model.isDisturbed && model.made - model.hidden <= settings.queueSpans)
    return "its queue was full before it could be"
  if (row.made === row.hidden + row.delivered && row.orphaned > 0) return "has orphans, though it lost nothing"
  return undefined
}

const ledger = (message: string): Breach => ({ check: "ledger", message })

const bounds = (message: string): Breach => ({ check: "bounds", message })

/** Checks every row, and that there is one for whatever was made. */
const ledgerBreach = (
  { rows, total }: TenantTracer.Status["ledger"],
  model: Model,
  settings: Settings
): Breach | undefined => {
  let made = 0
  for (const row of rows) {
    if (row.id === "others" || row.id === "total") continue
    const expected = model.rowOf(row.id)
    const problem = rowProblem(row, expected, settings)
    if (problem !== undefined)
      return ledger(`${row.id}: ${problem}\n  ${JSON.stringify({ ledger: row, model: expected })}`)
    made += row.made
  }
  let expected = 0
  for (const row of model.rows.values()) expected += row.made
  if (!Ledger.balances(total)) return ledger("the total does not balance")
  return made === expected && total.made === expected
    ? undefined
    : ledger(`${made} made in all rows, ${total.made} in the total, must be ${expected}`)
}

/** What is recorded but not routed; nothing may hold more than it may. */
const heldBreach = (status: TenantTracer.Status, model: Model, settings: Settings): Breach | undefined => {
  const { heldSpans, openSpans } = status.recording
  if (heldSpans !== model.held()) return bounds(`${heldSpans} spans wait for an owner, must be ${model.held()}`)
  if (openSpans !== model.open()) return bounds(`${openSpans} spans are open, must be ${model.open()}`)
  const { maxBytes, used } = status.budget
  if (used > maxBytes || used < 0) return bounds(`${used} bytes are held, at most ${maxBytes} may be`)
  if (used > 0 && heldSpans === 0 && status.ledger.total.held === 0) return bounds(`${used} bytes are held by nobody`)
  return status.providers.size > settings.capacity
    ? bounds(`${status.providers.size} providers are kept, at most ${settings.capacity} may be`)
    : undefined
}

/** Holds the whole status against the model. */
export const breach = (status: TenantTracer.Status, model: Model, settings: Settings): Breach | undefined =>
  ledgerBreach(status.ledger, model, settings) ?? heldBreach(status, model, settings)
