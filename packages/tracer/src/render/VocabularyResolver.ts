/**
 * The vocabularies that destinations may ask for, as a service: `@tenant-tracer/vocabulary` provides it, and so can anyone who adds their own.
 *
 * @since 0.1.0
 */
import type { Vocabulary, VocabularyRef } from "@tenant-tracer/model/Vocabulary"
import * as Context from "effect/Context"
import type * as Either from "effect/Either"

/**
 * Finds the vocabulary for what a destination asks for.
 *
 * @since 0.1.0
 * @category tags
 */
export class VocabularyResolver extends Context.Tag("@tenant-tracer/tracer/VocabularyResolver")<
  VocabularyResolver,
  {
    /**
     * One vocabulary for a destination that keeps so many attributes of a span, several of them layered where it asks for several; an error says
     * which is unknown, which two clash, or that what goes last is more than that.
     */
    readonly resolve: (
      refs: ReadonlyArray<VocabularyRef>,
      attributes: number
    ) => Either.Either<Vocabulary, { readonly message: string }>
  }
>() {}
