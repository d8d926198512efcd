/** Messages and tools in OpenAI's shapes, as ours. Total: what is not understood is left out. */
import type { Message, MessagePart, ToolDefinition } from "../Message.js"
import { elements, property, textProperty } from "./untrusted.js"

export const messages = (input: unknown): ReadonlyArray<Message> =>
  elements(input).flatMap((each) => message(each, "user"))

export const choices = (input: unknown): ReadonlyArray<Message> =>
  elements(input).flatMap((choice) => {
    const finishReason = textProperty(choice, "finish_reason")
    const [answered] = message(property(choice, "message"), "assistant")
    const completion = textProperty(choice, "text")
    if (answered === undefined && completion === undefined && finishReason === undefined) return []
    return [
      {
        ...(answered ?? { role: "assistant", parts: textPart(completion) }),
        ...(finishReason === undefined ? {} : { finishReason })
      }
    ]
  })

export const tools = (input: unknown): ReadonlyArray<ToolDefinition> =>
  elements(input).flatMap((tool) => {
    const definition = property(tool, "function") ?? property(tool, "custom") ?? tool
    const name = textProperty(definition, "name")
    if (name === undefined) return []
    const description = textProperty(definition, "description")
    const parameters = property(definition, "parameters")
    return [
      {
        name,
        ...(description === undefined ? {} : { description }),
        ...(parameters === undefined ? {} : { parameters })
      }
    ]
  })

const message = (input: unknown, defaultRole: string): ReadonlyArray<Message> => {
  const role = textProperty(input, "role") ?? defaultRole
  const name = textProperty(input, "name")
  const parts = role === "tool" || role === "function" ? toolResult(input) : spoken(input)
  // What has neither a role of its own nor content is no message.
  if (parts.length === 0 && textProperty(input, "role") === undefined) return []
  return [{ role, parts, ...(name === undefined ? {} : { name }) }]
}

const spoken = (input: unknown): ReadonlyArray<MessagePart> => {
  const content = property(input, "content")
  const reasoning = textProperty(input, "reasoning_content") ?? textProperty(input, "reasoning")
  return [
    ...(reasoning === undefined ? [] : [{ type: "reasoning" as const, content: reasoning }]),
    ...(typeof content === "string" ? textPart(content) : elements(content).flatMap(contentPart)),
    ...textPart(textProperty(input, "refusal")),
    ...textPart(textProperty(property(input, "audio"), "transcript")),
    ...elements(property(input, "tool_calls")).flatMap((call) => toolCall(call, textProperty(call, "id"))),
    ...toolCall({ function: property(input, "function_call") }, undefined)
  ]
}

const textPart = (content: string | undefined): ReadonlyArray<MessagePart> =>
  content === undefined || content === "" ? [] : [{ type: "text", content }]

const toolResult = (input: unknown): ReadonlyArray<MessagePart> => {
  const content = property(input, "content")
  const id = textProperty(input, "tool_call_id")
  const parts = elements(content).flatMap(contentPart)
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.content] : []))
  // What is nothing but text is what a content of text would have been.
  const response = typeof content === "string" ? content : texts.length === parts.length ? texts.join("") : parts
  return [{ type: "tool_call_response", ...(id === undefined ? {} : { id }), response }]
}

const toolCall = (call: unknown, id: string | undefined): ReadonlyArray<MessagePart> => {
  const called = property(call, "function") ?? property(call, "custom")
  const name = textProperty(called, "name")
  if (name === undefined) return []
  const given = property(called, "arguments") ?? property(called, "input")
  return [
    {
      type: "tool_call",
      ...(id === undefined ? {} : { id }),
      name,
      ...(given === undefined ? {} : { arguments: given })
    }
  ]
}

const contentPart = (part: unknown): ReadonlyArray<MessagePart> => {
  switch (property(part, "type")) {
    case "text":
      return textPart(textProperty(part, "text"))
    case "refusal":
      return textPart(textProperty(part, "refusal"))
    case "image_url": {
      const image = property(part, "image_url")
      return media("image", typeof image === "string" ? image : textProperty(image, "url"))
    }
    case "input_audio": {
      const audio = property(part, "input_audio")
      const content = textProperty(audio, "data")
      const format = textProperty(audio, "format")
      return content === undefined ? [] : [blob("audio", format === undefined ? undefined : `audio/${format}`, content)]
    }
    case "file": {
      const file = property(part, "file")
      const fileId = textProperty(file, "file_id")
      if (fileId !== undefined) return [{ type: "file", modality: "document", fileId }]
      const data = textProperty(file, "file_data")
      return data === undefined || data.startsWith("data:")
        ? media("document", data)
        : [blob("document", undefined, data)]
    }
    default:
      return []
  }
}

const blob = (modality: string, mimeType: string | undefined, content: string): MessagePart => ({
  type: "blob",
  modality,
  ...(mimeType === undefined || mimeType === "" ? {} : { mimeType }),
  content
})

/** Where something is, or the thing itself where a `data:` URL holds it. */
const media = (modality: string, url: string | undefined): ReadonlyArray<MessagePart> => {
  if (url === undefined) return []
  const comma = url.startsWith("data:") ? url.indexOf(",") : -1
  const [mimeType, ...parameters] = url.slice(5, Math.max(comma, 5)).split(";")
  return parameters.includes("base64")
    ? [blob(modality, mimeType, url.slice(comma + 1))]
    : [{ type: "uri", modality, uri: url }]
}
