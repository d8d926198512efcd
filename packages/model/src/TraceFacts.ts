/**
 * Facts about a whole trace (whose it is, which session it belongs to), set by trusted code and stamped by a vocabulary
 * on every span where its back end reads them there.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { boundedText } from "./internal/boundedText.js"
import * as FieldReader from "./internal/fieldReader.js"
import { elements, property } from "./internal/untrusted.js"
import * as Metadata from "./Metadata.js"

/**
 * `userId` is the end user on whose behalf the tenant called; `team`, `key`, `user` and `organization` are the tenant's
 * own identities.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TraceFacts = Schema.Struct({
  team: Schema.optional(
    Schema.Struct({
      id: Schema.optional(Schema.String),
      alias: Schema.optional(Schema.String),
      /** What the operator noted of the team: that alone which every destination may be told. */
      metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
    })
  ),
  /** Never the key itself: its hash and its alias. */
  key: Schema.optional(Schema.Struct({ hash: Schema.optional(Schema.String), alias: Schema.optional(Schema.String) })),
  user: Schema.optional(Schema.String),
  organization: Schema.optional(Schema.String),
  endUser: Schema.optional(Schema.String),
  sessionId: Schema.optional(Schema.String),
  traceName: Schema.optional(Schema.String),
  tags: Schema.optional(Schema.Array(Schema.String)),
  metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  environment: Schema.optional(Schema.String),
  release: Schema.optional(Schema.String),
  /** Of the code or the model that is being tried, where `release` is the whole deployment's. */
  version: Schema.optional(Schema.String),
  promptName: Schema.optional(Schema.String),
  promptVersion: Schema.optional(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export type TraceFacts = typeof TraceFacts.Type

/**
 * No facts.
 *
 * @since 0.1.0
 * @category constants
 */
export const empty: TraceFacts = {}

/**
 * Adds facts to facts: later ones win, `tags` and `metadata` are joined, and what is `undefined` changes nothing.
 *
 * @since 0.1.0
 * @category combining
 */
export const merge = (self: TraceFacts, that: TraceFacts): TraceFacts =>
  // Most routes and requests say none.
  Object.keys(that).length === 0
    ? self
    : {
        ...self,
        ...said(that),
        ...(self.tags && that.tags ? { tags: [...new Set([...self.tags, ...that.tags])] } : {}),
        ...(self.metadata && that.metadata ? { metadata: { ...self.metadata, ...that.metadata } } : {})
      }

const said = (facts: TraceFacts): TraceFacts =>
  // No field is required, so that without some of them these are facts still.
  Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)) as TraceFacts

/**
 * The most characters of a fact, and the most tags.
 *
 * @since 0.1.0
 * @category constants
 */
export const bounds = { length: 200, tags: 32 } as const

const shape = FieldReader.compile(TraceFacts.ast)

/**
 * Reads facts that nobody has checked. Total: what does not fit is left out, texts are cut at 200 characters and lose
 * their control characters, the first 32 tags are kept, and metadata is what `Metadata.sanitize` keeps of it.
 *
 * @since 0.1.0
 * @category reading
 */
export const read = (input: unknown): TraceFacts => {
  const kept = FieldReader.keep(shape, input, "", [])
  const facts: Record<string, unknown> = {}
  for (const name of Object.keys(TraceFacts.fields)) {
    const value = bounded(property(kept, name), name)
    if (value !== undefined) facts[name] = value
  }
  // Only what the shape has kept is here, each value of the type that it had.
  return facts as TraceFacts
}

const fieldsOf: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["team", ["id", "alias", "metadata"]],
  ["key", ["hash", "alias"]]
])

const bounded = (value: unknown, name: string): unknown => {
  if (name === "metadata") return boundedMetadata(value)
  if (typeof value === "string") return boundedText(value, bounds.length) || undefined
  if (Array.isArray(value)) {
    const tags = elements(value).flatMap((tag) => bounded(tag, "tag") ?? [])
    return tags.length === 0 ? undefined : [...new Set(tags)].slice(0, bounds.tags)
  }
  const fields = (fieldsOf.get(name) ?? []).flatMap((field) => {
    const fact = bounded(property(value, field), field)
    return fact === undefined ? [] : [[field, fact] as const]
  })
  return fields.length === 0 ? undefined : Object.fromEntries(fields)
}

const boundedMetadata = (value: unknown): Record<string, string> | undefined => {
  const metadata = Metadata.sanitize(value)
  return Object.keys(metadata).length === 0 ? undefined : metadata
}

const headerFacts = [
  "endUser",
  "sessionId",
  "traceName",
  "tags",
  "environment",
  "release",
  "version",
  "promptName",
  "promptVersion"
] as const

/**
 * A fact that a request header may set: not one that says which tenant it is.
 *
 * @since 0.1.0
 * @category models
 */
export type HeaderFact = (typeof headerFacts)[number] | `metadata.${string}`

/**
 * Reads facts from request headers, which any caller can set, through an allow-list from header to fact, such as
 * `{ "x-session-id": "sessionId", "x-feature": "metadata.feature" }`. Names are compared in any case, tags are split at
 * commas, values are cut at 200 characters; of two headers for one fact the one that is listed first and sent wins.
 *
 * @since 0.1.0
 * @category reading
 */
export const fromHeaders = (
  headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>,
  allowList: Readonly<Record<string, HeaderFact>>
): TraceFacts => {
  const sent = new Map(Object.keys(headers).map((name) => [name.toLowerCase(), name]))
  const facts: Record<string, unknown> = {}
  const metadata: Record<string, string> = {}
  for (const [header, fact] of Object.entries(allowList)) {
    const given = property(headers, sent.get(header.toLowerCase()) ?? "")
    const values = (typeof given === "string" ? [given] : elements(given)).filter((each) => typeof each === "string")
    const value = values.find((each) => each.trim() !== "")
    if (value === undefined) continue
    if (fact.startsWith("metadata.")) metadata[fact.slice("metadata.".length)] ??= boundedText(value, bounds.length)
    else if (fact === "tags") facts.tags ??= tagsOf(values)
    else if ((headerFacts as ReadonlyArray<string>).includes(fact)) facts[fact] ??= value
  }
  return read({ ...facts, metadata })
}

/** Of each header as much as all tags may say. */
const tagsOf = (values: ReadonlyArray<string>): ReadonlyArray<string> =>
  values.slice(0, bounds.tags).flatMap((value) => value.slice(0, bounds.tags * bounds.length).split(","))
