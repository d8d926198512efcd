import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Bugs from "../src/bugs/Bugs.js"

const simulate = (...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("../src/main.ts", import.meta.url)), ...args],
    { encoding: "utf8", cwd: fileURLToPath(Bugs.root) }
  )
  return { status, stderr, stdout, last: stdout.trimEnd().split("\n").at(-1) }
}

describe("npm run simulate", () => {
  it("lists the bugs, one a line", () => {
    const { status, stdout } = simulate("--list-bugs")
    expect(status).toBe(0)
    expect(stdout).toBe(Bugs.all.map(({ name }) => `${name}\n`).join(""))
  }, 60_000)

  it("says how it is called to whoever calls it otherwise", () => {
    const { status, stderr, stdout } = simulate("--seeds", "none")
    expect(status).toBe(2)
    expect(stdout).toBe("")
    expect(stderr).toMatch(/^--seeds: "none" is not a whole number from 1\n\nUsage: npm run simulate/)
  }, 60_000)

  it("plays one seed, the same each time", () => {
    const first = simulate("--seed", "1")
    expect(first).toMatchObject({ status: 0, last: "1 passed, 0 failed" })
    expect(first.stdout).toMatch(/^1\. /)
    expect(first.stdout).toContain("\nwhat happened in 1 seed:\n")
    expect(simulate("--seed", "1").stdout).toBe(first.stdout)
  }, 120_000)

  it("gives the same for many seeds, on however many processes", () => {
    const alone = simulate("--seeds", "4", "--from", "2", "--workers", "1")
    expect(alone).toMatchObject({ status: 0, last: "4 passed, 0 failed" })
    expect(simulate("--seeds", "4", "--from", "2", "--workers", "3").stdout).toBe(alone.stdout)
  }, 120_000)

  it("shows the shortest history in which a bug is found", () => {
    const { last, status, stdout } = simulate("--with-bug", "shared-header-object", "--seeds", "20")
    expect(status).toBe(1)
    expect(stdout).toMatch(/\nseed \d+ failed at step \d+ of \d+: foreign headers: /)
    const [, steps] = stdout.match(/the shortest history that shows it \((\d+) steps\)/) ?? []
    expect(Number(steps)).toBeLessThan(6)
    expect(last).toMatch(/^\d+ passed, 1 failed$/)
  }, 120_000)
})
