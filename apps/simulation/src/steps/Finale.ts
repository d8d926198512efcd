/** How every history ends: perhaps all is well again for a while, then the process closes. */
import * as Effect from "effect/Effect"
import type { Run } from "../Run.js"
import { finish } from "./Operations.js"
import { kind } from "./Step.js"

/** What waits in memory, and on the disk where somebody says where it may go. */
const waiting = (run: Run): number => {
  const { held, spooled } = Effect.runSync(run.process.service.status).ledger.total
  return held + (run.world.settings.asksStore ? spooled : 0)
}

/** As long as it takes for the longest wait that a breaker or a back end may ask for, and some more. */
const patience = 600_000

/** Every back end is well, every credential is taken, nothing is paused: whatever waits has to go. */
export const calm = kind<null>({
  name: "calm",
  weight: 0,
  draw: () => null,
  apply: (run) => {
    if (run.process.state() !== "running") return false
    run.scripts.clear()
    run.resolver = "current"
    if (run.disk !== undefined) run.disk.condition = "well"
    for (const account of run.accounts.values()) {
      account.patience = 0
      account.isBroken = false
      account.oldestAccepted = 0
      for (const credential of account.credentials) credential.hasExpired = false
    }
    for (const id of run.paused.keys()) Effect.runSync(run.process.service.resume(id))
    run.paused.clear()
    const since = run.time.now
    while (waiting(run) > 0 && run.time.now - since < patience) run.advance(5000)
    if (waiting(run) > 0) {
      const { destinations } = Effect.runSync(run.process.service.status)
      const stuck = destinations.filter(({ counts }) => counts !== undefined && counts.held + counts.spooled > 0)
      run.onBreach("stuck", `spans still wait though all has been well for long: ${JSON.stringify(stuck)}`)
    }
    return true
  },
  show: () => ""
})

/** The process closes for good. */
export const end = kind<null>({
  name: "close",
  weight: 0,
  draw: () => null,
  apply: (run) => {
    finish(run)
    return true
  },
  show: () => ""
})
