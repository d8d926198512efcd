/**
 * The contract of a vocabulary: how a typed span is spelled for the back ends that read it. The vocabularies themselves
 * live in `@tenant-tracer/vocabulary`.
 *
 * @since 0.1.0
 */
import type { Read, SpanError } from "./SpanData.js"
import type { TraceFacts } from "./TraceFacts.js"

/**
 * Where a vocabulary writes. An `undefined` value is not written, so that a vocabulary is a table without conditions.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttributeWriter {
  readonly string: (key: string, value: string | undefined) => void
  /** A whole number; one that is not whole is cut. */
  readonly int: (key: string, value: number | undefined) => void
  /** A floating-point number, which stays one on the wire even where it is whole. */
  readonly double: (key: string, value: number | undefined) => void
  readonly boolean: (key: string, value: boolean | undefined) => void
  /** An empty list is not written. */
  readonly strings: (key: string, value: ReadonlyArray<string> | undefined) => void
  /** Any value, as JSON text; what JSON cannot say is left out, and nothing throws. */
  readonly json: (key: string, value: unknown) => void
}

/**
 * A span as a vocabulary sees it: already reduced to what the destination may see.
 *
 * @since 0.1.0
 * @category models
 */
export interface TypedSpan {
  readonly name: string
  /** Absent for a span without a role, which only the operator sees. */
  readonly data: Read | undefined
  readonly facts: TraceFacts
  readonly isRoot: boolean
  readonly error: SpanError | undefined
  /** Milliseconds since the epoch, for what a back end wants as a point in time; absent where nobody knows. */
  readonly startTime?: number | undefined
}

/**
 * How a list that is spelled flat, one attribute per field of an item (`llm.input_messages.3.message.role`), makes way where a back end keeps fewer
 * attributes than were written. `conversation`: the first item and the newest stay longest. `ranked`: the first ones do. `tools`: likewise, and all
 * lists of tools together have a quarter of the attributes at most.
 *
 * @since 0.1.0
 * @category models
 */
export type ListKind = "conversation" | "ranked" | "tools"

/**
 * Whether one row of a vocabulary's table covers a key: `a.b` covers itself, `a.*` whatever begins with `a.`, `a.*.b` that field of each item of a
 * list (`a.0.b`, `a.1.b`, …), `a.*.*` every field of each item, and `*` alone whatever has no dot in it.
 *
 * @since 0.1.0
 * @category predicates
 */
export const covers = (row: string, key: string): boolean => {
  if (row === "*") return !key.includes(".")
  const star = row.indexOf(".*.")
  if (star === -1) return row.endsWith(".*") ? key.startsWith(row.slice(0, -1)) : row === key
  const list = row.slice(0, star + 1)
  const field = row.slice(star + 2)
  if (!key.startsWith(list)) return false
  if (field === ".*") return /^\d+\./.test(key.slice(list.length))
  return key.endsWith(field) && /^\d+$/.test(key.slice(list.length, -field.length))
}

/**
 * A named, versioned spelling. `keys` is its table: every key it may write (a row may cover several, see `covers`) with the
 * source that defines it. `content` lists the keys that carry what people wrote or models answered: exactly these vanish
 * for a destination without content.
 *
 * @since 0.1.0
 * @category models
 */
export interface Vocabulary {
  readonly name: string
  readonly version: string
  /** The `schema_url` of its spans, where one is published. */
  readonly schemaUrl?: string | undefined
  readonly keys: Readonly<Record<string, string>>
  readonly content: ReadonlyArray<string>
  /** Its flat lists, by the text before an item's number. One that is not here is a `conversation`. */
  readonly lists?: Readonly<Record<string, ListKind>> | undefined
  /** The keys that go last where a back end keeps fewer attributes than were written. Default: each key that is no prefix and no content. */
  readonly core?: ReadonlyArray<string> | undefined
  /** What the span is called where the back end has names of its own; a span that it has no name for keeps the one that it has (`SpanName.of`). */
  readonly spanName?: ((data: Read) => string | undefined) | undefined
  readonly write: (span: TypedSpan, out: AttributeWriter) => void
}

/**
 * The keys of a vocabulary that go last where a back end keeps fewer attributes than were written.
 *
 * @since 0.1.0
 * @category getters
 */
export const coreOf = ({ content, core, keys }: Pick<Vocabulary, "content" | "core" | "keys">): ReadonlyArray<string> =>
  core ?? Object.keys(keys).filter((row) => !row.includes("*") && !content.includes(row))

/**
 * How a destination asks for a vocabulary: by name, and version where it is pinned.
 *
 * @since 0.1.0
 * @category models
 */
export interface VocabularyRef {
  readonly name: string
  readonly version?: string | undefined
}
