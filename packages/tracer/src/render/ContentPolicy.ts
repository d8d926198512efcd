/**
 * Whether what people wrote and models answered may leave for a destination. The default is that nothing does.
 *
 * @since 0.1.0
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"

/**
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
 * A payload without its content. Sizes, counts and names stay.
 *
 * @since 0.1.0
 * @category narrowing
 */
export const withoutContent = (data: SpanData.Read): SpanData.Read => {
  switch (data._tag) {
    case "llm_call":
      return {
        ...data,
        systemInstructions: undefined,
        inputMessages: undefined,
        outputMessages: undefined,
        tools: undefined
      }
    case "agent":
      return { ...data, systemInstructions: undefined, inputMessages: undefined, outputMessages: undefined }
    case "tool_call":
    case "mcp_tool_call":
      return { ...data, arguments: undefined, result: undefined }
    case "guardrail":
      return { ...data, response: undefined }
    default:
      return data
  }
}
