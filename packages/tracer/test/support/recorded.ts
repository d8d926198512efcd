/** Spans as the recorder makes them, views of them, and routes, for the tests of what becomes of a span afterwards. */
import * as Destination from "@tenant-tracer/model/Destination"
import type { SpanData } from "@tenant-tracer/model/SpanData"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import type { VocabularyRef } from "@tenant-tracer/model/Vocabulary"
import { Vocabularies } from "@tenant-tracer/vocabulary"
import { Either, Record, Redacted } from "effect"
import type { Outcome, RecordedSpan } from "../../src/record/RecordedSpan.js"
import * as Recorder from "../../src/record/Recorder.js"
import type { View } from "../../src/render/TenantView.js"

export const destination = (
  options: Partial<Destination.Options> & { readonly secrets?: Record<string, string> } = {}
) => {
  const { secrets = {}, ...rest } = options
  return Either.getOrThrow(
    Destination.make({
      name: "main",
      endpoint: "https://collector.acme.example/v1/traces",
      headers: Record.map(secrets, (value) => Redacted.make(value)),
      ...rest
    })
  )
}

export const route = (
  destinations: ReadonlyArray<Destination.Destination>,
  options: Partial<Parameters<typeof TenantRoute.make>[0]> = {}
) => TenantRoute.make({ tenant: "acme", destinations, ...options })

export const vocabulary = (...refs: ReadonlyArray<VocabularyRef>) =>
  Either.getOrThrow(Vocabularies.layer(refs.length === 0 ? [{ name: "genai" }] : refs))

export const view = (options: Partial<View> = {}): View => ({
  audience: "tenant",
  content: "none",
  callerTrace: "link",
  vocabulary: vocabulary(),
  valueLength: 1024 * 1024,
  keyLength: Number.POSITIVE_INFINITY,
  lengthUnit: "characters",
  listLength: Number.POSITIVE_INFINITY,
  maxAttributes: 128,
  spans: "all",
  hide: new Set(),
  excludeServices: new Set(),
  ...options
})

/** A recorder whose spans are handed over as they end, all bound to one route. */
export const recording = () => {
  const ended: Array<RecordedSpan> = []
  const recorder = Recorder.make({ sink: (span) => ended.push(span), count: () => {} })
  let now = 1_000_000_000n
  const tick = () => (now += 1_000_000n)
  return {
    ended,
    recorder,
    open: (options: Partial<Recorder.OpenRequestOptions> = {}) =>
      recorder.openRequest({
        name: "POST /v1/chat/completions",
        data: { _tag: "proxy_request", method: "POST", route: "/v1/chat/completions" },
        startTime: tick(),
        wallTime: 1,
        route: route([]),
        ...options
      }),
    begin: (parent: RecordedSpan, options: Partial<Recorder.BeginOptions> = {}): RecordedSpan => {
      const span = recorder.begin({ name: "plain", startTime: tick(), parent, ...options })
      if (span === undefined) throw new Error("too many open spans")
      return span
    },
    end: (span: RecordedSpan, outcome: Outcome = { _tag: "unset" }): RecordedSpan => {
      recorder.end(span, tick(), outcome)
      return span
    }
  }
}

/** One ended span with this payload under the root of a request. */
export const ended = (
  data: SpanData | undefined,
  options: {
    readonly outcome?: Outcome
    readonly attributes?: Readonly<Record<string, unknown>>
    readonly name?: string
    readonly request?: Partial<Recorder.OpenRequestOptions>
  } = {}
): RecordedSpan => {
  const { begin, end, open, recorder } = recording()
  const span = begin(open(options.request), { data, name: options.name ?? "plain" })
  for (const [key, value] of Object.entries(options.attributes ?? {})) recorder.attribute(span, key, value)
  return end(span, options.outcome)
}
