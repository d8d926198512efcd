/** Whole traces through a provider with the real account of what is whose parent: what arrives is closed trees, or the ledger says of how many it is not. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck, TestClock } from "effect"
import * as ByteBudget from "../../src/deliver/ByteBudget.js"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Exporter from "../../src/deliver/Exporter.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as Provider from "../../src/deliver/Provider.js"
import * as fates from "../../src/internal/fates.js"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import * as TenantView from "../../src/render/TenantView.js"
import { recording, view } from "../support/recorded.js"

const id = DestinationId.make({ tenant: "acme", name: "main" })

type Answer = "all" | "later" | "nothing" | "half" | "half later" | "some"

const outcomeOf = (answer: Answer, batch: ReadonlyArray<RecordedSpan>): Exporter.ExportOutcome<RecordedSpan> => {
  const rest = batch.slice(Math.ceil(batch.length / 2))
  const refused = (spans: ReadonlyArray<RecordedSpan>) => [{ reason: "http_400", count: spans.length, spans }]
  const delivered = batch.length - rest.length
  switch (answer) {
    case "all":
      return Exporter.delivered(batch.length)
    case "later":
      return Exporter.again(batch)
    case "nothing":
      return { delivered: 0, rejected: refused(batch), dropped: [] }
    case "half":
      return { delivered, rejected: refused(rest), dropped: [] }
    case "half later":
      return { ...Exporter.again(rest), delivered }
    case "some":
      return { delivered, rejected: [{ reason: "partial_success", count: rest.length }], dropped: [] }
  }
}

/** A back end that answers as it is told to, behind a provider that is offered spans as the router offers them. */
const make = (options: Partial<Provider.Options<RecordedSpan>> = {}, maxBytes = 1024 * 1024) =>
  Effect.gen(function* () {
    const ledger = Ledger.make()
    const budget = ByteBudget.make({ maxBytes })
    const environment = yield* Provider.environment({ ledger, budget })
    const seen = view()
    const account = new fates.Account(ledger, id, seen)
    const received: Array<RecordedSpan> = []
    const answers: Array<Answer> = []
    let unclear = 0
    const provider = yield* Provider.make(environment, {
      id,
      account,
      sizeOf: () => 1,
      exporter: {
        export: (batch) =>
          Effect.sync(() => {
            const answer = answers.shift() ?? "all"
            const outcome = outcomeOf(answer, batch)
            if (answer === "some") unclear++
            received.push(...batch.slice(0, outcome.delivered))
            return outcome
          })
      },
      ...options
    })
    const end = (span: RecordedSpan) => {
      account.made(span)
      if (TenantView.isVisible(seen, span.ancestry)) provider.offer(span)
      else account.hidden(span)
    }
    return {
      answers,
      budget,
      end,
      environment,
      provider,
      received,
      row: () => ledger.snapshot().total,
      unclear: () => unclear,
      balanced: () => expect(ledger.snapshot().rows.filter((row) => !Ledger.balances(row))).toEqual([]),
      /** What arrived without the parent that the destination would see. */
      orphans: () => {
        const there = new Set(received.map(({ ancestry }) => ancestry))
        return received.filter((span) => {
          const parent = TenantView.parentOf(seen, span)
          return parent !== undefined && !there.has(parent)
        })
      }
    }
  })

interface Shape {
  readonly parent: number
  readonly role: string
  readonly fails: boolean
  readonly late: number
}

/** Parents by their number, what is hidden, and how far each span ends after its turn: parents end after their children, but for a few. */
const tree: FastCheck.Arbitrary<ReadonlyArray<Shape>> = FastCheck.array(
  FastCheck.record({
    parent: FastCheck.nat(20),
    role: FastCheck.constantFrom("seen", "seen", "seen", "hidden"),
    fails: FastCheck.constantFrom(false, false, true),
    late: FastCheck.constantFrom(0, 0, 0, 0, 3)
  }),
  { minLength: 1, maxLength: 9 }
)

const spansOf = (shape: ReadonlyArray<Shape>): ReadonlyArray<RecordedSpan> => {
  const { begin, end, open } = recording()
  const spans = [open()]
  const order: Array<readonly [RecordedSpan, number]> = []
  for (const { fails, late, parent: at, role } of shape) {
    const parent = spans[at % spans.length] ?? expect.fail()
    const span = begin(parent, role === "seen" ? { data: { _tag: "service", service: "billing" } } : {})
    spans.push(span)
    // The later it began the sooner it ends.
    order.unshift([span, late])
    end(span, fails ? { _tag: "error", error: { type: "Oops" } } : { _tag: "unset" })
  }
  order.push([end(spans[0] ?? expect.fail()), 0])
  return order
    .map(([span, late], index) => [span, index + late] as const)
    .sort(([, a], [, b]) => a - b)
    .map(([span]) => span)
}

const answer = FastCheck.constantFrom<Answer>("all", "all", "later", "nothing", "half", "half later", "some")

it.scoped.prop(
  "what arrives is closed trees, apart from the orphans that the ledger counts, whatever is refused, late or too much",
  [
    FastCheck.array(tree, { minLength: 1, maxLength: 4 }),
    FastCheck.array(answer, { maxLength: 12 }),
    FastCheck.array(FastCheck.constantFrom(0, 0, 0, 0, 1, 2000), { minLength: 1, maxLength: 12 }),
    FastCheck.integer({ min: 1, max: 8 })
  ],
  ([trees, answers, pauses, maxBytes]) =>
    Effect.gen(function* () {
      const it = yield* make({ maxQueueSpans: 5, maxBatchSpans: 2 }, maxBytes)
      it.answers.push(...answers)
      const all = trees.map(spansOf)
      const ended = Array.from({ length: 10 }, (_, at) => all.flatMap((spans) => spans.slice(at, at + 1))).flat()
      for (const [index, span] of ended.entries()) {
        it.end(span)
        it.balanced()
        expect(it.budget.stats().used).toBe(it.provider.held())
        const pause = pauses[index % pauses.length] ?? 0
        if (pause > 0) {
          yield* TestClock.adjust(pause)
          it.balanced()
        }
      }
      it.answers.length = 0
      yield* TestClock.adjust("10 minutes")
      it.balanced()
      expect(it.row()).toMatchObject({ made: ended.length, held: 0, delivered: it.received.length })
      expect(new Set(it.received).size).toBe(it.received.length)
      // Of a partial success nobody knows which spans it is about.
      if (it.unclear() === 0) expect(it.row().orphaned).toBe(it.orphans().length)
      expect(it.budget.stats().used).toBe(0)
      expect(it.environment.turns.stats()).toEqual({ sending: 0, slow: 0, waiting: 0 })
    }).pipe(Effect.scoped),
  { fastCheck: { numRuns: 100 }, timeout: 60_000 }
)

describe("where there is no room", () => {
  const trace = () => {
    const { begin, end, open } = recording()
    const root = open()
    const child = (parent: RecordedSpan, fails = false) =>
      end(
        begin(parent, { data: { _tag: "service", service: "billing" } }),
        fails ? { _tag: "error", error: { type: "Oops" } } : undefined
      )
    return { child, end: () => end(root), root }
  }

  it.scoped("leaves without errors go first, oldest first, then errors and roots, and parents never", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxQueueSpans: 6 })
      const { child, end, root } = trace()
      const leaf = child(root)
      const failed = child(root, true)
      const parent = child(root)
      const grandchild = child(parent)
      const second = child(root)
      for (const span of [leaf, failed, grandchild, parent, second, end()]) it.end(span)
      expect(it.row().dropped).toEqual({})
      const others = Array.from({ length: 4 }, () => trace().end())
      for (const other of others) it.end(other)
      yield* it.provider.flush()
      // Without its child the parent is a leaf.
      expect(it.received).toEqual([failed, root, ...others])
      expect(it.row()).toMatchObject({ dropped: { queue_full: 4 }, orphaned: 0 })
    })
  )

  it.scoped("a child of what had to go is no orphan: it goes as well, and says why", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxQueueSpans: 1 })
      const first = trace()
      it.end(trace().end())
      const parent = first.child(first.root)
      it.end(parent)
      it.end(first.child(parent))
      expect(it.row()).toMatchObject({ held: 1, dropped: { queue_full: 1, parent_lost: 1 }, orphaned: 0 })
    })
  )

  it.scoped("a parent whose children have arrived takes the place of a leaf", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxQueueSpans: 2, maxBatchSpans: 2 })
      const { child, end, root } = trace()
      it.end(child(root))
      it.end(child(root, true))
      yield* TestClock.adjust(0)
      expect(it.received).toHaveLength(2)
      const waiting = [trace().end(), trace().end()]
      it.answers.push("later", "later", "later", "later")
      for (const span of waiting) it.end(span)
      yield* TestClock.adjust(0)
      it.end(end())
      yield* TestClock.adjust("1 minute")
      expect(it.received.at(-1)).toBe(root)
      expect(it.row()).toMatchObject({ dropped: { queue_full: 1 }, orphaned: 0 })
    })
  )
})
