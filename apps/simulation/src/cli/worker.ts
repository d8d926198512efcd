/** A process that plays the seeds that it is sent, one after another. */
import * as Result from "./Result.js"

process.on("message", (seed) => {
  if (typeof seed === "number") process.send?.(Result.of(seed))
})

// Nobody is left to send anything.
process.on("disconnect", () => process.exit())
