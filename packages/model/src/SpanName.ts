/**
 * The name of a span: short, of few different values, and as the OpenTelemetry conventions have it: `{operation} {what it is about}`. It is the same
 * in every vocabulary that has no names of its own.
 *
 * @since 0.1.0
 */
import * as DatabaseCall from "./DatabaseCall.js"
import * as HttpMethod from "./HttpMethod.js"
import { boundedText } from "./internal/boundedText.js"
import * as Operation from "./Operation.js"
import type { Read } from "./SpanData.js"
import * as SpanRole from "./SpanRole.js"

/**
 * The longest name, in characters.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxLength = 128

const mcpMethods: ReadonlySet<string> = new Set([
  "completion/complete",
  "elicitation/create",
  "initialize",
  "logging/setLevel",
  "ping",
  "prompts/get",
  "prompts/list",
  "resources/list",
  "resources/read",
  "resources/subscribe",
  "resources/templates/list",
  "resources/unsubscribe",
  "roots/list",
  "sampling/createMessage",
  "tools/call",
  "tools/list"
])

/** Of anything but text nothing is said: payloads come from outside the compiler's sight too. */
const text = (value: unknown): string => (typeof value === "string" ? value : "")

const join = (first: string, second: unknown, third?: unknown): string => after(after(first, text(second)), text(third))

const after = (name: string, part: string): string => (name === "" || part === "" ? name + part : `${name} ${part}`)

const mcpMethod = (method: unknown): string => {
  const known = text(method)
  return mcpMethods.has(known) ? known : "mcp"
}

const untrimmed = (data: Read): string => {
  switch (data._tag) {
    case "proxy_request": {
      // A route is a template; where a caller hands a URL on instead, its query stays out of the name.
      return join(HttpMethod.isKnown(data.method) ? data.method : "HTTP", text(data.route).split(/[?#]/, 1)[0])
    }
    case "llm_call":
      if (Operation.isMemory(data.operation)) return text(data.operation)
      return join(
        text(data.operation) || "chat",
        data.operation === "retrieval" ? data.dataSourceId || data.requestModel : data.requestModel
      )
    case "agent":
      return join(Operation.agentOf(data.operation) ?? "invoke_agent", data.name)
    case "tool_call":
      return join("execute_tool", data.name)
    case "mcp_tool_call":
      return join(mcpMethod(data.method), data.tool || data.prompt)
    case "mcp_list_tools":
      return mcpMethod(data.method)
    case "guardrail":
      return join("execute_guardrail", data.name)
    case "db_call":
      return DatabaseCall.nameOf(data)
    case "service":
      return text(data.phase) || join(text(data.service), data.callType, data.target)
  }
}

/**
 * Names a span. Total: whatever the payload holds, the name is not empty, has at most `maxLength` characters and no
 * control character. HTTP and MCP methods come from closed sets (else `HTTP`, `mcp`); what a caller types, such as a
 * model's name, is cut. `spell` is a vocabulary's own `spanName`, held to the same bounds; what it has no name for is named as ever.
 *
 * @example
 * ```ts
 * import { SpanName } from "@tenant-tracer/model"
 *
 * SpanName.of({ _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" }) // "chat gpt-4o"
 * SpanName.of({ _tag: "proxy_request", method: "POST", route: "/v1/chat/completions" }) // "POST /v1/chat/completions"
 * SpanName.of({ _tag: "db_call", service: "redis", callType: "set" }) // "redis set"
 * SpanName.of({ _tag: "db_call", service: "postgres", callType: "select", target: "teams" }) // "select teams"
 * ```
 *
 * @since 0.1.0
 * @category naming
 */
export const of = (data: Read, spell?: ((data: Read) => string | undefined) | undefined): string => {
  try {
    // An unknown tag, which the types rule out, has no name.
    return (
      boundedText(spell?.(data) ?? untrimmed(data) ?? "", maxLength) || (SpanRole.is(data._tag) ? data._tag : "span")
    )
  } catch {
    // A getter threw, or there is no payload at all.
    return "span"
  }
}
