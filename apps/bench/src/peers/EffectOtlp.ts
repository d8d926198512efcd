/** Peer 4: Effect's own OTLP tracer, one per tenant in an LRU that closes what it evicts. It has no compression and no flush. */
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, Exit, Layer, Runtime, Scope, type Tracer } from "effect"
import { batchSpans, endpointOf, type Make, tenantHeader } from "../Peer.js"
import * as Lru from "./Lru.js"
import * as Requests from "./requests.js"

interface Member {
  readonly tracer: Tracer.Tracer
  readonly scope: Scope.CloseableScope
}

/** Starts it. */
export const make: Make = (options) =>
  Effect.gen(function* () {
    const serialization = options.encoding === "json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf
    const runtime = yield* Layer.toRuntime(Layer.merge(NodeHttpClient.layerUndici, serialization))
    const closing = new Set<Promise<void>>()
    const close = ({ scope }: Member) => {
      const ended = Effect.runPromise(Scope.close(scope, Exit.void))
      closing.add(ended)
      void ended.then(() => closing.delete(ended))
    }
    const members = Lru.make<Member>(
      options.capacity,
      (tenant) => {
        const scope = Effect.runSync(Scope.make())
        const tracer = OtlpTracer.make({
          url: endpointOf(options, tenant),
          headers: { [tenantHeader]: String(tenant) },
          resource: { serviceName: "gateway" },
          exportInterval: options.batchAge,
          maxBatchSize: batchSpans,
          shutdownTimeout: "30 seconds"
        })
        return { scope, tracer: Effect.runSync(tracer.pipe(Scope.extend(scope), Effect.provide(runtime))) }
      },
      close
    )
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => {
        for (const member of members.values()) close(member)
        return Promise.all(closing)
      })
    )
    const run = Requests.runner(Runtime.defaultRuntime)
    return {
      request: (tenant, index) =>
        run(Effect.withTracer(Requests.make(index, options.messages), members.get(tenant).tracer)),
      sized: (tenant, size, count) => run(Effect.withTracer(Requests.sized(size, count), members.get(tenant).tracer)),
      inSpan: (tenant, work) => run(Effect.withTracer(Requests.inSpan(work), members.get(tenant).tracer)),
      // Whatever waits has gone after one interval more.
      drain: Effect.zipRight(
        Effect.sleep(options.batchAge + 500),
        Effect.promise(() => Promise.all(closing))
      ),
      lost: () => 0
    }
  })
