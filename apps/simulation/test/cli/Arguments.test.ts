import { availableParallelism } from "node:os"
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Arguments from "../../src/cli/Arguments.js"

const parse = (line: string) => Arguments.parse(line.split(" ").filter((word) => word !== ""))

const workers = availableParallelism()

describe("Arguments", () => {
  it.each([
    ["", { _tag: "Seeds", from: 1, seeds: 200, workers, bug: undefined }],
    ["--seeds 2000 --from 7 --workers 3", { _tag: "Seeds", from: 7, seeds: 2000, workers: 3, bug: undefined }],
    ["--seed 12", { _tag: "Seed", from: 12, seeds: 1, workers, bug: undefined }],
    ["--all-bugs --seeds 5", { _tag: "AllBugs", from: 1, seeds: 5, workers }],
    ["--list-bugs", { _tag: "ListBugs" }],
    ["--help", { _tag: "Help" }]
  ])("reads %j", (line, expected) => {
    expect(parse(line)).toEqual(Either.right(expected))
  })

  it("knows a bug by its name, also for one seed", () => {
    expect(parse("--with-bug leaked-budget")).toMatchObject({
      right: { _tag: "Seeds", bug: { name: "leaked-budget" } }
    })
    expect(parse("--seed 4 --with-bug leaked-budget")).toMatchObject({
      right: { _tag: "Seed", from: 4, bug: { name: "leaked-budget" } }
    })
  })

  it.each([
    ["--seeds 0", `--seeds: "0" is not a whole number from 1`],
    ["--seeds many", `--seeds: "many" is not a whole number from 1`],
    ["--seeds 1e3", `--seeds: "1e3" is not a whole number from 1`],
    ["--from 1.5", `--from: "1.5" is not a whole number from 0`],
    ["--seed 9999999999999999", "--seed: "],
    ["--workers 0", `--workers: "0" is not a whole number from 1`],
    ["--with-bug none", `--with-bug: there is no bug "none"; --list-bugs prints their names`],
    ["--seed 1 --seeds 2", "--seed and --seeds do not go together"],
    ["--seed 1 --from 2", "--seed and --from do not go together"],
    ["--seed 1 --all-bugs", "--seed and --all-bugs do not go together"],
    ["--with-bug leaked-budget --all-bugs", "--with-bug and --all-bugs do not go together"],
    ["--nonsense", "Unknown option '--nonsense'"],
    ["nonsense", "Unexpected argument 'nonsense'"],
    ["--seeds", "Option '--seeds <value>' argument missing"]
  ])("refuses %j", (line, problem) => {
    const parsed = parse(line)
    expect(Either.isLeft(parsed) && parsed.left).toContain(problem)
  })

  it("explains every option", () => {
    for (const option of ["seeds", "from", "seed", "with-bug", "list-bugs", "all-bugs", "workers"])
      expect(Arguments.usage).toContain(`  --${option} `)
  })
})
