/** The in-memory tracer with every vocabulary, as the tests of this package use it. */
import { assert } from "@effect/vitest"
import { TestTracer, VocabularyResolver } from "@tenant-tracer/tracer"
import { Vocabularies } from "@tenant-tracer/vocabulary"
import { Layer } from "effect"

export const vocabularies = Layer.succeed(VocabularyResolver.VocabularyResolver, {
  resolve: (refs, attributes) => Vocabularies.layer(refs, Vocabularies.all, attributes)
})

export const layer = (config?: Parameters<typeof TestTracer.layer>[0]) =>
  Layer.provide(TestTracer.layer(config), vocabularies)

/** The only value of a list. */
export const one = <A>(values: ReadonlyArray<A>): A => {
  const [value] = values
  assert.strictEqual(values.length, 1)
  assert(value !== undefined)
  return value
}

/** Anything as text, to look for what must not be in it. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "bigint" ? String(inner) : inner instanceof Map ? [...inner] : inner
  )
