import { expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { copied } from "../../src/internal/copied.js"

it.prop(
  "copied: the same entries in the same order, and what is written in the copy stays there",
  [FastCheck.array(FastCheck.tuple(FastCheck.string(), FastCheck.anything()))],
  ([entries]) => {
    const map = new Map(entries)
    const copy = copied(map)
    expect([...copy]).toStrictEqual([...map])
    copy.set("written", 1).clear()
    expect([...map]).toStrictEqual([...new Map(entries)])
  }
)
