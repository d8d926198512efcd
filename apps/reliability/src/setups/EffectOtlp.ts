/** Effect's own OTLP tracer, one for each tenant and credential, in a bounded map that closes what it evicts. Options at their defaults. */
import { OtlpSerialization, OtlpTracer } from "@effect/opentelemetry"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Exit, Layer, Scope, type Tracer } from "effect"
import type { Options, SetUp, Tenant } from "../SetUp.js"
import * as Lru from "./Lru.js"
import { inTurns } from "./requests.js"

interface Member {
  readonly tracer: Tracer.Tracer
  readonly scope: Scope.CloseableScope
}

/** Starts it. */
export const make = (options: Options): Effect.Effect<SetUp, never, Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Layer.toRuntime(Layer.merge(FetchHttpClient.layer, OtlpSerialization.layerJson))
    const closing = new Set<Promise<void>>()
    const close = ({ scope }: Member) => {
      const ended = Effect.runPromise(Scope.close(scope, Exit.void))
      closing.add(ended)
      void ended.then(() => closing.delete(ended))
    }
    const members = Lru.make<Member>(options.capacity ?? 10_000, close)
    const memberOf = (tenant: Tenant) =>
      members.get(JSON.stringify(tenant), () => {
        const scope = Effect.runSync(Scope.make())
        const tracer = OtlpTracer.make({
          url: tenant.endpoint,
          headers: { "x-key": tenant.key },
          resource: { serviceName: "gateway" },
          maxBatchSize: options.batchSpans
        })
        return { scope, tracer: Effect.runSync(tracer.pipe(Scope.extend(scope), Effect.provide(runtime))) }
      })
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        for (const member of members.values()) close(member)
        return Effect.promise(() => Promise.all(closing))
      })
    )

    const request = (tenant: Tenant, work: Effect.Effect<void>): Effect.Effect<void> =>
      Effect.suspend(() =>
        work.pipe(
          Effect.withSpan("chat gpt-4o", {
            attributes: { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o" },
            captureStackTrace: false
          }),
          Effect.withSpan("job", { root: true, captureStackTrace: false }),
          Effect.withTracer(memberOf(tenant).tracer)
        )
      )
    return {
      emit: (tenant, requests) => inTurns(requests, request(tenant, Effect.void)),
      open: (tenant) =>
        Effect.gen(function* () {
          const began = Effect.unsafeMakeLatch()
          const end = Effect.unsafeMakeLatch()
          const fiber = yield* Effect.forkDaemon(request(tenant, Effect.zipRight(began.open, end.await)))
          yield* began.await
          return Effect.zipRight(end.open, Effect.asVoid(fiber.await))
        }),
      // It has none: it sends every five seconds.
      flush: Effect.void,
      said: Effect.succeed({ lost: 0, errors: 0, waiting: 0 })
    }
  })
