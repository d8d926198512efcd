/** One request as a gateway handles it, with every kind of work in it, for one destination. */
import { HttpApp, HttpServerResponse } from "@effect/platform"
import { Effect } from "effect"
import { type Destination, Phase, Spans, TenantRoute, TenantTracer } from "tenant-tracer"

const path = "/v1/chat/completions"

const text = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

export const question = "What is the weather in Zürich?"
export const answer = "21.5 °C and sunny."

/** What it comes to, whose span each is: the names are the vocabulary's. */
export const tree = [
  "proxy_request",
  "├── auth",
  "│   └── db_call",
  "├── guardrail",
  "├── llm_call",
  "├── tool_call",
  "└── mcp_tool_call"
].join("\n")

const roles: ReadonlyArray<readonly [name: RegExp, role: string]> = [
  [/^auth\b/, "auth"],
  [/postgresql/, "db_call"],
  [/pii/, "guardrail"],
  [/gpt-4o/, "llm_call"],
  [/forecast/, "mcp_tool_call"],
  [/clock/, "tool_call"]
]

/** Which part of the request a span is of, whatever its vocabulary calls it. */
export const roleOf = ({ name }: { readonly name: string }): string =>
  roles.find(([pattern]) => pattern.test(name))?.[1] ?? "proxy_request"

/** Each begins after the last. */
const then = Effect.sleep("2 millis")

interface Options {
  readonly headers?: Readonly<Record<string, string>>
  /** What is done before it is answered. */
  readonly before?: Effect.Effect<unknown, never, TenantTracer.TenantTracer>
}

const app = (destination: Destination.Destination, before: NonNullable<Options["before"]>) =>
  Effect.gen(function* () {
    yield* then.pipe(
      Effect.zipRight(then.pipe(Spans.dbCall({ system: "postgresql", service: "postgresql", callType: "query" }))),
      Phase.auth
    )
    yield* TenantTracer.bind(
      TenantRoute.make({ tenant: "acme", destinations: [destination], facts: { sessionId: "s-1", tags: ["a", "b"] } })
    )
    const messages = { inputMessages: [text("user", question)], outputMessages: [text("assistant", answer)] }
    yield* then.pipe(Spans.guardrail({ name: "pii", mode: "pre_call", status: "success", action: "NONE" }))
    yield* then.pipe(
      Spans.llmCall({
        operation: "chat",
        provider: "openai",
        requestModel: "gpt-4o",
        usage: { inputTokens: 12, outputTokens: 7, totalTokens: 19 },
        ...messages
      })
    )
    yield* then.pipe(Spans.toolCall({ name: "clock", arguments: { zone: "CET" }, result: "12:00" }))
    yield* then.pipe(
      Spans.mcpToolCall({ method: "tools/call", tool: "forecast", serverName: "weather", result: { celsius: 21.5 } })
    )
    yield* Spans.annotateProxyRequest(messages)
    yield* before
    return HttpServerResponse.empty()
  })

/** How many spans it has. */
export const size = tree.split("\n").length

/** Handles it, and sends what is there of it: its root may end a little after it was answered. */
export const handled = (
  destination: Destination.Destination,
  { before = Effect.void, headers = {} }: Options = {}
): Effect.Effect<void, never, TenantTracer.TenantTracer> =>
  Effect.flatMap(Effect.runtime<TenantTracer.TenantTracer>(), (runtime) =>
    Effect.promise(() =>
      HttpApp.toWebHandlerRuntime(runtime)(TenantTracer.middlewareWith({ incoming: "link" })(app(destination, before)))(
        new Request(`http://localhost${path}`, { method: "POST", headers })
      ).then((response) => response.text())
    )
  ).pipe(Effect.zipRight(TenantTracer.flush))
