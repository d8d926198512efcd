/** The body of `POST /v1/chat/completions`, as far as the gateway reads it. What it does not read is passed on as it came. */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as JsonDepth from "../http/JsonDepth.js"

const rest = { key: Schema.String, value: Schema.Unknown }
const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const ContentPart = Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) }, rest)

const ToolCall = Schema.Struct(
  {
    id: Schema.optional(Schema.String),
    type: Schema.optional(Schema.String),
    function: Schema.optional(Schema.Struct({ name: Schema.String, arguments: Schema.String }, rest))
  },
  rest
)

const roles = ["system", "developer", "user", "assistant", "tool", "function"] as const

/** One message of a conversation. */
export const Message = Schema.Struct(
  {
    // A union says of its first member only that it was expected.
    role: Schema.Literal(...roles).annotations({
      message: () => ({ message: `Expected one of ${roles.join(", ")}`, override: true })
    }),
    content: nullish(Schema.Union(Schema.String, Schema.Array(ContentPart))),
    name: nullish(Schema.String),
    tool_call_id: nullish(Schema.String),
    tool_calls: nullish(Schema.Array(ToolCall))
  },
  rest
)

/** One message of a conversation. */
export type Message = typeof Message.Type

const Tool = Schema.Struct(
  {
    type: Schema.String,
    function: Schema.optional(
      Schema.Struct(
        {
          name: Schema.String,
          description: Schema.optional(Schema.String),
          parameters: Schema.optional(Schema.Unknown)
        },
        rest
      )
    )
  },
  rest
)

const Count = Schema.Int.pipe(Schema.positive())

/** A request for a chat completion. */
export const ChatRequest = Schema.Struct(
  {
    model: Schema.NonEmptyString.pipe(Schema.maxLength(256)),
    messages: Schema.NonEmptyArray(Message),
    stream: nullish(Schema.Boolean),
    stream_options: nullish(Schema.Struct({ include_usage: nullish(Schema.Boolean) }, rest)),
    temperature: nullish(Schema.Number.pipe(Schema.between(0, 2))),
    top_p: nullish(Schema.Number.pipe(Schema.between(0, 1))),
    max_tokens: nullish(Count),
    max_completion_tokens: nullish(Count),
    frequency_penalty: nullish(Schema.Number.pipe(Schema.between(-2, 2))),
    presence_penalty: nullish(Schema.Number.pipe(Schema.between(-2, 2))),
    stop: nullish(Schema.Union(Schema.String, Schema.Array(Schema.String))),
    seed: nullish(Schema.Int),
    reasoning_effort: nullish(Schema.String),
    n: nullish(Count.pipe(Schema.lessThanOrEqualTo(128))),
    tools: nullish(Schema.Array(Tool)),
    user: nullish(Schema.String)
  },
  rest
)

/** A request for a chat completion. */
export type ChatRequest = typeof ChatRequest.Type

/** A body that is no request. `field` is a path such as `messages[0].role`, empty for the body itself. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  field: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return this.field === "" ? `Invalid request body: ${this.detail}` : `Invalid '${this.field}': ${this.detail}`
  }
}

const pathOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}${text === "" ? "" : "."}${String(step)}`),
    ""
  )

const decodeUnknown = Schema.decodeUnknownEither(ChatRequest)

/** Reads a body that nobody has checked; the error names the first field that does not fit. */
export const decode = (body: unknown): Effect.Effect<ChatRequest, InvalidRequest> => {
  const deep = Object.entries(body ?? {}).find(([, value]) => JsonDepth.exceeds(value))
  if (deep !== undefined) {
    const field = Array.isArray(body) ? "" : deep[0].slice(0, 200)
    return Effect.fail(new InvalidRequest({ field, detail: `it is nested more than ${JsonDepth.most} levels deep` }))
  }
  return Effect.mapError(decodeUnknown(body), (error) => {
    // Of the branches of a union the one that got deepest knows best what the caller meant.
    const issue = ParseResult.ArrayFormatter.formatErrorSync(error).reduce((best, next) =>
      next.path.length > best.path.length ? next : best
    )
    return new InvalidRequest({ field: pathOf(issue.path).slice(0, 200), detail: issue.message.slice(0, 300) })
  })
}
