/**
 * Whether what people wrote and models answered may leave for a destination. The default is that nothing does.
 *
 * @since 0.1.0
 */
import * as Redaction from "@tenant-tracer/model/Redaction"
import { covers, type Vocabulary } from "@tenant-tracer/model/Vocabulary"
import type { RequestTrace } from "../record/RequestTrace.js"

/**
 * How much of what people wrote and models answered may leave: nothing or all of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Content = "none" | "full"

/**
 * The strictest of several wishes wins.
 *
 * @since 0.1.0
 * @category combining
 */
export const strictest = (...wishes: ReadonlyArray<Content>): Content =>
  wishes.every((wish) => wish === "full") ? "full" : "none"

/**
 * What a destination gets of one trace: no more than the operator and the destination allow, which is the view's, and the request with its route.
 *
 * @since 0.1.0
 * @category accessors
 */
export const of = (view: { readonly audience: string; readonly content: Content }, request: RequestTrace): Content =>
  isMetadataOnly(view, request) ? "none" : strictest(view.content, request.content)

/**
 * Whether a destination that is the operator's gets of a trace the structure, the timing and the counts alone.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isMetadataOnly = (view: { readonly audience: string }, request: RequestTrace): boolean =>
  view.audience !== "tenant" && request.isMetadataOnly

/** The messages of a conversation and the tools that were offered, one after another; beside them stand `gen_ai.prompt.name` and `gen_ai.tool.name`. */
const isItem = (key: string): boolean => /^gen_ai\.(?:prompt|completion|tool)\.\d/.test(key)

/** What instrumentations are known to write content under, whichever vocabulary the destination reads. */
const isKnown = Redaction.matcher([
  "gen_ai.system_instructions",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.tool.definitions",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "gen_ai.retrieval.query.text",
  "gen_ai.retrieval.documents",
  "gen_ai.memory.query.text",
  "gen_ai.memory.records",
  "gen_ai.prompt.variable.*",
  "gen_ai.prompt",
  "gen_ai.completion",
  "gen_ai.event.content",
  "gen_ai.request.tools",
  "gen_ai.request.documents",
  "gen_ai.request.embedding_inputs",
  "gateway.guardrail.response",
  "litellm.guardrail.response",
  "llm.request.functions.*",
  "input",
  "input.value",
  "input.mime_type",
  "output",
  "output.value",
  "output.mime_type",
  "llm.input_messages",
  "llm.input_messages.*",
  "llm.output_messages",
  "llm.output_messages.*",
  "llm.prompts",
  "llm.prompts.*",
  "llm.completions",
  "llm.completions.*",
  "llm.responses",
  "llm.choices.*",
  "llm.tools.*",
  "embedding.embeddings.*",
  "retrieval.documents.*",
  "reranker.input_documents.*",
  "reranker.output_documents.*",
  "langfuse.observation.input",
  "langfuse.observation.output",
  "langfuse.trace.input",
  "langfuse.trace.output",
  "traceloop.entity.input",
  "traceloop.entity.output",
  "braintrust.input_json",
  "braintrust.output_json",
  "braintrust.metadata.tools",
  "ai.prompt",
  "ai.prompt.*",
  "ai.response.text",
  "ai.response.object",
  "ai.response.toolCalls",
  "ai.toolCall.args",
  "ai.toolCall.result",
  "ai.value",
  "ai.values",
  "mlflow.spanInputs",
  "mlflow.spanOutputs",
  "weave.output",
  "prompt",
  "completion",
  "tools"
])

/**
 * Whether an attribute that a library wrote by itself carries content, in the words of a vocabulary or of any other that is known.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isContent = (vocabulary: Pick<Vocabulary, "content">, key: string): boolean =>
  isKnown(key) || isItem(key) || vocabulary.content.some((row) => covers(row, key))
