import { describe, expect, it } from "@effect/vitest"
import * as SpanData from "@tenant-tracer/model/SpanData"
import { covers } from "@tenant-tracer/model/Vocabulary"
import { AttributeMap, Vocabularies } from "@tenant-tracer/vocabulary"
import { Arbitrary } from "effect"
import * as ContentPolicy from "../../src/render/ContentPolicy.js"
import * as Renderer from "../../src/render/Renderer.js"
import { ended, view, vocabulary } from "../support/recorded.js"

describe("strictest", () => {
  it.each([
    [["full", "full"], "full"],
    [["full", "none"], "none"],
    [["none", "full"], "none"],
    [["none", "none"], "none"],
    [["full"], "full"]
  ] as const)("%j is %s", (wishes, expected) => {
    expect(ContentPolicy.strictest(...wishes)).toBe(expected)
  })
})

describe("withoutContent", () => {
  const isContent = (content: ReadonlyArray<string>, key: string): boolean => content.some((row) => covers(row, key))

  describe.each(Vocabularies.all.map((each) => [each.name, each] as const))("%s", (_, of) => {
    it.prop(
      "case 237: exactly the content of the vocabulary vanishes, whatever the payload",
      [Arbitrary.make(SpanData.SpanData)],
      ([data]) => {
        const written = (data: SpanData.Read) =>
          AttributeMap.collect(of, { name: "x", data, facts: {}, isRoot: false, error: undefined })
        const full = Object.entries(written(data)).filter(([key]) => !isContent(of.content, key))
        expect(written(SpanData.withoutContent(data))).toEqual(Object.fromEntries(full))
      },
      { fastCheck: { numRuns: 300 } }
    )
  })

  it("case 13: counts, reasons and names stay", () => {
    expect(
      SpanData.withoutContent({
        _tag: "llm_call",
        operation: "chat",
        usage: { inputTokens: 3 },
        finishReasons: ["stop"],
        inputMessages: [{ role: "user", parts: [{ type: "text", content: "secret" }] }]
      })
    ).toEqual({ _tag: "llm_call", operation: "chat", usage: { inputTokens: 3 }, finishReasons: ["stop"] })
  })

  it("case 31: what a tool took and gave goes, its name stays", () => {
    expect(
      SpanData.withoutContent({
        _tag: "mcp_tool_call",
        tool: "get_weather",
        arguments: { city: "Paris" },
        result: 21
      })
    ).toEqual({ _tag: "mcp_tool_call", tool: "get_weather" })
  })

  it("what has no content passes as it is", () => {
    const data: SpanData.Read = { _tag: "db_call", service: "redis", metadata: { table: "t" } }
    expect(SpanData.withoutContent(data)).toBe(data)
  })
})

describe("isContent", () => {
  // What an instrumentation of somebody else's writes on its spans, which the operator sees as they are.
  const attributes = {
    "gen_ai.input.messages": "[canary]",
    "gen_ai.tool.call.arguments": "{canary}",
    "llm.input_messages.0.message.content": "canary",
    "thread.name": "main"
  }
  const both = vocabulary({ name: "genai" }, { name: "openinference" })
  const keysFor = (content: ContentPolicy.Content) => {
    const span = ended(undefined, { attributes })
    const seen = Renderer.render(span, view({ audience: "operator", content, vocabulary: both }), () => {})
    return seen.attributes.map(([key]) => key).filter((key) => key in attributes)
  }

  it("an operator without content reads none from a library's own attributes either", () => {
    expect(keysFor("none")).toEqual(["thread.name"])
  })

  it("an operator with content reads them", () => {
    expect(keysFor("full").sort()).toEqual(Object.keys(attributes).sort())
  })

  it("the name and the version of a prompt stay where its messages go, also where Traceloop's row of messages is read", () => {
    const prompt = {
      "gen_ai.prompt.name": "weather",
      "gen_ai.prompt.version": "3",
      "gen_ai.prompt.0.content": "canary"
    }
    const layered = vocabulary({ name: "genai", version: "next" }, { name: "traceloop" })
    const own = Renderer.render(
      ended(undefined, { attributes: prompt }),
      view({ audience: "operator", content: "none", vocabulary: layered }),
      () => {}
    )
    expect(own.attributes.map(([key]) => key).filter((key) => key in prompt)).toEqual([
      "gen_ai.prompt.name",
      "gen_ai.prompt.version"
    ])
  })

  it("a row without a star is a key, not a prefix", () => {
    const vocabulary = { content: ["own.value", "own.prompts.*"] }
    expect(
      ["own.value", "own.value2", "own.prompts.0", "own.prompts", "own.prompts2.0"].filter((key) =>
        ContentPolicy.isContent(vocabulary, key)
      )
    ).toEqual(["own.value", "own.prompts.0"])
  })

  it.each([
    ["gen_ai.prompt.0.content", true],
    ["gen_ai.completion.12.role", true],
    ["gen_ai.prompt", true],
    ["gen_ai.prompt.name", false],
    ["gen_ai.tool.0.description", true],
    ["gen_ai.tool.name", false],
    ["Gen_AI.Input.Messages", true],
    ["traceloop.entity.input", true],
    ["llm.input_messages.0.message.role", true],
    ["inputs", false],
    ["gen_ai.usage.input_tokens", false]
  ])("of any vocabulary: %s is %s", (key, expected) => {
    expect(ContentPolicy.isContent({ content: [] }, key)).toBe(expected)
  })

  it.each(
    Vocabularies.all.flatMap(({ content, name }) => content.map((row) => [name, row.replace("*", "0")] as const))
  )("%s: %s is content, whichever vocabulary the destination reads", (_, key) => {
    expect(ContentPolicy.isContent({ content: [] }, key)).toBe(true)
  })
})
