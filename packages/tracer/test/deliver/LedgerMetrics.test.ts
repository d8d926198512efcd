import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck, Metric, MetricKeyType, MetricState } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as LedgerMetrics from "../../src/deliver/LedgerMetrics.js"

const names = [
  "tenant_tracer.span.copies",
  "tenant_tracer.span.pending",
  "tenant_tracer.span.orphaned",
  "tenant_tracer.events"
]

interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly isCounter: boolean
  readonly isIncremental: boolean
}

const all = Effect.map(
  Metric.snapshot,
  (pairs): ReadonlyArray<Series> =>
    pairs.flatMap(({ metricKey: { keyType, name, tags }, metricState: state }) => {
      const isCounter = MetricState.isCounterState(state)
      if (!names.includes(name) || !(isCounter || MetricState.isGaugeState(state))) return []
      return [
        {
          name: name.slice("tenant_tracer.".length),
          labels: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
          value: Number(isCounter ? state.count : state.value),
          isCounter,
          isIncremental: MetricKeyType.isCounterKey(keyType) && keyType.incremental
        }
      ]
    })
)

/** What the metrics of all tests so far have grown by since this was made: they are the process's. */
const since = Effect.map(all, (before) => {
  const keyOf = ({ labels, name }: Series) => JSON.stringify([name, labels])
  const base = new Map(before.map((series) => [keyOf(series), series.value]))
  return Effect.map(all, (now) =>
    now.flatMap((series) => {
      const was = base.get(keyOf(series))
      return was === series.value
        ? []
        : [{ ...series, value: series.isCounter ? series.value - (was ?? 0) : series.value }]
    })
  )
})

const valueOf = (series: ReadonlyArray<Series>, name: string, labels: Readonly<Record<string, string>>) =>
  series.find((one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels))?.value

let fresh = 0
/** Ids that no other test has used: metrics stay. */
const idOf = (tenant = `metrics ${fresh++}`) => DestinationId.make({ tenant, name: "d" })

it.effect("tells every number of the ledger, for the total and by destination", () =>
  Effect.gen(function* () {
    const grown = yield* since
    const ledger = Ledger.make()
    const id = idOf()
    ledger.made(id, 20)
    ledger.hidden(id, 1)
    ledger.delivered(id, 4)
    ledger.rejected(id, "http_400", 2)
    ledger.dropped(id, "queue_full", 3)
    ledger.denied(id, "revoked", 5)
    ledger.spooled(id, 4)
    ledger.orphaned(id, 2)
    ledger.observe(id, () => 6)
    ledger.unrouted("no_destination", 7)
    ledger.count("bind_conflict", 8)
    LedgerMetrics.make()(ledger.snapshot())
    const series = yield* grown
    for (const destination of [id, "total"]) {
      expect(
        series
          .filter(({ labels }) => labels.destination === destination)
          .map(({ labels, name, value }) => [name, labels.state, labels.reason, value])
          .sort()
      ).toEqual([
        ["span.copies", "delivered", undefined, 4],
        ["span.copies", "denied", "revoked", 5],
        ["span.copies", "dropped", "queue_full", 3],
        ["span.copies", "hidden", undefined, 1],
        ["span.copies", "made", undefined, 20],
        ["span.copies", "rejected", "http_400", 2],
        ["span.orphaned", undefined, undefined, 2],
        ["span.pending", "held", undefined, 6],
        ["span.pending", "spooled", undefined, 4]
      ])
    }
    expect(valueOf(series, "events", { name: "bind_conflict" })).toBe(8)
    expect(valueOf(series, "events", { name: "unrouted no_destination" })).toBe(7)
    expect(series.filter(({ isCounter }) => isCounter).every(({ isIncremental }) => isIncremental)).toBe(true)
  })
)

it.effect("is brought up to date, not added up, and grows only", () =>
  Effect.gen(function* () {
    const grown = yield* since
    const ledger = Ledger.make()
    const id = idOf()
    const tell = LedgerMetrics.make()
    const made = { destination: id, state: "made" }
    for (const [more, sum] of [
      [3, 3],
      [0, 3],
      [4, 7]
    ] as const) {
      ledger.made(id, more)
      tell(ledger.snapshot())
      expect(valueOf(yield* grown, "span.copies", made)).toBe(sum)
    }
  })
)

it.effect("orphans that have their parent back are none any more", () =>
  Effect.gen(function* () {
    const grown = yield* since
    const ledger = Ledger.make()
    const id = idOf()
    const tell = LedgerMetrics.make()
    for (const [delta, value] of [
      [5, 5],
      [-3, 2]
    ] as const) {
      ledger.orphaned(id, delta)
      tell(ledger.snapshot())
      expect(valueOf(yield* grown, "span.orphaned", { destination: id })).toBe(value)
    }
    expect((yield* grown).filter(({ labels }) => labels.state === "orphaned")).toEqual([])
  })
)

describe("however many destinations there are", () => {
  it.effect("the first few have series of their own, and the total tells of all", () =>
    Effect.gen(function* () {
      const grown = yield* since
      const ledger = Ledger.make()
      const ids = Array.from({ length: 1000 }, () => idOf())
      const tell = LedgerMetrics.make({ destinations: 3 })
      for (const [index, id] of ids.entries()) {
        ledger.made(id, 2)
        ledger.delivered(id, 1)
        ledger.dropped(id, `reason ${index % 2}`, 1)
        if (index % 400 === 0) tell(ledger.snapshot())
      }
      tell(ledger.snapshot())
      const series = yield* grown
      expect(new Set(series.map(({ labels }) => labels.destination))).toEqual(
        new Set([ids[0], ids[1], ids[2], "total"])
      )
      expect(valueOf(series, "span.copies", { destination: "total", state: "made" })).toBe(2000)
      expect(valueOf(series, "span.copies", { destination: ids[1] ?? "", state: "made" })).toBe(2)
      // made, hidden, delivered, two reasons, two pending, orphaned.
      expect(series.length).toBeLessThanOrEqual(4 * 8)
    })
  )

  it.effect("and however many reasons", () =>
    Effect.gen(function* () {
      const grown = yield* since
      const ledger = Ledger.make()
      const id = idOf()
      const tell = LedgerMetrics.make({ destinations: 1 })
      for (let index = 0; index < 1000; index++) {
        ledger.made(id, 1)
        ledger.dropped(id, `r${index}`, 1)
        ledger.count(`name ${index}`)
        if (index % 300 === 0) tell(ledger.snapshot())
      }
      tell(ledger.snapshot())
      const series = yield* grown
      expect(series.length).toBeLessThan(500)
      const dropped = series.filter(({ labels }) => labels.destination === id && labels.state === "dropped")
      expect(dropped.reduce((sum, { value }) => sum + value, 0)).toBe(1000)
    })
  )

  it.effect("none has series of its own where none may, and what is summed up under others never has", () =>
    Effect.gen(function* () {
      const grown = yield* since
      const ledger = Ledger.make({ maxEntries: 1 })
      for (const id of [idOf(), idOf(), idOf()]) {
        ledger.made(id, 1)
        ledger.delivered(id, 1)
      }
      LedgerMetrics.make({ destinations: 0 })(ledger.snapshot())
      expect(new Set((yield* grown).flatMap(({ labels }) => labels.destination ?? []))).toEqual(new Set(["total"]))
      LedgerMetrics.make({ destinations: 20 })(ledger.snapshot())
      expect((yield* grown).filter(({ labels }) => labels.destination === "others")).toEqual([])
    })
  )
})

it.effect("a destination that the ledger has forgotten and met again goes on growing", () =>
  Effect.gen(function* () {
    const grown = yield* since
    const ledger = Ledger.make({ maxEntries: 1 })
    const tell = LedgerMetrics.make()
    const id = idOf()
    const deliver = (to: DestinationId.DestinationId, count: number) => {
      ledger.made(to, count)
      ledger.delivered(to, count)
      tell(ledger.snapshot())
    }
    deliver(id, 5)
    deliver(idOf(), 1)
    deliver(id, 2)
    expect(valueOf(yield* grown, "span.copies", { destination: id, state: "made" })).toBe(7)
  })
)

it.effect.prop(
  "the total is what the ledger says, whatever was counted",
  [
    FastCheck.array(
      FastCheck.tuple(
        FastCheck.nat(5),
        FastCheck.constantFrom("delivered" as const, "dropped" as const, "hidden" as const),
        FastCheck.nat(9)
      ),
      { maxLength: 40 }
    )
  ],
  ([steps]) =>
    Effect.gen(function* () {
      const grown = yield* since
      const ledger = Ledger.make({ maxEntries: 3 })
      const tell = LedgerMetrics.make({ destinations: 2 })
      const ids = Array.from({ length: 6 }, () => idOf())
      for (const [at, fate, count] of steps) {
        const id = ids[at] ?? expect.fail()
        ledger.made(id, count)
        if (fate === "dropped") ledger.dropped(id, "queue_full", count)
        else ledger[fate](id, count)
        tell(ledger.snapshot())
      }
      const series = yield* grown
      const { delivered, dropped, hidden, made } = ledger.snapshot().total
      const told = (labels: Record<string, string>) =>
        valueOf(series, "span.copies", { destination: "total", ...labels }) ?? 0
      expect([told({ state: "made" }), told({ state: "delivered" }), told({ state: "hidden" })]).toEqual([
        made,
        delivered,
        hidden
      ])
      expect(told({ state: "dropped", reason: "queue_full" })).toBe(dropped.queue_full ?? 0)
    }),
  { fastCheck: { numRuns: 30 } }
)
