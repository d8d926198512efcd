/**
 * What a model call does, in the words of the GenAI conventions (`gen_ai.operation.name`), and how the call types of a
 * gateway's own routes map to them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const memory = [
  "create_memory",
  "update_memory",
  "upsert_memory",
  "delete_memory",
  "search_memory",
  "create_memory_store",
  "delete_memory_store"
] as const

/**
 * What is done with an agent or a workflow.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AgentOperation = Schema.Literal("create_agent", "invoke_agent", "invoke_workflow")

/**
 * @since 0.1.0
 * @category models
 */
export type AgentOperation = typeof AgentOperation.Type

/**
 * A name of an operation, if it is one on agents or workflows.
 *
 * @since 0.1.0
 * @category conversions
 */
export const agentOf = (operation: unknown): AgentOperation | undefined =>
  AgentOperation.literals.find((known) => known === operation)

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
  ...AgentOperation.literals,
  "execute_tool",
  ...memory,
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

/**
 * Whether an operation is one on the memories of an agent and not on a model.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isMemory = (operation: string | undefined): boolean => memories.has(operation)

const memories: ReadonlySet<unknown> = new Set(memory)

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
