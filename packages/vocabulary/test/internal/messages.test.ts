import { expect, it } from "@effect/vitest"
import * as Messages from "../../src/internal/messages.js"

const image = { type: "blob", modality: "image", mimeType: "image/png", content: "AA==" } as const

it("a tool's answer of parts is spelled as parts are, and any other answer stays as it is", () => {
  const answered = (response: unknown) => Messages.instructions([{ type: "tool_call_response", id: "a", response }])
  expect(answered([image])).toEqual([
    {
      type: "tool_call_response",
      id: "a",
      response: [{ type: "blob", modality: "image", mime_type: "image/png", content: "AA==" }]
    }
  ])
  const noText = { toString: 1 }
  for (const data of [{ mimeType: "x" }, [{ type: "text", text: "of MCP" }], [{ type: noText }], [], "rainy", 0]) {
    expect(answered(data)).toEqual([{ type: "tool_call_response", id: "a", response: data }])
  }
  expect(answered(undefined)).toEqual([{ type: "tool_call_response", id: "a", response: null }])
})

it("what was looked for is a line for each message that has text", () => {
  const text = (content: string) => ({ type: "text", content }) as const
  const user = (...parts: ReadonlyArray<typeof image | ReturnType<typeof text>>) => ({ role: "user", parts })
  const inputMessages = [user(text("Paris"), image, text("?")), user(image), user(text("Rome?"))]
  expect(Messages.query({ inputMessages })).toBe("Paris?\nRome?")
  expect(Messages.query({ inputMessages: [user(image)] })).toBeUndefined()
  expect(Messages.query({})).toBeUndefined()
})

it("a part is where it is, or a data URL", () => {
  expect(Messages.url(image)).toBe("data:image/png;base64,AA==")
  expect(Messages.url({ type: "uri", modality: "image", uri: "https://example.com/a.png" })).toBe(
    "https://example.com/a.png"
  )
})
