import { describe, expect, it } from "@effect/vitest"
import * as Message from "@tenant-tracer/model/Message"
import * as Chat from "../../src/internal/chat.js"
import * as Turns from "../../src/internal/turns.js"

const inputOf = (parts: ReadonlyArray<Message.MessagePart>, role = "user") =>
  Chat.input({ inputMessages: [{ role, parts }] })

describe("what went over OpenAI's chat API is shown in its shape again", () => {
  it.each([
    ["text", { role: "user", content: "hi" }],
    ["a name", { role: "user", name: "ada", content: "hi" }],
    [
      "an image among text",
      {
        role: "user",
        content: [
          { type: "text", text: "hi " },
          { type: "image_url", image_url: { url: "https://example.com/a.png" } },
          { type: "text", text: "there" }
        ]
      }
    ],
    [
      "an image in itself",
      { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }] }
    ],
    ["a sound", { role: "user", content: [{ type: "input_audio", input_audio: { data: "AA==", format: "wav" } }] }],
    ["a file by its id", { role: "user", content: [{ type: "file", file: { file_id: "file-1" } }] }],
    [
      "a file in itself",
      { role: "user", content: [{ type: "file", file: { file_data: "data:application/pdf;base64,AA==" } }] }
    ],
    [
      "a tool call",
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: '{"city":"Paris"}' } }]
      }
    ],
    ["a thought", { role: "assistant", content: "Sunny.", reasoning_content: "I need the weather." }],
    ["a tool's answer", { role: "tool", content: "rainy", tool_call_id: "a" }],
    [
      "a tool's answer with an image in it",
      {
        role: "tool",
        content: [
          { type: "text", text: "a chart" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }
        ],
        tool_call_id: "a"
      }
    ]
  ])("%s", (_, message) => {
    const messages = Chat.input({ inputMessages: Message.fromOpenAi([message]) })
    expect(JSON.parse(JSON.stringify(messages))).toEqual([message])
  })
})

it("a tool call's arguments and a tool's answer are text, as the API has them", () => {
  expect(inputOf([{ type: "tool_call", name: "f", arguments: { a: 1 } }], "assistant")).toMatchObject([
    { tool_calls: [{ function: { arguments: '{"a":1}' } }] }
  ])
  expect(inputOf([{ type: "tool_call", name: "f" }], "assistant")).toMatchObject([
    { tool_calls: [{ function: { arguments: "" } }] }
  ])
  expect(inputOf([{ type: "tool_call_response", id: "a", response: { celsius: 21 } }], "tool")).toEqual([
    { role: "tool", content: '{"celsius":21}', tool_call_id: "a" }
  ])
})

it("the answers of several tools are a message each", () => {
  const answers = [
    { type: "tool_call_response" as const, id: "a", response: "1" },
    { type: "tool_call_response" as const, id: "b", response: "2" }
  ]
  expect(inputOf(answers, "tool")).toMatchObject([{ tool_call_id: "a" }, { tool_call_id: "b" }])
})

it("what has no word in the API is a file by its address", () => {
  expect(inputOf([{ type: "uri", modality: "document", uri: "https://example.com/a.pdf" }])).toMatchObject([
    { content: [{ type: "file", file: { file_url: "https://example.com/a.pdf" } }] }
  ])
})

it("a summary is of text and calls in that shape, without images and thoughts, and tells which call a tool answers", () => {
  const image = { type: "blob", modality: "image", content: "AA==" } as const
  const turns = Turns.inputTurns({
    inputMessages: [
      { role: "user", parts: [{ type: "text", content: "see" }, image] },
      {
        role: "assistant",
        parts: [
          { type: "reasoning", content: "I ponder." },
          { type: "tool_call", id: "a", name: "f", arguments: { city: "Paris" } }
        ]
      },
      { role: "tool", parts: [{ type: "tool_call_response", id: "a", response: { celsius: 21 } }] }
    ]
  })
  expect(Chat.summary(turns)).toEqual([
    { role: "user", content: "see" },
    {
      role: "assistant",
      tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: '{"city":"Paris"}' } }]
    },
    { role: "tool", content: '{"celsius":21}', tool_call_id: "a" }
  ])
  expect(Chat.summary([])).toBeUndefined()
})

it("nothing said is nothing", () => {
  expect(Chat.input({})).toBeUndefined()
  expect(Chat.output({ outputMessages: [] })).toBeUndefined()
  expect(Chat.tools([])).toBeUndefined()
  expect(Chat.parameters({ encodingFormats: ["float"] })).toBeUndefined()
})

it("a search of memories is given a query and finds records, any other operation brings them along", () => {
  const inputMessages = [{ role: "user", parts: [{ type: "text", content: "likes?" }] }] as const
  const records = [{ id: "m", score: 0.5, content: { likes: ["sun"] } }, { content: undefined }]
  const shown = [{ id: "m", content: { likes: ["sun"] }, score: 0.5 }, { content: null }]
  const call = (operation: string) => ({ _tag: "llm_call", operation, inputMessages, records }) as const
  expect(Chat.lookup(call("search_memory"))).toEqual({ isSearch: true, input: "likes?", output: shown })
  for (const operation of ["create_memory", "upsert_memory", "delete_memory_store"]) {
    expect(Chat.lookup(call(operation))).toEqual({ isSearch: false, input: shown, output: undefined })
  }
  expect(Chat.lookup({ _tag: "llm_call", operation: "search_memory", records: [] })?.output).toBeUndefined()
})

it("a retrieval is given a query and finds documents; a call that asks a model looks nothing up", () => {
  const data = {
    _tag: "llm_call",
    inputMessages: [{ role: "user", parts: [{ type: "text", content: "Paris?" }] }],
    documents: [{ id: "d", score: 1, content: "Sunny." }]
  } as const
  expect(Chat.lookup({ ...data, operation: "retrieval" })).toEqual({
    isSearch: true,
    input: "Paris?",
    output: [{ id: "d", score: 1, content: "Sunny." }]
  })
  for (const operation of ["chat", "embeddings", "", undefined])
    expect(Chat.lookup({ ...data, operation })).toBeUndefined()
})
