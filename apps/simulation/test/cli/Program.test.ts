import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Bugs from "../../src/bugs/Bugs.js"
import * as Program from "../../src/cli/Program.js"

describe("a program", () => {
  it.effect("is one file, which is gone when nobody needs it any more", () =>
    Effect.gen(function* () {
      const path = yield* Effect.scoped(Effect.tap(Program.build(), (built) => expect(existsSync(built)).toBe(true)))
      expect(existsSync(path)).toBe(false)
    })
  )

  it.scoped.each(Bugs.all.slice(0, 1))("has the bug $name in it when it is asked for", (bug) =>
    Effect.gen(function* () {
      const sound = readFileSync(yield* Program.build(), "utf8")
      expect(readFileSync(yield* Program.build(bug), "utf8")).not.toBe(sound)
    })
  )

  it.scoped("is not built with a bug that does not fit", () =>
    Effect.gen(function* () {
      const patch = { file: "packages/tracer/src/index.ts", edits: [{ find: "this is nowhere", replace: "" }] }
      const failure = yield* Effect.flip(Program.build({ name: "unfit", says: "It does not fit.", patches: [patch] }))
      expect(failure.message).toContain(`the bug "unfit" does not fit any more: ${patch.file}`)
    })
  )

  it.scoped("that the compiler does not understand is an error in its words", () =>
    Effect.gen(function* () {
      const edits = [{ find: "export const make", replace: "export konst make" }]
      const file = "packages/tracer/src/deliver/Pauses.ts"
      const failure = yield* Effect.flip(
        Program.build({ name: "garbled", says: "It is not TypeScript.", patches: [{ file, edits }] })
      )
      expect(failure.message).toContain(file)
    })
  )
})
