/** What an OpenAI-compatible server answers, as far as the gateway reads it; the rest is handed on as it came. */
import * as Schema from "effect/Schema"

const rest = { key: Schema.String, value: Schema.Unknown }
const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

/** Tokens used. */
export const Usage = Schema.Struct(
  {
    prompt_tokens: Schema.Number,
    completion_tokens: Schema.Number,
    total_tokens: Schema.optional(Schema.Number),
    prompt_tokens_details: nullish(
      Schema.Struct({ cached_tokens: nullish(Schema.Number), audio_tokens: nullish(Schema.Number) }, rest)
    ),
    completion_tokens_details: nullish(
      Schema.Struct({ reasoning_tokens: nullish(Schema.Number), audio_tokens: nullish(Schema.Number) }, rest)
    )
  },
  rest
)

/** Tokens used. */
export type Usage = typeof Usage.Type

const ToolCall = Schema.Struct(
  {
    id: nullish(Schema.String),
    function: Schema.optional(Schema.Struct({ name: nullish(Schema.String), arguments: nullish(Schema.String) }, rest))
  },
  rest
)

const Said = Schema.Struct(
  { role: nullish(Schema.String), content: nullish(Schema.String), tool_calls: nullish(Schema.Array(ToolCall)) },
  rest
)

/** What the model said in one choice, or the part of it that a chunk adds. */
export type Said = typeof Said.Type

const head = {
  id: Schema.optional(Schema.String),
  model: Schema.optional(Schema.String),
  system_fingerprint: nullish(Schema.String),
  usage: nullish(Usage)
}

/** A whole answer. */
export const Completion = Schema.Struct(
  {
    ...head,
    choices: Schema.Array(Schema.Struct({ message: Said, finish_reason: nullish(Schema.String) }, rest))
  },
  rest
)

/** A whole answer. */
export type Completion = typeof Completion.Type

/** One event of a streamed answer. The last one may have no choice and only the usage. */
export const Chunk = Schema.Struct(
  {
    ...head,
    choices: Schema.Array(
      Schema.Struct({ index: Schema.optional(Schema.Number), delta: Said, finish_reason: nullish(Schema.String) }, rest)
    )
  },
  rest
)

/** One event of a streamed answer. */
export type Chunk = typeof Chunk.Type

/** The models that a server offers. */
export const ModelList = Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String }, rest)) }, rest)

/** The models that a server offers. */
export type ModelList = typeof ModelList.Type
