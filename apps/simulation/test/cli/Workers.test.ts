import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Bugs from "../../src/bugs/Bugs.js"
import * as Commands from "../../src/cli/Commands.js"
import * as Workers from "../../src/cli/Workers.js"

const patience = 240_000

/** The program with histories of a few steps, where it does not matter what happens in them; that of seed 13 ends its process. */
const brief: Bugs.Bug = {
  name: "brief",
  says: "Histories are short.",
  patches: [
    {
      file: "apps/simulation/src/History.ts",
      edits: [
        { find: "export const length = 500", replace: "export const length = 20" },
        {
          find: "const dice = Dice.make(seed)\n",
          replace: "if (seed === 13) process.exit(3)\nconst dice = Dice.make(seed)\n"
        }
      ]
    }
  ]
}

describe("Workers", () => {
  it.live(
    "play some seeds, and none of them fails",
    () =>
      Effect.gen(function* () {
        const workers = yield* Workers.make({ size: 2 })
        const played = yield* Effect.forEach(
          Array.from({ length: 4 }, (_, index) => index + 1),
          (seed) => workers.run({ _tag: "Play", seed }),
          { concurrency: 4 }
        )
        expect(played.map(({ seed }) => seed)).toEqual([1, 2, 3, 4])
        expect(played.filter(({ failed }) => failed !== undefined)).toEqual([])
        expect(played.every(({ counts }) => Object.keys(counts).length >= 5)).toBe(true)
      }).pipe(Effect.scoped),
    patience
  )

  it.live(
    "give up a task that goes on and on, and do the next one",
    () =>
      Effect.gen(function* () {
        const workers = yield* Workers.make({ size: 1, bug: brief, patience: "1 minute" })
        const given = yield* Effect.timeoutOption(workers.run({ _tag: "Play", seed: 1 }), "1 millis")
        expect(given._tag).toBe("None")
        // Not the answer to the one before.
        expect((yield* workers.run({ _tag: "Play", seed: 2 })).seed).toBe(2)
        const hasty = yield* Workers.make({ size: 1, bug: brief, patience: "1 millis" })
        const failure = yield* Effect.flip(hasty.run({ _tag: "Play", seed: 1 }))
        expect(failure.message).toBe("it goes on and on")
      }).pipe(Effect.scoped),
    patience
  )

  it.live(
    "say that a task has ended its process, and do the next one",
    () =>
      Effect.gen(function* () {
        const workers = yield* Workers.make({ size: 1, bug: brief })
        const failure = yield* Effect.flip(workers.run({ _tag: "Play", seed: 13 }))
        expect(failure.message).toBe("its process ended with code 3")
        expect((yield* workers.run({ _tag: "Play", seed: 1 })).seed).toBe(1)
      }).pipe(Effect.scoped),
    patience
  )

  it.live("cannot start with a bug that does not fit", () =>
    Effect.gen(function* () {
      const patch = { file: "packages/tracer/src/index.ts", edits: [{ find: "this is nowhere", replace: "" }] }
      const bug = { name: "unfit", says: "It does not fit.", patches: [patch] }
      const failure = yield* Effect.flip(Workers.make({ size: 1, bug }))
      expect(failure.message).toContain(`the bug "unfit" does not fit any more: ${patch.file}`)
    }).pipe(Effect.scoped)
  )

  it.live(
    "bring a bug back, which is found where without it nothing is wrong",
    () =>
      Effect.gen(function* () {
        const sound = yield* Workers.make({ size: 1 })
        const range = { from: 1, seeds: 200, workers: 1 }
        const quick = ["route-by-trace-id", "double-count-after-a-split"]
        const bugs = Bugs.all.filter(({ name }) => quick.includes(name))
        const found = yield* Effect.forEach(bugs, (bug) => Commands.findBug(bug, range, sound), { concurrency: 2 })
        expect(found.map(({ _tag }) => _tag)).toEqual(["Some", "Some"])
      }).pipe(Effect.scoped),
    patience
  )
})
