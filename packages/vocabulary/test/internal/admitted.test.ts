import { expect, it } from "@effect/vitest"
import type { AttributeWriter } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../../src/AttributeMap.js"
import { Admitted } from "../../src/internal/admitted.js"

const written = (admits: (key: string) => boolean, write: (out: AttributeWriter) => void) => {
  const attributes: Array<AttributeMap.Attribute> = []
  write(
    new Admitted(
      AttributeMap.writer((attribute) => attributes.push(attribute)),
      admits
    )
  )
  return attributes.map(({ key, type, value }) => [key, type, value])
}

const everything = (out: AttributeWriter) => {
  out.string("s", "")
  out.int("i", 0)
  out.double("d", 0)
  out.boolean("b", false)
  out.strings("l", ["a"])
  out.json("j", null)
}

it("hands on what is admitted, of every type, and nothing else", () => {
  expect(written(() => true, everything)).toEqual([
    ["s", "string", ""],
    ["i", "int", 0],
    ["d", "double", 0],
    ["b", "boolean", false],
    ["l", "strings", ["a"]],
    ["j", "string", "null"]
  ])
  expect(written(() => false, everything)).toEqual([])
  expect(written((key) => key === "i", everything)).toEqual([["i", "int", 0]])
})

it("of what is not written nobody is asked: it stays free for whoever writes it", () => {
  const asked: Array<string> = []
  const ask = (key: string) => asked.push(key) > 0
  written(ask, (out) => {
    out.string("s", undefined)
    out.int("i", undefined)
    out.double("d", undefined)
    out.boolean("b", undefined)
    out.strings("l", undefined)
    out.strings("e", [])
    out.json("j", undefined)
  })
  expect(asked).toEqual([])
})
