/** Watches the destinations of removed tenants: once nothing of theirs is in memory, nothing may go there any more. */
import type { TenantTracer } from "tenant-tracer"
import type { Run } from "../Run.js"

/** Whether work of a tenant is under way, whose spans are still to be sent. */
const isAtWork = (run: Run, tenant: string): boolean => {
  for (const { open, owner } of run.process.model.requests.values()) if (owner === tenant && open.size > 0) return true
  return false
}

/** Notes which of them have come to rest, and which have not, because more was made for them. */
export const watch = (run: Run, status: TenantTracer.Status): void => {
  for (const { accounts, plan, removedIn } of run.tenants.values()) {
    for (const { id } of accounts) {
      const { made } = run.process.model.rowOf(id)
      const isAwake = removedIn === undefined || isAtWork(run, plan.id)
      if (isAwake || run.dormant.get(id)?.made !== made) run.dormant.delete(id)
      if (isAwake || run.dormant.has(id)) continue
      const destination = status.destinations.find((one) => one.id === id)
      const isIdle = destination?.breaker === undefined && (destination?.counts?.held ?? 0) === 0
      if (isIdle) run.dormant.set(id, { since: run.time.now, made })
    }
  }
}
