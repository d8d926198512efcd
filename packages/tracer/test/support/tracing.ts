/** The in-memory tracer with every vocabulary, as the tests of this package use it. */
import { TestTracer, VocabularyResolver } from "@tenant-tracer/tracer"
import { Vocabularies } from "@tenant-tracer/vocabulary"
import { Layer } from "effect"

export const vocabularies = Layer.succeed(VocabularyResolver.VocabularyResolver, { resolve: Vocabularies.layer })

export const layer = (config?: Parameters<typeof TestTracer.layer>[0]) =>
  Layer.provide(TestTracer.layer(config), vocabularies)
