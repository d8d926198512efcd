/** Load at a steady rate: so many requests a second, each when it is due. */
import { Effect } from "effect"

/** How it went: how many milliseconds the last due request of a turn was late, at most. */
export interface Paced {
  readonly requests: number
  readonly late: number
}

/** Calls `one` at this rate for so many seconds. */
export const run = (rate: number, seconds: number, one: () => void): Effect.Effect<Paced> =>
  Effect.async((resume) => {
    const total = Math.round(rate * seconds)
    const began = performance.now()
    let requests = 0
    let late = 0
    const turn = () => {
      const due = Math.min(total, Math.ceil(((performance.now() - began) / 1000) * rate))
      late = Math.max(late, ((due - requests) / rate) * 1000)
      while (requests < due) {
        one()
        requests++
      }
      if (requests < total) setTimeout(turn, 4)
      else resume(Effect.succeed({ requests, late }))
    }
    turn()
  })
