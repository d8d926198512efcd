/**
 * A span with a payload round an effect or a stream: made uninterruptibly, so that it always ends, and completed from what comes out.
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanName from "@tenant-tracer/model/SpanName"
import * as SpanRegistry from "@tenant-tracer/model/SpanRegistry"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as EffectTracer from "../record/EffectTracer.js"
import * as RecordedSpan from "../record/RecordedSpan.js"
import * as Recorder from "../record/Recorder.js"
import { copied } from "./copied.js"
import * as Frame from "./frame.js"
import { recorderOf } from "./request.js"

type Fields = Readonly<Record<string, unknown>>

interface Completion<A, E> {
  readonly onSuccess?: ((value: A) => Fields | undefined) | undefined
  readonly onFailure?: ((error: E) => Fields | undefined) | undefined
}

const optionsOf = (data: SpanData.SpanData): Tracer.SpanOptions => ({
  kind: SpanRegistry.specOf(data._tag).kind,
  context: Context.make(EffectTracer.SpanPayload, data) as Context.Context<never>,
  captureStackTrace: false
})

const begin = (
  role: SpanRole,
  payload: unknown,
  defaults?: Fields
): { readonly data: SpanData.SpanData; readonly isBad: boolean } => {
  try {
    // The tag and the rest of the payload are one member of the union: the helpers' types see to it, and render checks. The tag comes first, since what
    // is added to a copy on Node 20 gives each one a shape of its own.
    const data = { _tag: role, ...defaults, ...(payload as object) } as SpanData.SpanData
    return {
      data: Recorder.withOwnLists(data._tag === role ? data : Object.assign(data, { _tag: role })),
      isBad: false
    }
  } catch {
    return { data: { _tag: role } as SpanData.SpanData, isBad: true }
  }
}

export const around = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  role: SpanRole,
  payload: unknown,
  completion?: Completion<A, E>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => {
    const recorder = recorderOf(fiber)
    if (recorder === undefined) return plain(self, role, payload)
    // An interrupt between the making of a span and the first step inside would leave it open for ever: https://github.com/Effect-TS/effect/issues/8387
    return Frame.run(self, fiber, () => {
      const { data, isBad } = begin(role, payload)
      if (isBad) recorder.count("bad_payload")
      const span = EffectTracer.unsafeMakeSpan(fiber, recorder, SpanName.of(data), SpanRegistry.specOf(role).kind, data)
      return {
        context: Context.unsafeMake(copied(fiber.currentContext.unsafeMap).set(Tracer.ParentSpan.key, span)),
        leave: (exit) => {
          if (completion !== undefined) completeNow(recorder, span, factsOf(exit, completion))
          EffectTracer.endSpan(fiber, span, exit)
        }
      }
    })
  })

/** Where no tracer is ours, or tracing is off. */
const plain = <A, E, R>(self: Effect.Effect<A, E, R>, role: SpanRole, payload: unknown): Effect.Effect<A, E, R> => {
  const { data } = begin(role, payload)
  return Effect.useSpan(SpanName.of(data), optionsOf(data), (span) => withSpan(self, span))
}

export const aroundStream = <A, E, R>(
  self: Stream.Stream<A, E, R>,
  role: SpanRole,
  payload: unknown,
  completion:
    | {
        readonly onChunk?: ((chunk: A) => Fields | undefined) | undefined
        readonly onFailure?: ((error: E) => Fields | undefined) | undefined
      }
    | undefined
): Stream.Stream<A, E, R> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      const startTime = clock.unsafeCurrentTimeNanos()
      const { data, isBad } = begin(role, payload, { streaming: true })
      if (isBad) yield* countBad
      const span = yield* Effect.acquireRelease(Effect.makeSpan(SpanName.of(data), optionsOf(data)), (span, exit) =>
        Effect.zipRight(
          // The scope is the stream's own, so its exit is the stream's exit.
          completion?.onFailure === undefined
            ? Effect.void
            : complete(span, factsOf(exit as Exit.Exit<A, E>, { onFailure: completion.onFailure })),
          Effect.sync(() => span.end(clock.unsafeCurrentTimeNanos(), exit))
        )
      )
      const recorded = RecordedSpan.fromSpan(span)
      const onNext = recorded?.request.recorder.chunk
      let last: bigint | undefined
      const observe = (chunk: Chunk.Chunk<A>): Effect.Effect<void> => {
        const facts: Array<() => Fields | undefined> = []
        if ((last === undefined || onNext !== undefined) && Chunk.isNonEmpty(chunk)) {
          const now = clock.unsafeCurrentTimeNanos()
          const seconds = Number(now - (last ?? startTime)) / 1e9
          if (last === undefined) facts.push(() => ({ timeToFirstChunk: seconds }))
          else if (recorded !== undefined) onNext?.(recorded, seconds)
          last = now
        }
        const onChunk = completion?.onChunk
        if (onChunk !== undefined) for (const item of chunk) facts.push(() => onChunk(item))
        return Effect.forEach(facts, (fact) => complete(span, fact), { discard: true })
      }
      return self.pipe(
        Stream.mapChunksEffect((chunk) => Effect.as(observe(chunk), chunk)),
        Stream.mapInputContext((context: Context.Context<R>) => Context.add(context, Tracer.ParentSpan, span))
      )
    })
  )

/** Completes the payload of the nearest active span of a role. */
export const annotate = (role: SpanRole, fields: Fields): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    let span = Option.getOrUndefined(
      Context.getOption(fiber.currentContext as Context.Context<Tracer.ParentSpan>, Tracer.ParentSpan)
    )
    while (span !== undefined && span._tag === "Span") {
      const recorded = RecordedSpan.fromSpan(span)
      if (recorded?.ancestry.role === role) {
        recorderOf(fiber)?.annotate(recorded, fields)
        return Effect.void
      }
      span = Option.getOrUndefined(span.parent)
    }
    return Effect.void
  })

const factsOf =
  <A, E>(exit: Exit.Exit<A, E>, completion: Completion<A, E>) =>
  (): Fields | undefined =>
    Exit.isSuccess(exit)
      ? completion.onSuccess?.(exit.value)
      : Option.match(Cause.failureOption(exit.cause), {
          onNone: () => undefined,
          onSome: (error) => completion.onFailure?.(error)
        })

const countBad = Effect.withFiberRuntime<void>((fiber) => {
  recorderOf(fiber)?.count("bad_payload")
  return Effect.void
})

const complete = (span: Tracer.Span, facts: () => Fields | undefined): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    const recorder = recorderOf(fiber)
    if (recorder !== undefined) completeNow(recorder, span, facts)
    return Effect.void
  })

const completeNow = (recorder: Recorder.Recorder, span: Tracer.Span, facts: () => Fields | undefined): void => {
  const recorded = RecordedSpan.fromSpan(span)
  if (recorded === undefined) return
  try {
    const fields = facts()
    if (fields !== undefined) recorder.annotate(recorded, fields)
  } catch {
    // A caller's function that throws must not become a failure of the request.
    recorder.count("bad_payload")
  }
}

const withSpan = <A, E, R>(self: Effect.Effect<A, E, R>, span: Tracer.Span): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(self, (context: Context.Context<R>) => Context.add(context, Tracer.ParentSpan, span))
