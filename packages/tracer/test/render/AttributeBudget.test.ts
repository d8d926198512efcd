import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as AttributeBudget from "../../src/render/AttributeBudget.js"

const spelling: AttributeBudget.Spelling = {
  keys: { error: "", model: "", note: "", "in.*": "", "out.*": "", "other.*": "", "tool.*": "", "meta.*": "" },
  content: ["note"],
  core: ["error", "model"],
  lists: { in: "conversation", other: "conversation", out: "ranked", tool: "tools", spare: "tools" }
}

const flat = (list: string, count: number, ...fields: ReadonlyArray<string>): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => fields.map((field) => `${list}.${index}.${field}`)).flat()

const kept = (keys: ReadonlyArray<string>, limit: number, of = spelling) => {
  const values = new Map(keys.map((key) => [key, key]))
  const dropped = AttributeBudget.fit(values, limit, of)
  expect(dropped).toBe(keys.length - values.size)
  return [...values.keys()]
}

/** What is left as the room shrinks to one attribute less than there are, and so on. */
const order = (keys: ReadonlyArray<string>, of = spelling): ReadonlyArray<string> => {
  const gone: Array<string> = []
  let before = keys
  for (let limit = keys.length - 1; limit >= 0; limit--) {
    const left = kept(keys, limit, of)
    gone.push(before.filter((key) => !left.includes(key)).join(" "))
    before = left
  }
  return gone.filter((text) => text !== "")
}

describe("fit", () => {
  it("leaves alone what fits", () => {
    const keys = ["error", ...flat("in", 3, "role"), "meta.a"]
    expect(kept(keys, keys.length)).toEqual(keys)
  })

  it("everything goes in the order of the rule", () => {
    const keys = ["error", "note", "meta.a", ...flat("in", 4, "role"), ...flat("out", 3, "role"), "raw", "model"]
    expect(order(keys)).toEqual([
      "in.1.role",
      "in.2.role",
      "out.2.role",
      "out.1.role",
      "raw",
      "meta.a",
      "in.0.role",
      "in.3.role",
      "out.0.role",
      "note",
      "model",
      "error"
    ])
  })

  it("case 85: where there is room for little, the newest message outlives the first and the first choice outlives both", () => {
    const turns = [...flat("in", 6, "role", "content"), ...flat("out", 2, "role", "content")]
    expect(kept(["error", ...turns], 5)).toEqual(["error", "in.5.role", "in.5.content", "out.0.role", "out.0.content"])
    expect(kept(["error", ...turns], 3)).toEqual(["error", "out.0.role", "out.0.content"])
  })

  it("the longest conversation gives up first, and the one that was written first where they are as long", () => {
    expect(order([...flat("in", 3, "role"), ...flat("other", 5, "role")]).slice(0, 5)).toEqual([
      "other.1.role",
      "other.2.role",
      "in.1.role",
      "other.3.role",
      "in.0.role"
    ])
  })

  it("a message goes as a whole, its tool calls before it and the last of them first", () => {
    const call = (index: number) => [`in.1.tool_calls.${index}.tool_call.id`, `in.1.tool_calls.${index}.tool_call.name`]
    const keys = ["in.0.role", "in.1.role", ...call(0), ...call(1), "in.1.contents.0.text", "in.2.role"]
    expect(order(keys).slice(0, 3)).toEqual([call(1).join(" "), call(0).join(" "), "in.1.role in.1.contents.0.text"])
  })

  it("a list that no vocabulary names is a conversation", () => {
    expect(order(flat("unknown", 4, "role"), { keys: {}, content: [] })).toEqual([
      "unknown.1.role",
      "unknown.2.role",
      "unknown.0.role",
      "unknown.3.role"
    ])
  })

  it("without a core of its own a vocabulary keeps its single keys that are no content", () => {
    const { core: _, ...plain } = spelling
    expect(order(["note", "model", "meta.a"], plain)).toEqual(["meta.a", "note", "model"])
  })

  it("says how a span ended to the last", () => {
    expect(kept(["gateway.cancelled", "model", "note", "raw"], 2)).toEqual(["gateway.cancelled", "model"])
  })

  it("no key is taken for one of an object's own", () => {
    expect(kept(["toString", "toString.0.a", "error"], 1)).toEqual(["error"])
  })
})

describe("tools", () => {
  const indices = (keys: ReadonlyArray<string>, list: string) =>
    keys.flatMap((key) => (key.startsWith(`${list}.`) ? [Number(key.split(".")[1])] : []))

  it("have a quarter of the attributes, also where there is room for more; the first win", () => {
    expect(indices(kept(flat("tool", 100, "schema"), 128), "tool")).toEqual(Array.from({ length: 32 }, (_, i) => i))
  })

  it("share it among their lists, and one of each always stays whole", () => {
    const both = [...flat("tool", 20, "name", "description", "schema"), ...flat("spare", 20, "schema")]
    const left = kept(both, 128)
    expect(new Set(indices(left, "tool")).size).toBe(5)
    expect(indices(left, "spare")).toHaveLength(16)
    expect(kept(flat("tool", 9, "a", "b", "c", "d"), 8)).toEqual(["tool.0.a", "tool.0.b", "tool.0.c", "tool.0.d"])
  })

  it("go before what is left of conversations and answers", () => {
    expect(
      order([...flat("in", 2, "role"), ...flat("out", 2, "role"), ...flat("tool", 2, "schema")]).slice(0, 2)
    ).toEqual(["tool.1.schema", "out.1.role"])
  })
})

it.prop(
  "never more than fits, as much as fits, the core to the last, and what is gone is counted",
  [
    FastCheck.uniqueArray(
      FastCheck.oneof(
        FastCheck.constantFrom("error", "model", "note", "meta.a", "meta.b", "raw"),
        FastCheck.tuple(FastCheck.constantFrom("in", "out", "other", "unknown"), FastCheck.nat(9)).map(
          ([list, index]) => `${list}.${index}.role`
        )
      )
    ),
    FastCheck.nat(40)
  ],
  ([keys, limit]) => {
    const left = kept(keys, limit)
    // Items of one key each go one by one: there is no reason to give up more than needed.
    expect(left).toHaveLength(Math.min(keys.length, limit))
    const core = keys.filter((key) => key === "error" || key === "model")
    if (limit >= core.length) expect(left).toEqual(expect.arrayContaining(core))
    expect(left).toEqual(keys.filter((key) => left.includes(key)))
  }
)
