/** What one machine cannot show, worked out from what it can: a fleet of replicas, and a million tenants. */
import * as Lru from "./peers/Lru.js"
import * as Report from "./Report.js"
import type { Setting } from "./Rounds.js"
import * as Stats from "./Stats.js"
import * as Table from "./Table.js"
import * as Tenants from "./Tenants.js"

/** What is taken from the measurements; `undefined` where it was not measured. */
export interface Measured {
  /** Microseconds of CPU per span delivered, in batches of many spans and in batches of one request. */
  readonly batched: number | undefined
  readonly single: number | undefined
  /** Bytes of an idle tenant. */
  readonly idle: number | undefined
  /** Nanoseconds. */
  readonly hit: number | undefined
  readonly eviction: number | undefined
  readonly sockets: number | undefined
  /** Milliseconds to close a thousand busy tenants. */
  readonly closing: number | undefined
}

/** Finds them in the results. */
export const measured = (results: Report.Results): Measured => {
  const value = (mark: number, what: string, setting: Partial<Setting>): number | undefined => {
    const row = Report.measured(results, mark).find(
      (row) =>
        row.what.startsWith(what) &&
        row.values.length > 0 &&
        Object.entries(setting).every(([key, value]) => row.setting[key] === value)
    )
    return row === undefined ? undefined : Stats.median(row.values)
  }
  const delivered = { peer: "ours", spread: "uniform", encoding: "protobuf", compression: "none", messages: false }
  return {
    batched: value(2, "CPU, µs", { ...delivered, tenants: 256 }),
    single: value(2, "CPU, µs", { ...delivered, tenants: 10_000, capacity: 10_000 }),
    idle: value(4, "bytes of an idle", { peer: "ours", idle: true }),
    hit: value(9, "a hit", { cache: true }),
    eviction: value(9, "an eviction", { cache: true }),
    sockets: value(5, "sockets", { peer: "ours" }),
    closing: value(9, "closing", { peer: "ours", closing: true })
  }
}

/** How a fleet is used. */
export interface Fleet {
  readonly replicas: number
  readonly tenants: number
  /** Of one tenant in a day. */
  readonly requests: number
  /** Back ends that are not the same host. */
  readonly origins: number
}

/** Those that are worked out. */
export const fleets: ReadonlyArray<Fleet> = [
  { replicas: 1, tenants: 10_000, requests: 1000, origins: 5 },
  { replicas: 10, tenants: 1_000_000, requests: 100, origins: 50 },
  { replicas: 100, tenants: 1_000_000, requests: 1000, origins: 50 }
]

/** Providers that a process keeps by default. */
const capacity = 10_000

/** Seconds after which a batch goes that is not full, by default. */
const batchAge = 5

const spans = 6

/**
 * The part of requests whose tenant is in a cache of this capacity, of a traffic in which the k-th tenant has a share in proportion to 1/k; played
 * through.
 */
export const hitRate = (tenants: number, capacity: number, requests = 100_000): number => {
  // Once each of them has come.
  if (tenants <= capacity) return 1
  const next = Tenants.traffic(tenants, "zipf")
  let misses = 0
  const cache = Lru.make(
    capacity,
    () => misses++,
    () => {}
  )
  for (let request = 0; request < requests; request++) cache.get(next())
  const before = misses
  for (let request = 0; request < requests; request++) cache.get(next())
  return 1 - (misses - before) / requests
}

/** The part of requests that have a batch to themselves, if those of a tenant come when they come: nobody else comes within its age. */
export const alone = ({ replicas, requests }: Fleet): number => Math.exp((-requests / 86_400 / replicas) * batchAge)

const rates = new Map<number, number>()

const hitRateOf = (tenants: number): number => {
  const rate = rates.get(tenants) ?? hitRate(tenants, capacity)
  rates.set(tenants, rate)
  return rate
}

interface Part {
  readonly name: string
  readonly formula: string
  readonly of: (fleet: Fleet, measured: Measured) => string | undefined
}

const times = (value: number | undefined, factor: number, unit: string): string | undefined =>
  value === undefined ? undefined : `${Report.number(value * factor)} ${unit}`

/** Of all replicas, in a second. */
const perSecond = ({ requests, tenants }: Fleet): number => (tenants * requests) / 86_400

const perReplica = (fleet: Fleet): number => perSecond(fleet) / fleet.replicas

const parts: ReadonlyArray<Part> = [
  {
    name: "requests of a second, in all",
    formula: "tenants × requests of a day ÷ 86,400",
    of: (fleet) => Report.number(perSecond(fleet))
  },
  {
    name: "requests with a batch to themselves",
    formula: "e^(− requests of a tenant and second ÷ replicas × 5 s)",
    of: (fleet) => `${Report.number(alone(fleet) * 100)} %`
  },
  {
    name: "CPU for tracing, in all",
    formula: "requests × 6 × (alone × µs in batches of one request + rest × µs in batches of many)",
    of: (fleet, { batched, single }) =>
      batched === undefined || single === undefined
        ? undefined
        : times(perSecond(fleet) * spans * (alone(fleet) * single + (1 - alone(fleet)) * batched), 1e-6, "cores")
  },
  {
    name: "tenants kept by one replica",
    formula: "min(tenants, capacity): without affinity every replica meets every tenant",
    of: ({ tenants }) => Report.number(Math.min(tenants, capacity))
  },
  {
    name: "memory of those, per replica",
    formula: "tenants kept × bytes of an idle tenant",
    of: ({ tenants }, { idle }) => times(idle, Math.min(tenants, capacity) / 2 ** 20, "MiB")
  },
  {
    name: "memory if it kept all of them",
    formula: "tenants × bytes of an idle tenant",
    of: ({ tenants }, { idle }) => times(idle, tenants / 2 ** 20, "MiB")
  },
  {
    name: "requests that find their tenant",
    formula: "played through: least recently used, capacity 10,000, Zipf",
    of: ({ tenants }) => `${Report.number(hitRateOf(tenants) * 100)} %`
  },
  {
    name: "CPU for those that do not, per replica",
    formula: "requests ÷ replicas × part that misses × ns of an eviction",
    of: (fleet, { eviction }) =>
      times(eviction, perReplica(fleet) * (1 - hitRateOf(fleet.tenants)) * 1e-6, "ms of a second")
  },
  {
    name: "CPU to find the others, per replica",
    formula: "requests ÷ replicas × 6 × ns of a hit",
    of: (fleet, { hit }) => times(hit, perReplica(fleet) * spans * 1e-6, "ms of a second")
  },
  {
    name: "sockets, in all",
    formula: "replicas × origins × sockets to one origin",
    of: ({ origins, replicas }, { sockets }) => times(sockets, replicas * origins, "at most")
  },
  {
    name: "closing a replica",
    formula: "tenants with something to send (requests of 5 s, at most) ÷ 1,000 × ms to close a thousand",
    of: (fleet, { closing }) =>
      times(closing, Math.min(perReplica(fleet) * batchAge, fleet.tenants, capacity) / 1000, "ms")
  },
  {
    name: "requests to a back end that is dead, in all",
    formula: "replicas × one probe in 5 min, once each breaker is fully open",
    of: ({ replicas }) => `${Report.number(replicas / 5)} a minute`
  }
]

const titleOf = ({ origins, replicas, requests, tenants }: Fleet): string =>
  `${Report.number(tenants)} tenants, ${requests.toLocaleString("en")} requests a day each, ${origins} origins, ${replicas} ${replicas === 1 ? "replica" : "replicas"}`

/** The table. */
export const table = (measured: Measured): string =>
  Table.markdown(
    ["part", "formula", ...fleets.map(titleOf)],
    parts.map(({ formula, name, of }) => [
      name,
      formula,
      ...fleets.map((fleet) => of(fleet, measured) ?? "not measured")
    ])
  )
