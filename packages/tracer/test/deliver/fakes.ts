/** Exporters and providers for the tests of this folder. A span is a text, its size the text's length. */
import { Deferred, Effect, Scope } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Exporter from "../../src/deliver/Exporter.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import type { Overflow } from "../../src/deliver/Overflow.js"
import * as Provider from "../../src/deliver/Provider.js"

export const acme = DestinationId.make({ tenant: "acme", name: "langfuse" })

export const sizeOf = (span: string): number => span.length

/** Delivers, and keeps each batch. */
export const recording = (batches: Array<ReadonlyArray<string>>): Exporter.BatchExporter<string> => ({
  export: (batch) =>
    Effect.sync(() => {
      batches.push(batch)
      return Exporter.delivered(batch.length)
    })
})

/** Takes each batch, says so, and never answers. */
export const hanging = (taken: Deferred.Deferred<void>): Exporter.BatchExporter<string> => ({
  export: () => Effect.zipRight(Deferred.succeed(taken, undefined), Effect.never)
})

/** Keeps nothing beside memory. */
export const nowhere: Overflow<string> = {
  keep: () => {},
  isKept: () => false,
  settled: () => {},
  leave: (spans) => spans,
  hasLeft: () => false,
  refill: () => {},
  flush: Effect.void,
  close: () => {}
}

/** An environment, a ledger, and a way to make providers whose scope the test closes. */
export const workbench = Effect.gen(function* () {
  const ledger = Ledger.make()
  const paused = new Set<DestinationId.DestinationId>()
  const environment = yield* Provider.environment({ ledger, isPaused: (id) => paused.has(id) })
  const provide = (
    options: Partial<Provider.Options<string>> & Pick<Provider.Options<string>, "exporter">
  ): Effect.Effect<readonly [Provider.Provider<string>, Scope.CloseableScope]> =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const provider = yield* Provider.make(environment, { id: acme, sizeOf, ...options }).pipe(Scope.extend(scope))
      return [provider, scope] as const
    })
  const offer = (provider: Provider.Provider<string>, ...spans: ReadonlyArray<string>) => {
    for (const span of spans) {
      ledger.made(provider.id, 1)
      provider.offer(span)
    }
  }
  return { ledger, environment, paused, provide, offer }
})

export const texts = (count: number, prefix = "s"): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)
