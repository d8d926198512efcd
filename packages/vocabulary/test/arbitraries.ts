/** Spans made of anything that fits the schemas, and of less: a reader may have left out any field that did not fit. */
import * as Operation from "@tenant-tracer/model/Operation"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as TraceFacts from "@tenant-tracer/model/TraceFacts"
import { covers, type TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Vocabularies from "../src/Vocabularies.js"

const partly = <A extends object>(whole: FastCheck.Arbitrary<A>): FastCheck.Arbitrary<A> =>
  whole.chain((value) =>
    FastCheck.subarray(Object.keys(value)).map(
      // Every field but the tag is optional in what a reader hands on.
      (kept) => Object.fromEntries(Object.entries(value).filter(([key]) => key === "_tag" || kept.includes(key))) as A
    )
  )

const whole: FastCheck.Arbitrary<SpanData.SpanData> = Arbitrary.make(SpanData.SpanData)

/** Words that vocabularies know, which no arbitrary text hits upon. */
const known: FastCheck.Arbitrary<Readonly<Record<string, string>>> = FastCheck.record({
  operation: FastCheck.constantFrom(...Operation.Operation.literals),
  provider: FastCheck.constantFrom("openai", "azure.ai.openai", "gcp.vertex_ai", "mistral_ai", "x_ai", ""),
  service: FastCheck.constantFrom("postgres", "redis", "auth"),
  method: FastCheck.constantFrom("tools/call", "prompts/get", "POST", "BREW")
})

/** What somebody noted of a service under the name of a key, which vocabularies that tell bare names may not take for theirs. */
export const noted: FastCheck.Arbitrary<Readonly<Record<string, string>>> = FastCheck.dictionary(
  FastCheck.constantFrom(
    ...new Set(
      Vocabularies.all.flatMap(({ keys }) => Object.keys(keys).filter((row) => covers("*", row) && row !== "*"))
    )
  ),
  FastCheck.constant("noted")
)

/** A payload that says some of them, in the fields that it has anyway. */
const knowing = (payload: FastCheck.Arbitrary<SpanData.SpanData>): FastCheck.Arbitrary<SpanData.SpanData> =>
  FastCheck.tuple(payload, known, noted).map(([data, words, metadata]) => {
    const said = Object.entries({ ...words, metadata }).filter(
      ([key]) => key in data && (key !== "operation" || data._tag === "llm_call")
    )
    // The words are texts, as these fields are, and what is noted is anything.
    return { ...data, ...Object.fromEntries(said) } as SpanData.SpanData
  })

const data: FastCheck.Arbitrary<SpanData.Read | undefined> = FastCheck.option(
  FastCheck.oneof(whole, knowing(whole), partly(knowing(whole))),
  { nil: undefined, freq: 20 }
)

const error: FastCheck.Arbitrary<SpanData.SpanError | undefined> = FastCheck.option(
  Arbitrary.make(SpanData.SpanError),
  {
    nil: undefined
  }
)

const facts: FastCheck.Arbitrary<TraceFacts.TraceFacts> = Arbitrary.make(TraceFacts.TraceFacts)

export const typedSpan: FastCheck.Arbitrary<TypedSpan> = FastCheck.record({
  name: FastCheck.string(),
  data,
  facts,
  isRoot: FastCheck.boolean(),
  error,
  startTime: FastCheck.option(FastCheck.integer({ min: 0 }), { nil: undefined })
})

/** The same span as a destination without content sees it. */
export const withoutContent = (span: TypedSpan): TypedSpan =>
  span.data === undefined ? span : { ...span, data: SpanData.withoutContent(span.data) }
