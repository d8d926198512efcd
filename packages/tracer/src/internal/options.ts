/**
 * Which options tracing has, and what each may be: options may come from code without types, or from a file.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { TracingConfig } from "../TracingConfig.js"

type Group =
  | "cache"
  | "batch"
  | "queue"
  | "hold"
  | "budget"
  | "sending"
  | "spool"
  | "explain"
  | "metrics"
  | "callMetrics"
  | "breaker"
  | "deadLetters"
  | "redaction"

type NamesOf<Options> = Readonly<Record<keyof Options, true>>

/** Each by its name; of a group the names in it. What is in none of these is misspelt, or of another library. */
const names: {
  readonly [Name in keyof TracingConfig]-?: Name extends Group ? NamesOf<NonNullable<TracingConfig[Name]>> : true
} = {
  resource: true,
  operator: true,
  content: true,
  redaction: { keys: true, hash: true, patterns: true, hashKey: true, effect: true, deadline: true, scope: true },
  endpoints: true,
  incoming: true,
  cache: { capacity: true, idleTimeToLive: true },
  batch: { maxSpans: true, maxBytes: true, maxAge: true },
  queue: { maxSpans: true, maxBytes: true },
  budget: { maxBytes: true, perTenant: true },
  sending: { maxConcurrent: true, perLane: true, patience: true, maxSlow: true, maxSlowBytes: true },
  hold: { maxSpans: true, maxBytes: true, maxTime: true },
  breaker: { failures: true, minWait: true, maxWait: true },
  maxElapsed: true,
  deadLetters: { maxBytes: true },
  spool: { resolve: true, writeAfter: true },
  explain: { maxTraces: true },
  metrics: { destinations: true },
  callMetrics: { maxSeries: true, include: true, exclude: true },
  onException: true,
  credentials: true,
  shutdownDeadline: true,
  onUnsent: true
}

const isWhole = (value: unknown): boolean => value === Infinity || (Number.isSafeInteger(value) && Number(value) > 0)
const isDuration = (value: unknown): boolean => Option.isSome(Duration.decodeUnknown(value))

/** By path; what is absent has its default. */
const checks: ReadonlyArray<readonly [path: string, expected: string, fits: (value: unknown) => boolean]> = [
  ...[
    "cache.capacity",
    "batch.maxSpans",
    "batch.maxBytes",
    "queue.maxSpans",
    "queue.maxBytes",
    "hold.maxSpans",
    "hold.maxBytes",
    "budget.maxBytes",
    "budget.perTenant",
    "sending.maxConcurrent",
    "sending.perLane",
    "sending.maxSlow",
    "sending.maxSlowBytes",
    "explain.maxTraces",
    "callMetrics.maxSeries",
    "breaker.failures"
  ].map((path) => [path, "a whole number above zero", isWhole] as const),
  ...[
    "cache.idleTimeToLive",
    "batch.maxAge",
    "hold.maxTime",
    "breaker.minWait",
    "breaker.maxWait",
    "maxElapsed",
    "sending.patience",
    "spool.writeAfter",
    "shutdownDeadline",
    "redaction.deadline"
  ].map((path) => [path, `a duration such as "5 seconds"`, isDuration] as const),
  ["content", "one of none, full", (value) => value === "none" || value === "full"],
  ["redaction.effect", "a function", Predicate.isFunction],
  ["onException", "a function", Predicate.isFunction],
  ["redaction.scope", "one of all, tenants", (value) => value === "all" || value === "tenants"],
  [
    "incoming",
    "one of continue, link, ignore",
    (value) => value === "continue" || value === "link" || value === "ignore"
  ]
]

/** What is wrong with one option. */
export interface Misfit {
  readonly path: ReadonlyArray<string>
  readonly detail: string
}

const nameMisfit = (given: object, known: object, path: ReadonlyArray<string>): Misfit | undefined => {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name))
  return unknown === undefined
    ? undefined
    : { path: [...path, unknown.slice(0, 64)], detail: `is no option: use ${Object.keys(known).join(", ")}` }
}

/** The first option that cannot be used: one that is none, a group that is none, or a value that does not fit. */
export const misfit = (config: TracingConfig): Misfit | undefined => {
  const unknown = nameMisfit(config, names, [])
  if (unknown !== undefined) return unknown
  for (const [group, known] of Object.entries(names)) {
    // The keys of `names` are those of the options.
    const given: unknown = config[group as keyof TracingConfig]
    if (known === true || given === undefined) continue
    if (!Predicate.isRecord(given))
      return { path: [group], detail: `expected a record of ${Object.keys(known).join(", ")}` }
    const misspelt = nameMisfit(given, known, [group])
    if (misspelt !== undefined) return misspelt
  }
  for (const [path, expected, fits] of checks) {
    const keys = path.split(".")
    const value = keys.reduce<unknown>((group, key) => (Predicate.isRecord(group) ? group[key] : undefined), config)
    if (value !== undefined && !fits(value)) return { path: keys, detail: `expected ${expected}, got ${String(value)}` }
  }
  return undefined
}
