import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Bugs from "../src/bugs/Bugs.js"
import * as Report from "../src/cli/Report.js"
import * as Task from "../src/cli/Task.js"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

const simulate = (...args: ReadonlyArray<string>) =>
  Effect.async<{ readonly status: number; readonly stdout: string; readonly stderr: string; readonly last: string }>(
    (resume) => {
      const child = execFile(
        process.execPath,
        ["--import", "tsx", main, ...args],
        { cwd: fileURLToPath(Bugs.root) },
        (_, stdout, stderr) => {
          const last = stdout.trimEnd().split("\n").at(-1) ?? ""
          resume(Effect.succeed({ status: child.exitCode ?? -1, stdout, stderr, last }))
        }
      )
      return Effect.sync(() => child.kill())
    }
  )

/** What is printed when these seeds are played in this process. */
const expected = (_tag: "Play" | "Show", ...seeds: ReadonlyArray<number>): string => {
  const lines: Array<string> = []
  // What both of these tasks answer.
  const played = seeds.map((seed) => Task.run({ _tag, seed }, (line) => lines.push(line)) as Task.Played)
  return `${[...lines, ...Report.faults(played), "", Report.sum(seeds.length, 0)].join("\n")}\n`
}

const patience = 240_000

describe("npm run simulate", () => {
  it.live(
    "lists the bugs, one a line",
    () =>
      Effect.gen(function* () {
        const { status, stdout } = yield* simulate("--list-bugs")
        expect(status).toBe(0)
        expect(stdout).toBe(Bugs.all.map(({ name }) => `${name}\n`).join(""))
      }),
    patience
  )

  it.live(
    "says how it is called to whoever calls it otherwise",
    () =>
      Effect.gen(function* () {
        const { status, stderr, stdout } = yield* simulate("--seeds", "none")
        expect(status).toBe(2)
        expect(stdout).toBe("")
        expect(stderr).toMatch(/^--seeds: "none" is not a whole number from 1\n\nUsage: npm run simulate/)
      }),
    patience
  )

  it.live(
    "plays one seed, the same in every process",
    () =>
      Effect.gen(function* () {
        const { last, status, stdout } = yield* simulate("--seed", "1")
        expect({ last, status }).toEqual({ status: 0, last: "1 passed, 0 failed" })
        expect(stdout).toMatch(/^1\. /)
        expect(stdout).toContain("\nwhat happened in 1 seed:\n")
        expect(stdout).toBe(expected("Show", 1))
      }),
    patience
  )

  it.live(
    "gives the same for many seeds on several processes as in one",
    () =>
      Effect.gen(function* () {
        const { last, status, stdout } = yield* simulate("--seeds", "3", "--from", "2", "--workers", "2")
        expect({ last, status }).toEqual({ status: 0, last: "3 passed, 0 failed" })
        expect(stdout).toBe(expected("Play", 2, 3, 4))
      }),
    patience
  )

  it.live(
    "shows the shortest history in which a bug is found",
    () =>
      Effect.gen(function* () {
        const { last, status, stdout } = yield* simulate("--with-bug", "shared-header-object", "--seeds", "20")
        expect(status).toBe(1)
        expect(stdout).toMatch(/\nseed \d+ failed at step \d+ of \d+: foreign headers: /)
        const [, steps] = stdout.match(/the shortest history that shows it \((\d+) steps\)/) ?? []
        expect(Number(steps)).toBeLessThan(6)
        expect(last).toMatch(/^\d+ passed, 1 failed$/)
      }),
    patience
  )
})
