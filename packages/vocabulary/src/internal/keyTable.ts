/**
 * Types that tie what a vocabulary writes to its table of keys: a key that the table does not declare does not compile.
 */

import { covers } from "@tenant-tracer/model/Vocabulary"

/** The keys of a table: a row `a.b` allows itself, the others what they cover. What `*` covers has no names that a compiler could know. */
export type KeyOf<Table> = {
  [Row in keyof Table & string]: Row extends "*"
    ? never
    : Row extends `${infer List}.*.*`
      ? `${List}.${number}.${string}`
      : Row extends `${infer Prefix}.*`
        ? `${Prefix}.${string}`
        : Row extends `${infer List}.*.${infer Field}`
          ? `${List}.${number}.${Field}`
          : Row
}[keyof Table & string]

/** An `AttributeWriter` that takes the keys of one table only. Every `AttributeWriter` is one. */
export interface KeyWriter<Key extends string> {
  readonly string: (key: Key, value: string | undefined) => void
  readonly int: (key: Key, value: number | undefined) => void
  readonly double: (key: Key, value: number | undefined) => void
  readonly boolean: (key: Key, value: boolean | undefined) => void
  readonly strings: (key: Key, value: ReadonlyArray<string> | undefined) => void
  readonly json: (key: Key, value: unknown) => void
}

/** A writer for the keys of `Table`. */
export type WriterOf<Table> = KeyWriter<KeyOf<Table>>

/** Declares one source for several keys. */
export const from = <const Key extends string>(
  source: string,
  ...keys: ReadonlyArray<Key>
): { readonly [K in Key]: string } =>
  // Object.fromEntries forgets the key type that it was given.
  Object.fromEntries(keys.map((key) => [key, source])) as { readonly [K in Key]: string }

/** Text is written as it is: as JSON it would be quoted once more. */
export const jsonText = <Key extends string>(key: Key, value: unknown, out: KeyWriter<Key>): void =>
  typeof value === "string" ? out.string(key, value) : out.json(key, value)

/** What a back end has no key for: a text, or how many. */
export const countOrText = <Key extends string>(
  key: Key,
  value: string | number | undefined,
  out: KeyWriter<Key>
): void => (typeof value === "number" ? out.int(key, value) : out.string(key, value))

/** An object for a writer of JSON; none at all where every field is absent. */
export const present = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined =>
  Object.values(fields).every((field) => field === undefined) ? undefined : fields

/** Whether any of these rows covers a key. */
export const coveredBy = (rows: ReadonlyArray<string>, key: string): boolean => rows.some((row) => covers(row, key))

/** A text that says something: back ends take an empty model or provider for a real one. */
export const filled = (value: string | undefined): string | undefined => (value === "" ? undefined : value)

/** The texts of a list that say something; nothing, where none does. */
export const allFilled = (values: ReadonlyArray<string> | undefined): ReadonlyArray<string> | undefined => {
  const said = values?.filter((value) => value !== "")
  return said?.length === 0 ? undefined : said
}
