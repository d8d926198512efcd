/** Spans made of anything that fits the schemas, and of less: a reader may have left out any field that did not fit. */
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as TraceFacts from "@tenant-tracer/model/TraceFacts"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"

const partly = <A extends object>(whole: FastCheck.Arbitrary<A>): FastCheck.Arbitrary<A> =>
  whole.chain((value) =>
    FastCheck.subarray(Object.keys(value)).map(
      // Every field but the tag is optional in what a reader hands on.
      (kept) => Object.fromEntries(Object.entries(value).filter(([key]) => key === "_tag" || kept.includes(key))) as A
    )
  )

const whole: FastCheck.Arbitrary<SpanData.SpanData> = Arbitrary.make(SpanData.SpanData)

const data: FastCheck.Arbitrary<SpanData.Read | undefined> = FastCheck.option(FastCheck.oneof(whole, partly(whole)), {
  nil: undefined,
  freq: 20
})

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
  error
})

/** The same span as a destination without content sees it. */
export const withoutContent = (span: TypedSpan): TypedSpan =>
  span.data === undefined ? span : { ...span, data: SpanData.withoutContent(span.data) }
