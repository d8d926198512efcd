/**
 * Every vocabulary there is, and how several of them share one destination.
 *
 * @example
 * ```ts
 * import { Vocabularies } from "@tenant-tracer/vocabulary"
 *
 * const both = Vocabularies.layer([{ name: "genai", version: "1.41" }, { name: "openinference" }])
 * // Right(Vocabulary), or Left(VocabularyError: unknown vocabulary "nope"; known: [genai 1.41|1.40|…, openinference 1])
 * ```
 *
 * @since 0.1.0
 */
import { coreAttributes } from "@tenant-tracer/model/Destination"
import {
  type AttributeWriter,
  coreOf,
  covers,
  type TypedSpan,
  type Vocabulary,
  type VocabularyRef
} from "@tenant-tracer/model/Vocabulary"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as AttributeMap from "./AttributeMap.js"
import * as Braintrust from "./Braintrust.js"
import * as Genai from "./Genai.js"
import { Admitted } from "./internal/admitted.js"
import { coveredBy } from "./internal/keyTable.js"
import { fullest, samples } from "./internal/samples.js"
import * as Langfuse from "./Langfuse.js"
import * as Langsmith from "./Langsmith.js"
import * as Langtrace from "./Langtrace.js"
import * as Litellm from "./Litellm.js"
import * as OpenInference from "./OpenInference.js"
import * as Traceloop from "./Traceloop.js"
import { VocabularyError } from "./VocabularyError.js"
import * as Weave from "./Weave.js"

/**
 * All vocabularies, of each name the newest version first and what has no version yet last, so that a name alone is its newest version.
 *
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<Vocabulary> = [
  Genai.v1_41,
  Genai.v1_40,
  Genai.v1_39,
  Genai.v1_38,
  Genai.v1_37,
  Genai.v1_36,
  Genai.next,
  OpenInference.v1,
  Langfuse.v1,
  Litellm.v1,
  Langsmith.v1,
  Traceloop.v1,
  Braintrust.v1,
  Weave.v1,
  Langtrace.v1
]

/**
 * The vocabulary of a name: in the version that was asked for, else in its newest.
 *
 * @since 0.1.0
 * @category lookup
 */
export const find = (name: string, version?: string | undefined): Option.Option<Vocabulary> =>
  findIn(all, { name, version })

const findIn = (known: ReadonlyArray<Vocabulary>, ref: VocabularyRef): Option.Option<Vocabulary> =>
  Arr.findFirst(known, ({ name, version }) => name === ref.name && (ref.version ?? version) === version)

const title = ({ name, version }: VocabularyRef): string => (version === undefined ? name : `${name} ${version}`)

/**
 * Layers the vocabularies that a destination asks for into one: each key is written once, by the first that has it, and one that a vocabulary has only
 * because its table has a row `*` is left to those that have a row of its own. `known` adds vocabularies of
 * one's own and is `all` unless said otherwise.
 *
 * Two that disagree are refused, before any span is written: on sample spans of every role, with every field filled, what both write must have
 * the same type and value, and what carries content for one must do so for the other. So are those whose core keys alone, on spans that have all at
 * once and have failed, are more than a destination keeps: `attributes`, or `Destination.coreAttributes` where that is more or not said. One that throws on a sample is not judged by that, and costs
 * the spans on which it throws.
 *
 * What was accepted is remembered, since destinations come and go by the thousand: ask with the same list of `known`, which must not change.
 *
 * @since 0.1.0
 * @category combining
 */
export const layer = (
  refs: ReadonlyArray<VocabularyRef>,
  known: ReadonlyArray<Vocabulary> = all,
  attributes: number = coreAttributes
): Either.Either<Vocabulary, VocabularyError> => {
  const most = Math.min(attributes, coreAttributes)
  const accepted = acceptedOf(known)
  // One that is named twice is there once.
  const key = [most, ...new Set(refs.map(({ name, version }) => JSON.stringify([name, version])))].join()
  const before = accepted.get(key)
  if (before !== undefined) return before
  const made = combine(refs, known, most)
  if (Either.isRight(made)) {
    if (accepted.size >= maxAccepted) accepted.clear()
    accepted.set(key, made)
  }
  return made
}

const maxAccepted = 256

type Accepted = Map<string, Either.Either<Vocabulary, VocabularyError>>

const accepted = new WeakMap<ReadonlyArray<Vocabulary>, Accepted>()

const acceptedOf = (known: ReadonlyArray<Vocabulary>): Accepted => {
  const own = accepted.get(known) ?? new Map()
  accepted.set(known, own)
  return own
}

const combine = (
  refs: ReadonlyArray<VocabularyRef>,
  known: ReadonlyArray<Vocabulary>,
  most: number
): Either.Either<Vocabulary, VocabularyError> =>
  Either.gen(function* () {
    const [first, ...rest] = new Set(yield* Either.all(refs.map((ref) => resolve(ref, known))))
    if (first === undefined) {
      return yield* Either.left(new VocabularyError({ reason: "none", detail: `name a vocabulary; ${listOf(known)}` }))
    }
    for (const [index, next] of rest.entries()) {
      for (const earlier of [first, ...rest.slice(0, index)]) {
        const detail = conflict(earlier, next)
        if (detail !== undefined) return yield* Either.left(new VocabularyError({ reason: "conflict", detail }))
      }
    }
    const layered = rest.reduce(above, first)
    const detail = overflow(layered, most)
    return detail === undefined ? layered : yield* Either.left(new VocabularyError({ reason: "core", detail }))
  })

const listOf = (known: ReadonlyArray<Vocabulary>): string => {
  const names = [...new Set(known.map(({ name }) => name))].map((name) => {
    const versions = known.flatMap((one) => (one.name === name ? [one.version] : []))
    return `${name} ${versions.join("|")}`
  })
  return `known: [${names.join(", ")}]`
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 64))

const resolve = (ref: VocabularyRef, known: ReadonlyArray<Vocabulary>): Either.Either<Vocabulary, VocabularyError> =>
  Either.fromOption(findIn(known, ref), () => {
    const version = ref.version === undefined ? "" : ` version ${quoted(ref.version)}`
    const detail = `unknown vocabulary ${quoted(ref.name)}${version}; ${listOf(known)}`
    return new VocabularyError({ reason: "unknown", detail })
  })

/** What a vocabulary writes of a sample: nothing, where it throws. */
const sampled = (vocabulary: Vocabulary, span: TypedSpan): ReturnType<typeof AttributeMap.attributes> => {
  try {
    return AttributeMap.attributes(vocabulary, span)
  } catch {
    return []
  }
}

const conflict = (first: Vocabulary, second: Vocabulary): string | undefined => {
  for (const { span } of samples) {
    const written = new Map(sampled(first, span).map((attribute) => [attribute.key, attribute]))
    for (const { key, type, value } of sampled(second, span)) {
      const other = written.get(key)
      if (other === undefined) continue
      const same =
        other.type === type &&
        JSON.stringify(other.value) === JSON.stringify(value) &&
        coveredBy(first.content, key) === coveredBy(second.content, key)
      if (!same) {
        return `vocabularies ${title(first)} and ${title(second)} claim the key ${key} with different values: name only one of them`
      }
    }
  }
  return undefined
}

/**
 * What is left out of a span is never its core, as few attributes as its destination asks for. One is left for what the tracer says of an outcome, which
 * was interrupted or never came, and not both.
 */
const overflow = (vocabulary: Vocabulary, most: number): string | undefined => {
  const core = new Set(coreOf(vocabulary))
  for (const { name, span } of fullest) {
    const { length } = sampled(vocabulary, span).filter(({ key }) => core.has(key))
    if (length >= most) {
      return `vocabulary ${title(vocabulary)} has ${length} core keys on one span (${name}), and a destination may keep ${most} attributes: name fewer vocabularies, or declare a shorter core`
    }
  }
  return undefined
}

/**
 * What one may write by its row `*` alone, for which the other has a row of its own: there such a key is the other's, or whatever somebody noted under
 * that name would pass for what the other says.
 */
const yielded = (one: Vocabulary, other: Vocabulary): ReadonlySet<string> =>
  new Set(
    Object.hasOwn(one.keys, "*")
      ? Object.keys(other.keys).filter((row) => covers("*", row) && row !== "*" && !Object.hasOwn(one.keys, row))
      : []
  )

const above = (first: Vocabulary, second: Vocabulary): Vocabulary => {
  const notOfFirst = yielded(first, second)
  const notOfSecond = yielded(second, first)
  return {
    name: `${first.name}+${second.name}`,
    version: `${first.version}+${second.version}`,
    schemaUrl: first.schemaUrl ?? second.schemaUrl,
    keys: { ...second.keys, ...first.keys },
    content: [...new Set([...first.content, ...second.content])],
    lists: { ...second.lists, ...first.lists },
    core: [...new Set([...coreOf(first), ...coreOf(second)])],
    spanName: first.spanName ?? second.spanName,
    write: (span: TypedSpan, out: AttributeWriter) => {
      const written = new Set<string>()
      const noting = (key: string) => {
        if (notOfFirst.has(key)) return false
        written.add(key)
        return true
      }
      first.write(span, new Admitted(out, noting))
      second.write(span, new Admitted(out, (key) => !written.has(key) && !notOfSecond.has(key)))
    }
  }
}
