import { expect, it } from "@effect/vitest"
import { Either } from "effect"
import * as Options from "../src/Options.js"

const parse = (...args: ReadonlyArray<string>) => Options.parse(args, [1, 2, 4])

it("everything, if nothing is said", () => {
  expect(parse()).toEqual(
    Either.right({
      quick: false,
      json: undefined,
      write: false,
      guard: false,
      help: false,
      only: [1, 2, 4],
      rounds: undefined,
      profiles: undefined
    })
  )
})

it("takes what is said", () => {
  const options = Either.getOrThrow(parse("--quick", "--json", "out.json", "--only", "4,1", "--rounds", "5", "--guard"))
  expect(options).toMatchObject({ quick: true, json: "out.json", only: [4, 1], rounds: 5, guard: true })
})

it.each([
  [["--only", "3"], "there is no mark 3, but 1, 2, 4"],
  [["--only", "one"], '--only takes whole numbers above zero, not "one"'],
  [["--rounds", "0"], '--rounds takes whole numbers above zero, not "0"'],
  [["--fast"], "Unknown option '--fast'"],
  [["--json"], "Option '--json <value>' argument missing"]
])("%j: %s", (args, problem) => {
  expect(Either.getOrThrow(Either.flip(parse(...args)))).toContain(problem)
})
