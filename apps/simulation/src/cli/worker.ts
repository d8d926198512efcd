/** A process that does one task after another, and tells a history on its standard output. */
import * as Task from "./Task.js"

process.on("message", (task) => {
  // Whoever started it sends nothing else.
  process.send?.(Task.run(task as Task.Task, (line) => process.stdout.write(`${line}\n`)))
})

// Nobody is left to send anything.
process.on("disconnect", () => process.exit())

process.send?.("ready")
