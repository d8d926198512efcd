import { expect, it } from "@effect/vitest"
import { Vocabulary } from "@tenant-tracer/model"

it.each([
  ["a.b", "a.b", true],
  ["a.b", "a.b.c", false],
  ["a.*", "a.b.c", true],
  ["a.*", "a", false],
  ["a.*", "ab.c", false],
  ["a.*.b", "a.0.b", true],
  ["a.*.b", "a.12.b", true],
  ["a.*.b", "a.0.c", false],
  ["a.*.b", "a.x.b", false],
  ["a.*.b", "a.b", false],
  ["a.*.b", "a..b", false],
  ["a.*.b.c", "a.3.b.c", true],
  ["a.*.*", "a.0.b", true],
  ["a.*.*", "a.12.b.3.c", true],
  ["a.*.*", "a.name", false],
  ["a.*.*", "a.name.0.b", false],
  ["a.*.*", "a.0", false],
  ["a.*.*", "b.0.c", false],
  ["*", "a", true],
  ["*", "a.b", false]
])("the row %s covers %s: %s", (row, key, expected) => {
  expect(Vocabulary.covers(row, key)).toBe(expected)
})
