/** The one guardrail of the gateway: blocks a prompt or masks parts of it before any model sees it, as its tenant decided. */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as ChatRequest from "../chat/ChatRequest.js"
import * as Pii from "./Pii.js"

/** What to do about one kind of finding. */
export const Action = Schema.Literal("block", "mask", "allow")

/** A tenant's rules, kind by kind. What a tenant does not say is decided here. */
export const Policy = Schema.Struct({
  CREDIT_CARD: Schema.optionalWith(Action, { default: () => "block" }),
  EMAIL: Schema.optionalWith(Action, { default: () => "mask" }),
  SECRET: Schema.optionalWith(Action, { default: () => "block" })
})

/** A tenant's rules, kind by kind. */
export type Policy = typeof Policy.Type

/** How often each kind was found; absent is never. */
export type Counts = { readonly [K in Pii.Kind]?: number }

/** A prompt that does not go to a model. `found` says what was in it, never the text itself. */
export class GuardrailBlocked extends Schema.TaggedError<GuardrailBlocked>()("GuardrailBlocked", {
  found: Schema.Array(Pii.Kind)
}) {
  override get message(): string {
    return `The prompt was blocked because it contains: ${this.found.join(", ")}. Remove it and try again`
  }
}

/** A request that may go on, with what was masked in it. */
export interface Passed {
  readonly request: ChatRequest.ChatRequest
  readonly masked: Counts
}

/** Applies a policy to all texts of a request: contents, text parts, names and tool arguments. */
export const check = (request: ChatRequest.ChatRequest, policy: Policy): Either.Either<Passed, GuardrailBlocked> => {
  const blocked = new Set<Pii.Kind>()
  const masked = new Map<Pii.Kind, number>()
  const clean = (text: string): string => {
    const findings = Pii.find(text)
    const toMask = findings.filter(({ kind }) => policy[kind] === "mask")
    for (const { kind } of findings) if (policy[kind] === "block") blocked.add(kind)
    for (const { kind } of toMask) masked.set(kind, (masked.get(kind) ?? 0) + 1)
    return Pii.mask(text, toMask)
  }
  const messages = Arr.map(
    request.messages,
    (message): ChatRequest.Message => ({
      ...message,
      ...(typeof message.content === "string" ? { content: clean(message.content) } : {}),
      ...(Array.isArray(message.content)
        ? {
            content: message.content.map((part) =>
              part.text === undefined ? part : { ...part, text: clean(part.text) }
            )
          }
        : {}),
      ...(message.tool_calls
        ? {
            tool_calls: message.tool_calls.map((call) =>
              call.function === undefined
                ? call
                : { ...call, function: { ...call.function, arguments: clean(call.function.arguments) } }
            )
          }
        : {})
    })
  )
  return blocked.size > 0
    ? Either.left(new GuardrailBlocked({ found: Array.from(blocked).sort() }))
    : Either.right({ request: { ...request, messages }, masked: Object.fromEntries(masked) })
}
