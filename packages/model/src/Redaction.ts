/**
 * What is taken out of the copies that a destination receives, as plain data: it can be stored with a tenant's settings. The tracer applies it.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { readableIssue } from "./internal/readableIssue.js"

/**
 * What can be told by its form: e-mail addresses, payment cards, phone numbers, and whatever looks like a key, a token or a password.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Pattern = Schema.Literal("email", "card", "phone", "key")

/**
 * @since 0.1.0
 * @category models
 */
export type Pattern = typeof Pattern.Type

/**
 * Every pattern.
 *
 * @since 0.1.0
 * @category constants
 */
export const patterns: ReadonlyArray<Pattern> = Pattern.literals

const quiet = (message: string) => ({ message: () => message })

/**
 * The most entries of a list of keys, and the most characters of a key.
 *
 * @since 0.1.0
 * @category constants
 */
export const bounds = { keys: 256, length: 256 } as const

const Key = Schema.String.pipe(
  // A star anywhere but after the last dot would say something that is not done.
  Schema.filter((key) => key.length > 0 && key.length <= bounds.length && !key.replace(/[^*]\.\*$/, "").includes("*"), {
    message: () => `is not a key of 1 to ${bounds.length} characters, such as "user.id", or a prefix, such as "user.*"`
  })
)

const Keys = Schema.Array(Key).pipe(Schema.maxItems(bounds.keys, quiet(`has more than ${bounds.keys} entries`)))

/**
 * Rules. A key is that of an attribute as it is written (`user.id`), of an entry of the metadata, or of a field at any depth of what is JSON, such as
 * what a tool took; `user.*` is every key that begins with `user.`; case does not count. A key's value goes with it (`keys`), or becomes a keyed
 * hash that is the same for the same value within one tenant (`hash`); what stands under `keys` wins. `patterns` are looked for in every text. The
 * name of a span is made before, and is looked through for `patterns` alone.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Rules = Schema.Struct({
  keys: Schema.optional(Keys),
  hash: Schema.optional(Keys),
  patterns: Schema.optional(
    Schema.Array(
      Pattern.annotations({ message: () => ({ message: `is not one of ${patterns.join(", ")}`, override: true }) })
    )
  )
}).annotations({ ...quiet("is not a record of keys, hash and patterns"), parseOptions: { onExcessProperty: "error" } })

/**
 * @since 0.1.0
 * @category models
 */
export type Rules = typeof Rules.Type

/**
 * Nothing is taken out.
 *
 * @since 0.1.0
 * @category constants
 */
export const none: Rules = {}

/**
 * Whether rules take anything out.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isNone = ({ hash = [], keys = [], patterns = [] }: Rules): boolean =>
  keys.length + hash.length + patterns.length === 0

/**
 * All that one or the other takes out.
 *
 * @since 0.1.0
 * @category combining
 */
export const union = (self: Rules, that: Rules): Rules => ({
  keys: joined(self.keys, that.keys),
  hash: joined(self.hash, that.hash),
  patterns: joined(self.patterns, that.patterns)
})

const joined = <A>(self: ReadonlyArray<A> = [], that: ReadonlyArray<A> = []): ReadonlyArray<A> => [
  ...new Set([...self, ...that])
]

/**
 * Whether a list of keys names a key. Prepare it once: it is asked for every attribute.
 *
 * @since 0.1.0
 * @category predicates
 */
export const matcher = (keys: ReadonlyArray<string> = []): ((key: string) => boolean) => {
  const lower = keys.map((key) => key.toLowerCase())
  const prefixes = lower.filter((key) => key.endsWith(".*")).map((key) => key.slice(0, -1))
  const exact = new Set(lower)
  return (key) => {
    const name = key.toLowerCase()
    return exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
  }
}

const decode = Schema.decodeUnknownEither(Rules)

/**
 * Checks rules that nobody has checked. The error says where (`patterns[0]`) and what is wrong.
 *
 * @since 0.1.0
 * @category validation
 */
export const validate = (input: unknown): Either.Either<Rules, { readonly path: string; readonly detail: string }> => {
  const decoded = decode(input)
  return Either.isRight(decoded) ? Either.right(decoded.right) : Either.left(readableIssue(decoded.left.issue))
}
