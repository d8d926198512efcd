/**
 * What the GenAI conventions say of agents, tools and what is looked up, for vocabularies from before them that have no words of their own for it.
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import { filled, from, jsonText, type WriterOf } from "./keyTable.js"

export const keys = {
  ...from(
    "semconv 1.41 gen-ai/gen-ai-agent-spans.md#invoke-agent-client-span",
    "gen_ai.agent.name",
    "gen_ai.agent.id",
    "gen_ai.agent.version",
    "gen_ai.agent.description",
    "gen_ai.conversation.id",
    "gen_ai.data_source.id"
  ),
  ...from("semconv 1.41 gen-ai/gen-ai-agent-spans.md#invoke-workflow-span", "gen_ai.workflow.name"),
  ...from(
    "semconv 1.41 gen-ai/gen-ai-spans.md#execute-tool-span",
    "gen_ai.operation.name",
    "gen_ai.tool.name",
    "gen_ai.tool.type",
    "gen_ai.tool.description",
    "gen_ai.tool.call.id"
  )
}

export const exchangeKeys = from(
  "semconv 1.41 gen-ai/gen-ai-spans.md#execute-tool-span",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result"
)

type Out = WriterOf<typeof keys>

/** Where a model call or an agent belongs and looks things up. */
export const context = (data: SpanData.Read<SpanData.LlmCall | SpanData.Agent>, out: Out): void => {
  out.string("gen_ai.conversation.id", filled(data.conversationId))
  out.string("gen_ai.data_source.id", data.dataSourceId)
}

export const agent = (data: SpanData.Read<SpanData.Agent>, out: Out): void => {
  out.string("gen_ai.operation.name", data.operation ?? "invoke_agent")
  const isWorkflow = data.operation === "invoke_workflow"
  out.string(isWorkflow ? "gen_ai.workflow.name" : "gen_ai.agent.name", data.name)
  out.string("gen_ai.agent.id", data.id)
  out.string("gen_ai.agent.version", data.version)
  out.string("gen_ai.agent.description", data.description)
  context(data, out)
}

export const tool = (data: SpanData.Read<SpanData.ToolCall>, out: Out): void => {
  out.string("gen_ai.operation.name", "execute_tool")
  out.string("gen_ai.tool.name", data.name)
  out.string("gen_ai.tool.type", data.type)
  out.string("gen_ai.tool.description", data.description)
  out.string("gen_ai.tool.call.id", data.callId)
}

/** What a tool took and answered: content. */
export const exchange = (
  data: SpanData.Read<SpanData.ToolCall | SpanData.McpToolCall>,
  out: WriterOf<typeof exchangeKeys>
): void => {
  jsonText("gen_ai.tool.call.arguments", data.arguments, out)
  jsonText("gen_ai.tool.call.result", data.result, out)
}
