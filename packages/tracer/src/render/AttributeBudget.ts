/**
 * What stays of a span that has more attributes than its back end keeps. It decides when all of them are written, so that the same span always
 * keeps the same ones.
 *
 * @since 0.1.0
 */
import { coreOf, type ListKind, type Vocabulary } from "@tenant-tracer/model/Vocabulary"

/**
 * What a vocabulary says of its keys.
 *
 * @since 0.1.0
 * @category models
 */
export type Spelling = Pick<Vocabulary, "content" | "core" | "keys" | "lists">

/** The keys of one item of a flat list: its own, then those of each tool call in it. They go from the last on. */
type Item = Map<string, Array<string>>

interface List {
  readonly kind: ListKind
  readonly items: Map<string, Item>
}

const listed = /^(.+?)\.(\d+)\./
const called = /\.tool_calls?\.\d+\./

const listsOf = (values: ReadonlyMap<string, unknown>, { lists: kinds = {}, keys }: Spelling): ReadonlyArray<List> => {
  const lists = new Map<string, List>()
  for (const key of values.keys()) {
    const [, prefix, index] = listed.exec(key) ?? []
    if (prefix === undefined || index === undefined || Object.hasOwn(keys, key)) continue
    const list = lists.get(prefix) ?? {
      kind: (Object.hasOwn(kinds, prefix) ? kinds[prefix] : undefined) ?? "conversation",
      items: new Map<string, Item>()
    }
    lists.set(prefix, list)
    const item = list.items.get(index) ?? new Map<string, Array<string>>([["", []]])
    list.items.set(index, item)
    const piece = called.exec(key)?.[0] ?? ""
    const found = item.get(piece)
    if (found === undefined) item.set(piece, [key])
    else found.push(key)
  }
  return [...lists.values()]
}

/** Takes items out of the longest list, again and again, as long as it has more than `left`. `pick` says which of its items. */
function* shortened(
  lists: ReadonlyArray<List>,
  left: number,
  pick: (indices: ReadonlyArray<string>) => string | undefined
): Generator<ReadonlyArray<string>> {
  for (;;) {
    let longest: List["items"] | undefined
    for (const { items } of lists) if (items.size > (longest?.size ?? left)) longest = items
    const index = longest && pick([...longest.keys()])
    const item = index === undefined ? undefined : longest?.get(index)
    if (index === undefined || item === undefined) return
    longest?.delete(index)
    yield* [...item.values()].reverse()
  }
}

/** What goes, one after the other: the order is the rule. */
function* givenUp(values: ReadonlyMap<string, unknown>, spelling: Spelling): Generator<ReadonlyArray<string>> {
  const lists = listsOf(values, spelling)
  const core = new Set([...coreOf(spelling), "gateway.cancelled", "gateway.unfinished"])
  const of = (kind: ListKind) => lists.filter((list) => list.kind === kind)
  const [conversations, ranked, tools] = [of("conversation"), of("ranked"), of("tools")]
  const first = (indices: ReadonlyArray<string>) => indices[0]
  const last = (indices: ReadonlyArray<string>) => indices.at(-1)
  const inLists = new Set(
    lists.flatMap(({ items }) => [...items.values()].flatMap((item) => [...item.values()].flat()))
  )
  const alone = [...values.keys()].filter((key) => !inLists.has(key)).reverse()
  const newest = (wanted: (key: string) => boolean) => alone.flatMap((key) => (wanted(key) ? [[key]] : []))

  yield* shortened(conversations, 2, (indices) => indices[1])
  yield* shortened(ranked, 1, last)
  yield* shortened(tools, 1, last)
  yield* newest((key) => !Object.hasOwn(spelling.keys, key) && !core.has(key))
  yield* shortened(conversations, 0, first)
  yield* shortened([...ranked, ...tools], 0, first)
  yield* newest((key) => Object.hasOwn(spelling.keys, key) && !core.has(key))
  yield* newest((key) => core.has(key))
}

/** Of each list of tools the first that fit into its share, and one at least. */
function* surplusTools(
  values: ReadonlyMap<string, unknown>,
  limit: number,
  spelling: Spelling
): Generator<ReadonlyArray<string>> {
  const lists = listsOf(values, spelling).filter(({ kind }) => kind === "tools")
  const share = Math.floor(Math.floor(limit / 4) / lists.length)
  for (const { items } of lists) {
    let taken = 0
    let isFirst = true
    for (const item of items.values()) {
      const keys = [...item.values()].flat()
      taken += keys.length
      if (taken > share && !isFirst) yield keys
      isFirst = false
    }
  }
}

const prefixesOf = new WeakMap<NonNullable<Spelling["lists"]>, ReadonlyArray<string>>()

/** What the keys of a vocabulary's lists of tools begin with. */
const toolPrefixes = ({ lists }: Spelling): ReadonlyArray<string> => {
  if (lists === undefined) return []
  const known = prefixesOf.get(lists)
  if (known !== undefined) return known
  const prefixes = Object.keys(lists).flatMap((prefix) => (lists[prefix] === "tools" ? [`${prefix}.`] : []))
  prefixesOf.set(lists, prefixes)
  return prefixes
}

/** Most spans have few tools, and are not taken apart for that. */
const mayHaveSurplus = (
  values: ReadonlyArray<readonly [key: string, value: unknown]>,
  limit: number,
  spelling: Spelling
): boolean => {
  const prefixes = toolPrefixes(spelling)
  const share = Math.floor(limit / 4 / prefixes.length)
  if (values.length <= share) return false
  let found = 0
  for (const [key] of values) for (const prefix of prefixes) if (key.startsWith(prefix)) found++
  return found > share
}

/**
 * Whether it is seen at a glance that nothing of it is too much: so it is with most spans.
 *
 * @since 0.1.0
 * @category fitting
 */
export const fits = (
  values: ReadonlyArray<readonly [key: string, value: unknown]>,
  limit: number,
  spelling: Spelling
): boolean => values.length <= limit && !mayHaveSurplus(values, limit, spelling)

/**
 * Takes out of `values` what is too much for a back end that keeps `limit` attributes, and returns how many those were. First the tools that are
 * more than their share. Then, until the rest fits:
 *
 * 1. of conversations the oldest messages but the first, of other lists the last items; always of the longest list
 * 2. what the vocabulary has no row of its own for (metadata, what libraries wrote), the newest first
 * 3. what is left of lists, first items first
 * 4. the other keys of the vocabulary, the newest first, its core last of all
 *
 * An item goes as a whole, but its tool calls go before it, the last one first.
 *
 * @since 0.1.0
 * @category fitting
 */
export const fit = (values: Map<string, unknown>, limit: number, spelling: Spelling): number => {
  const before = values.size
  if (mayHaveSurplus([...values], limit, spelling)) {
    for (const keys of surplusTools(values, limit, spelling)) for (const key of keys) values.delete(key)
  }
  if (values.size > limit) {
    for (const keys of givenUp(values, spelling)) {
      for (const key of keys) values.delete(key)
      if (values.size <= limit) break
    }
  }
  return before - values.size
}
