/**
 * What was said to a model and what it answered, in the shape of the GenAI conventions (`gen_ai.input.messages` and its
 * kin), which every other vocabulary can be written from. Names follow our own camel case; the vocabularies spell them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as OpenAi from "./internal/openAi.js"

/**
 * One part of a message. The shapes are those of the GenAI JSON schemas: `text`, `reasoning`, `tool_call`,
 * `tool_call_response`, `blob`, `uri`, `file`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MessagePart = Schema.Union(
  Schema.Struct({ type: Schema.Literal("text"), content: Schema.String }),
  Schema.Struct({ type: Schema.Literal("reasoning"), content: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("tool_call"),
    id: Schema.optional(Schema.String),
    name: Schema.String,
    /** Whatever the model produced: usually JSON text or an object. */
    arguments: Schema.optional(Schema.Unknown)
  }),
  Schema.Struct({
    type: Schema.Literal("tool_call_response"),
    id: Schema.optional(Schema.String),
    response: Schema.Unknown
  }),
  Schema.Struct({
    type: Schema.Literal("blob"),
    modality: Schema.String,
    mimeType: Schema.optional(Schema.String),
    /** Base64 text. */
    content: Schema.String
  }),
  Schema.Struct({
    type: Schema.Literal("uri"),
    modality: Schema.String,
    mimeType: Schema.optional(Schema.String),
    uri: Schema.String
  }),
  Schema.Struct({
    type: Schema.Literal("file"),
    modality: Schema.String,
    mimeType: Schema.optional(Schema.String),
    fileId: Schema.String
  })
)

/**
 * @since 0.1.0
 * @category models
 */
export type MessagePart = typeof MessagePart.Type

/**
 * A message to or from a model. `finishReason` is present on what a model answered.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Message = Schema.Struct({
  role: Schema.String,
  parts: Schema.Array(MessagePart),
  name: Schema.optional(Schema.String),
  finishReason: Schema.optional(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Message = typeof Message.Type

/**
 * A tool offered to a model. `parameters` is its JSON Schema.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolDefinition = Schema.Struct({
  name: Schema.String,
  description: Schema.optional(Schema.String),
  parameters: Schema.optional(Schema.Unknown)
})

/**
 * @since 0.1.0
 * @category models
 */
export type ToolDefinition = typeof ToolDefinition.Type

/**
 * The messages of an OpenAI chat-completions request, in order. Total: what is no message is left out, and so is a part
 * of a kind that is not known. Text, images, audio (of an answer its transcript) and files, tool calls and their results,
 * refusals and reasoning are kept; roles stay as they are (`developer` too).
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromOpenAi = (messages: unknown): ReadonlyArray<Message> => OpenAi.messages(messages)

/**
 * The messages of an OpenAI chat-completions (or completions) answer, one per choice, with the reason it ended. Total
 * likewise.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromOpenAiChoices = (choices: unknown): ReadonlyArray<Message> => OpenAi.choices(choices)

/**
 * The tools of an OpenAI request: its `tools`, or the `functions` of old. What has no name is left out. Total likewise.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toolsFromOpenAi = (tools: unknown): ReadonlyArray<ToolDefinition> => OpenAi.tools(tools)
