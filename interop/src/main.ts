/** `npm run interop`: sends a tenant's trace to other people's programs, as far as they can be had here, and says what they made of it. */
import { Console, Effect, Fiber } from "effect"
import * as Check from "./Check.js"
import * as Collector from "./Collector.js"
import * as Phoenix from "./Phoenix.js"
import * as Program from "./Program.js"
import * as Python from "./Python.js"
import * as Tools from "./Tools.js"

const version = (command: string, args: ReadonlyArray<string>) =>
  Effect.match(Program.run(command, args), { onFailure: () => `no ${command}`, onSuccess: (said) => said.trim() })

const main = Effect.gen(function* () {
  const versions = [
    `Node ${process.versions.node}`,
    yield* version("python3", ["--version"]),
    ...Tools.lines("python/requirements.txt", "=="),
    yield* version("go", ["version"]),
    ...Tools.lines("collector/go.mod", "collector/receiver/otlpreceiver ")
  ]
  yield* Console.log(`${versions.join("\n")}\n`)
  const checks = yield* Effect.all([Python.checks, Phoenix.checks, Collector.checks])
  yield* Console.log(Check.table(checks.flat()))
  if (checks.flat().some(({ result }) => result === "failed")) process.exitCode = 1
})

const fiber = Effect.runFork(main)

// Whatever was started is ended before we are.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => Effect.runFork(Fiber.interrupt(fiber)))
