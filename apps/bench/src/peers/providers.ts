/** What peers 3a and 3b have in common: OTel providers by tenant, in an LRU that shuts down what it evicts. */
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
import { Effect, type Scope } from "effect"
import type { Options } from "../Peer.js"
import * as Lru from "./Lru.js"
import * as Otel from "./otel.js"

/** The providers, each with what was made of it. */
export interface Providers<A> {
  readonly get: (tenant: number) => A
  readonly drain: Effect.Effect<void>
}

/** `use` is what a request needs of a provider, made once for each. */
export const make = <A>(
  options: Options,
  use: (provider: BasicTracerProvider) => A
): Effect.Effect<Providers<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const resource = resourceFromAttributes({ "service.name": "gateway" })
    const going = new Set<Promise<void>>()
    const shutdown = ({ provider }: { readonly provider: BasicTracerProvider }) => {
      const ended = provider.shutdown().catch(() => {})
      going.add(ended)
      void ended.then(() => going.delete(ended))
    }
    const providers = Lru.make(
      options.capacity,
      (tenant) => {
        const provider = new BasicTracerProvider({ resource, spanProcessors: [Otel.processor(tenant, options)] })
        return { provider, used: use(provider) }
      },
      shutdown
    )
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => {
        for (const member of providers.values()) shutdown(member)
        return Promise.all(going)
      })
    )
    return {
      get: (tenant) => providers.get(tenant).used,
      drain: Effect.promise(() =>
        Promise.all([...going, ...providers.values().map(({ provider }) => provider.forceFlush().catch(() => {}))])
      )
    }
  })
