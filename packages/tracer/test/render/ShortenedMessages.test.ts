/** What a back end keeps little of is still what the GenAI JSON schemas say it is: whoever reads it need not know that it was shortened. */
import * as fs from "node:fs"
import { expect, it } from "@effect/vitest"
import { Message, MessagePart, ToolDefinition } from "@tenant-tracer/model/Message"
import * as SpanData from "@tenant-tracer/model/SpanData"
import { Vocabularies } from "@tenant-tracer/vocabulary"
import { Ajv } from "ajv"
import { Arbitrary, FastCheck } from "effect"
import { AttributeSink } from "../../src/render/AttributeSink.js"

const schemas = new URL("../../../vocabulary/test/schemas/", import.meta.url)

const ajv = new Ajv({ strict: false, formats: { binary: true } })

const validator = (name: string) =>
  ajv.compile(JSON.parse(fs.readFileSync(new URL(`${name}.schema.json`, schemas), "utf8")))

const input = validator("input-messages")
const output = validator("output-messages")
const instructions = validator("system-instructions")
const definitions = validator("tool-definitions")
const documents = validator("retrieval-documents")

const validators = (version: string): Readonly<Record<string, typeof input>> => ({
  "gen_ai.input.messages": input,
  // There a message no longer tells why it ended, which makes it one that goes in.
  "gen_ai.output.messages": version === "next" ? input : output,
  "gen_ai.system_instructions": instructions,
  "gen_ai.tool.definitions": definitions,
  "gen_ai.retrieval.documents": documents
})

const versions = Vocabularies.all.filter(({ name, keys }) => name === "genai" && "gen_ai.input.messages" in keys)

/** Longer than any text that is made at random. */
const long = FastCheck.tuple(FastCheck.string({ minLength: 1 }), FastCheck.integer({ min: 1, max: 200 })).map(
  ([text, times]) => text.repeat(times)
)

const part: FastCheck.Arbitrary<MessagePart> = FastCheck.oneof(
  Arbitrary.make(MessagePart),
  FastCheck.record({ type: FastCheck.constantFrom("text" as const, "reasoning" as const), content: long }),
  FastCheck.record({ type: FastCheck.constant("tool_call" as const), name: long, arguments: FastCheck.json() }),
  FastCheck.record({ type: FastCheck.constant("tool_call_response" as const), id: long, response: long }),
  FastCheck.record({ type: FastCheck.constant("blob" as const), modality: FastCheck.constant("image"), content: long })
)

const messages: FastCheck.Arbitrary<ReadonlyArray<Message>> = FastCheck.array(
  FastCheck.oneof(
    Arbitrary.make(Message),
    FastCheck.record({
      role: FastCheck.constantFrom("system", "user", "assistant", "tool"),
      parts: FastCheck.array(part),
      finishReason: FastCheck.constantFrom("stop", "content_filter")
    })
  )
)

const call: FastCheck.Arbitrary<SpanData.LlmCall> = FastCheck.record({
  _tag: FastCheck.constant("llm_call" as const),
  operation: FastCheck.constantFrom("chat", "generate_content", "retrieval"),
  provider: FastCheck.constant("openai"),
  inputMessages: messages,
  outputMessages: messages,
  systemInstructions: FastCheck.array(part),
  tools: FastCheck.array(Arbitrary.make(ToolDefinition)),
  documents: Arbitrary.make(SpanData.LlmCall.pick("documents")).map((some) => some.documents ?? [])
})

/** Some are hardly longer than the shape of one message. */
const limit = FastCheck.oneof(FastCheck.integer({ min: 60, max: 200 }), FastCheck.integer({ min: 1, max: 3000 }))

const words = /^(?:text|reasoning|tool_call|tool_call_response|blob|uri|file|function)$/

/** The types of all parts, and of tools. */
const typesOf = (items: ReadonlyArray<{ readonly type?: string; readonly parts?: ReadonlyArray<{ type: string }> }>) =>
  items.flatMap(({ parts, type }) => [...(type === undefined ? [] : [type]), ...(parts ?? []).map((one) => one.type)])

it.prop(
  "messages, instructions, tools and documents that were shortened are valid still, their parts of the types that they were",
  [FastCheck.constantFrom(...versions), call, limit],
  ([vocabulary, data, valueLength]) => {
    const out = new AttributeSink({ valueLength, vocabulary })
    vocabulary.write({ name: "x", data, facts: {}, isRoot: false, error: undefined }, out)
    const written = new Map(out.entries)
    for (const [key, validate] of Object.entries(validators(vocabulary.version))) {
      const text = written.get(key)
      if (text === undefined) continue
      expect(String(text).length).toBeLessThanOrEqual(valueLength)
      const value = JSON.parse(String(text))
      expect(validate(value), `${key} ${JSON.stringify(validate.errors)} ${text}`).toBe(true)
      expect(typesOf(value).filter((type) => !words.test(type))).toEqual([])
    }
  },
  { fastCheck: { numRuns: 1000 } }
)

it("a long conversation is among those, so that the property can fail", () => {
  const said = { role: "assistant", parts: [{ type: "tool_call_response" as const, response: "x".repeat(5000) }] }
  const data: SpanData.LlmCall = {
    _tag: "llm_call",
    operation: "chat",
    provider: "openai",
    inputMessages: [said],
    outputMessages: [{ ...said, finishReason: "content_filter" }]
  }
  for (const valueLength of [100, 130, 200, 1000]) {
    for (const vocabulary of versions) {
      const out = new AttributeSink({ valueLength, vocabulary })
      vocabulary.write({ name: "x", data, facts: {}, isRoot: false, error: undefined }, out)
      const text = new Map(out.entries).get("gen_ai.input.messages")
      expect(JSON.parse(String(text))).toMatchObject([{ role: "assistant", parts: [{ type: "tool_call_response" }] }])
    }
  }
})
