/**
 * Applies the rules of a redaction to what a vocabulary writes, before it is spelled: a value is still a value then, so that what becomes JSON text
 * stays JSON.
 *
 * @since 0.1.0
 */
import { createHmac } from "node:crypto"
import * as Json from "@tenant-tracer/model/Json"
import * as Redaction from "@tenant-tracer/model/Redaction"
import type { AttributeWriter } from "@tenant-tracer/model/Vocabulary"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as PersonalText from "../internal/personalText.js"
import * as SecretText from "../internal/secretText.js"
import { Double, type Value } from "./RenderedSpan.js"
import * as SensitiveText from "./SensitiveText.js"

/**
 * Rules, made ready.
 *
 * @since 0.1.0
 * @category models
 */
export interface Redactor {
  /** A text that stands under no key, such as a status's message. */
  readonly text: (text: string) => string
  /** `undefined` where the key goes with its value. */
  readonly attribute: (key: string, value: Value) => readonly [key: string, value: Value] | undefined
  /** A writer that hands on what is left. */
  readonly over: (out: AttributeWriter) => AttributeWriter
}

/**
 * Hashes texts so that equal ones stay equal, for one owner of destinations: under another's name the same text has another hash.
 *
 * @since 0.1.0
 * @category constructors
 */
export const hasher = (key: Redacted.Redacted<string>, owner: string): ((text: string) => string) => {
  const own = createHmac("sha256", Redacted.value(key)).update(owner).digest()
  // 22 characters are 132 bits: no two texts meet by chance.
  return (text) => `hmac:${createHmac("sha256", own).update(text).digest("base64url").slice(0, 22)}`
}

/**
 * Makes a redactor, `undefined` for rules that take nothing out. Without a way to hash, what was to be hashed is removed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (rules: Redaction.Rules, hash?: (text: string) => string): Redactor | undefined =>
  Redaction.isNone(rules)
    ? undefined
    : hash === undefined
      ? compile({ keys: [...(rules.keys ?? []), ...(rules.hash ?? [])], patterns: rules.patterns }, () => mark)
      : compile(rules, hash)

const compile = (rules: Redaction.Rules, hash: (text: string) => string): Redactor => {
  const { hash: hashed = [], keys = [] } = rules
  const patterns = new Set(rules.patterns)
  const removes = matcher(keys)
  const hashes = matcher(hashed)
  const quotedKeys = [...keys, ...hashed].map((key) => `"${key.toLowerCase().replace(/\*$/, "")}`)

  const plain = (text: string, isIdentifier: boolean): string => SensitiveText.redact(text, patterns, isIdentifier)

  const named = (key: string): string => key.slice(0, entryAt(key)) + plain(key.slice(entryAt(key)), true)

  const deep = (text: string, isIdentifier: boolean, depth: number): string => {
    const [opening] = /^\s*[{["]/.exec(text) ?? []
    if (opening === undefined) return plain(text, isIdentifier)
    const parsed = parse(text)
    if (Option.isSome(parsed)) return JSON.stringify(walk(parsed.value, isIdentifier, depth + 1))
    // JSON that was cut cannot be taken apart: what it names may be in it.
    const lower = quotedKeys.length === 0 || opening.endsWith('"') ? "" : text.toLowerCase()
    return quotedKeys.some((key) => lower.includes(key)) ? mark : plain(text, isIdentifier)
  }

  /** Of plain JSON. Text within it may be JSON again. */
  const walk = (value: unknown, isIdentifier: boolean, depth: number): unknown => {
    if (depth > maxDepth) return mark
    if (typeof value === "string") return deep(value, isIdentifier, depth)
    if (typeof value === "number") {
      return patterns.has("card") && PersonalText.isCardNumber(value) ? "[redacted:card]" : value
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, isIdentifier, depth + 1))
    if (typeof value !== "object" || value === null) return value
    // The bytes of an image are no text.
    const isBlob = "type" in value && value.type === "blob"
    const fields: Array<readonly [string, unknown]> = []
    for (const [key, inner] of Object.entries(value)) {
      if (removes(key)) continue
      const isIdentifier = isId(key) || (isBlob && key === "content")
      fields.push([
        named(key),
        typeof inner === "string"
          ? textOf(key, inner, isIdentifier, depth + 1)
          : hashes(key)
            ? hash(JSON.stringify(inner))
            : walk(inner, isIdentifier, depth + 1)
      ])
    }
    return Object.fromEntries(fields)
  }

  const textOf = (key: string, text: string, isIdentifier: boolean, depth: number): string => {
    if (hashes(key)) return hash(text)
    return patterns.has("key") && SecretText.isSecretField(key, text)
      ? SecretText.mark
      : deep(text, isIdentifier, depth)
  }

  const attribute: Redactor["attribute"] = (key, value) => {
    if (removes(key)) return undefined
    const text = (item: string) => textOf(key, item, isId(key), 0)
    const name = named(key)
    if (typeof value === "string") return [name, text(value)]
    // A list has items of one type.
    if (Array.isArray(value) && typeof value[0] === "string") return [name, (value as ReadonlyArray<string>).map(text)]
    return [name, hashes(key) ? hash(String(value instanceof Double ? value.value : value)) : value]
  }

  /** Writes what is left of a value: of a number, a flag or a list of none but texts itself or a hash. */
  const write = (out: AttributeWriter, key: string, value: Value, asItIs: (key: string) => void): void => {
    const [name, left] = attribute(key, value) ?? []
    if (name === undefined || left === undefined) return
    if (left === value) asItIs(name)
    else if (typeof left === "string") out.string(name, left)
    else if (Array.isArray(left)) out.strings(name, left as ReadonlyArray<string>)
  }

  return {
    text: (text) => plain(text, false),
    attribute,
    over: (out) => ({
      string: (key, value) => value !== undefined && write(out, key, value, (name) => out.string(name, value)),
      int: (key, value) => value !== undefined && write(out, key, value, (name) => out.int(name, value)),
      double: (key, value) => value !== undefined && write(out, key, value, (name) => out.double(name, value)),
      boolean: (key, value) => value !== undefined && write(out, key, value, (name) => out.boolean(name, value)),
      strings: (key, value) => value !== undefined && write(out, key, value, (name) => out.strings(name, value)),
      json: (key, value) => {
        const text = value === undefined || removes(key) ? undefined : Json.stringify(value)
        if (text === undefined) return
        const name = named(key)
        if (hashes(key)) out.string(name, hash(text))
        else out.json(name, walk(JSON.parse(text), isId(key), 0))
      }
    })
  }
}

const mark = "[redacted]"

/** Of JSON, and of JSON in its texts: deeper than anybody means it. */
const maxDepth = 128

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** Names of ids, of hashes and of versions, in our spelling and in that of the conventions. */
const isId = (key: string): boolean => /(?:^|[._])(?:id|hash|fingerprint|release|version)$|[a-z]Id$/.test(key)

/** Where in an attribute's key that of an entry of the metadata begins, which somebody has thought of. */
const entryAt = (key: string): number => {
  const at = key.indexOf("metadata.")
  return at === -1 ? 0 : at + "metadata.".length
}

/** An entry of the metadata is named with or without what stands before it. */
const matcher = (keys: ReadonlyArray<string>): ((key: string) => boolean) => {
  const matches = Redaction.matcher(keys)
  return (key) => matches(key) || matches(key.slice(entryAt(key)))
}
