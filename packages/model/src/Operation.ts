/**
 * What a model call does, in the words of the GenAI conventions (`gen_ai.operation.name`), and how the call types of a
 * gateway's own routes map to them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The operations that are known. What the conventions have no word for begins with `gateway.`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Operation = Schema.Literal(
  "chat",
  "text_completion",
  "embeddings",
  "generate_content",
  "retrieval",
  "create_agent",
  "invoke_agent",
  "invoke_workflow",
  "execute_tool",
  "gateway.moderation",
  "gateway.responses_management",
  "gateway.vector_store_management",
  "gateway.vector_store_file_management"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Operation = typeof Operation.Type

const callTypes: { readonly [Name in Operation]?: ReadonlyArray<string> } = {
  chat: ["completion", "completion_with_retries", "responses"],
  text_completion: ["text_completion"],
  embeddings: ["embedding"],
  generate_content: ["image_generation", "ocr", "speech", "transcription"],
  retrieval: ["vector_store_search", "query"],
  invoke_agent: ["send_message", "send_message_streaming"],
  execute_tool: ["call_mcp_tool"],
  "gateway.moderation": ["moderation"],
  "gateway.responses_management": ["get_responses", "delete_responses", "cancel_responses", "list_input_items"],
  "gateway.vector_store_management": ["create", "retrieve", "list", "update", "delete"].map(
    (verb) => `vector_store_${verb}`
  ),
  "gateway.vector_store_file_management": ["create", "list", "retrieve", "content", "update", "delete"].map(
    (verb) => `vector_store_file_${verb}`
  )
}

const outputTypes: ReadonlyMap<string, string> = new Map([
  ["image_generation", "image"],
  ["speech", "speech"],
  ["transcription", "text"],
  ["ocr", "text"]
])

/** An operation's own name is a call type too, and `a` in front says only that the call was asynchronous. */
const operations: ReadonlyMap<string, Operation> = new Map(
  Operation.literals.flatMap((operation) =>
    [operation, ...(callTypes[operation] ?? [])].flatMap((type) => [
      [type, operation] as const,
      [`a${type}`, operation] as const
    ])
  )
)

const synchronous = (callType: string): string => {
  const name = callType.trim().toLowerCase()
  return outputTypes.has(name) || !name.startsWith("a") ? name : name.slice(1)
}

/**
 * The operation of a call type such as `acompletion`, in any case; `chat` for what is not known.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromCallType = (callType: string | null | undefined): Operation =>
  (typeof callType === "string" ? operations.get(callType.trim().toLowerCase()) : undefined) ?? "chat"

/**
 * What a call type gives back where the route settles it (`gen_ai.output.type`): `image`, `speech` or `text`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const outputType = (callType: string | null | undefined): string | undefined =>
  typeof callType === "string" ? outputTypes.get(synchronous(callType)) : undefined
