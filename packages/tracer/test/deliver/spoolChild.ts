/**
 * A process with a spool, for the tests of what is left when a process or the disk gives out: `spoolChild.ts <directory> <role>`. It says on its output,
 * a line each, what it was told before it says more.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Option } from "effect"
import type * as Spool from "../../src/deliver/Spool.js"
import { acme, bytesOf, globex, random, session } from "./spooling.js"

const [, , directory = "", role = ""] = process.argv

const say = (...words: ReadonlyArray<string | number>) =>
  Effect.sync(() => process.stdout.write(`${words.join(" ")}\n`))

const id = (index: number) => (index % 2 === 0 ? acme : globex)

/** Appends for ever, and settles every third record a little later. */
const append = (spool: Spool.Spool.Service, lane: number) =>
  Effect.iterate(0, {
    while: () => true,
    body: (index) =>
      Effect.gen(function* () {
        const text = `${lane}.${index}`
        const ref = yield* spool.append({ id: id(index), spans: [bytesOf(text), random(500)] })
        if (Option.isNone(ref)) return yield* Effect.dieMessage("the record was not taken")
        yield* say("appended", text)
        if (index % 3 !== 0) return index + 1
        yield* say("settling", text)
        spool.settle(ref.value)
        return index + 1
      })
  })

const roles: Record<string, (spool: Spool.Spool.Service) => Effect.Effect<unknown>> = {
  append: (spool) => Effect.forEach([1, 2, 3, 4], (lane) => append(spool, lane), { concurrency: "unbounded" }),
  hold: () => Effect.zipRight(say("holds", "it"), Effect.never),
  /** Writes until it was refused three times, and once more. */
  fill: (spool) =>
    Effect.gen(function* () {
      const spans = [random(1000)]
      let refusals = 0
      let after = 0
      for (let index = 0; refusals < 3 || after < 3; index++) {
        const taken = yield* spool.append({ id: acme, spans: [bytesOf(`${index}`), ...spans] })
        if (Option.isNone(taken)) refusals++
        else if (refusals >= 3) after++
        yield* say(Option.isSome(taken) ? "appended" : "refused", index)
      }
    })
}

session(
  { directory, segmentBytes: role === "append" ? 50_000 : undefined },
  (spool) => roles[role]?.(spool) ?? Effect.void
).pipe(NodeRuntime.runMain)
