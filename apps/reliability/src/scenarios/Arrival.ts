/** Faults of one tenant's back end: how much of what was made arrives there. */
import { Fault, type ReceiverError } from "@tenant-tracer/receiver"
import { Effect, type Scope } from "effect"
import * as Backend from "../Backend.js"
import * as Directory from "../Directory.js"
import type { Outcome, Scenario } from "../Scenario.js"
import { type Kind, type Options, spansPerRequest, type Tenant } from "../SetUp.js"
import * as Subject from "../Subject.js"

/** A set-up, a back end and a tenant there. */
export interface Stage extends Backend.Backend {
  readonly acme: Tenant
  readonly subject: Subject.Subject
}

/** Sets up one of each. */
export const stage = (
  kind: Kind,
  options: Options = {},
  backend: Parameters<typeof Backend.make>[0] = {}
): Effect.Effect<Stage, Subject.SubjectError | ReceiverError.ReceiverError, Scope.Scope> =>
  Effect.gen(function* () {
    const made = yield* Backend.make(backend)
    const acme = yield* made.tenant("acme")
    return { ...made, acme, subject: yield* Subject.make(kind, options) }
  })

/** What came of so many requests of a tenant, when it has been waited for, so long at most. */
export const outcome = (
  { acme, arrived, await: awaitSpans, subject }: Stage,
  requests: number,
  patience: number,
  notes: ReadonlyArray<string> = []
): Effect.Effect<Outcome, Subject.SubjectError> =>
  Effect.gen(function* () {
    const made = requests * spansPerRequest
    yield* awaitSpans(acme, made, patience)
    const { again, spans: received } = yield* arrived(acme)
    return { made, received, again, said: yield* subject.said, notes }
  })

/** Requests in portions, with a pause after each. */
export const stream = ({ acme, subject }: Stage, portions: number, requests: number, pause: number) =>
  Effect.repeatN(Effect.zipLeft(subject.emit(acme, requests), Effect.sleep(pause)), portions - 1)

/** Faults that back ends have. */
export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "shutdown",
    title: "60 batches queued at shutdown",
    method:
      "The back end takes 100 ms for a request. Batches are 64 spans, queues large enough: 60 batches end in one burst, and the set-up is shut down at once, for which TenantTracer takes 5 s at most. 5 s later what has arrived is counted.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind, { batchSpans: 64, queueSpans: 4000 })
        yield* it.script(it.acme, Fault.forever(Fault.delay("100 millis")))
        yield* it.subject.emit(it.acme, 1920)
        yield* it.subject.shutdown
        return yield* outcome(it, 1920, 5000)
      })
  },
  {
    name: "random",
    title: "70 % of requests fail at random (503)",
    method:
      "2,000 spans in 20 portions, 100 ms apart; then up to 30 s for them to arrive. Probes of a failing back end are 0.25 to 1 s apart instead of 5 s to 5 min.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind, { probes: [250, 1000] })
        yield* it.script(it.acme, Fault.fraction(0.7, Fault.status(503), 7))
        yield* stream(it, 20, 50, 100)
        yield* Effect.fork(it.subject.flush)
        return yield* outcome(it, 1000, 30_000)
      })
  },
  {
    name: "refusal",
    title: "one HTTP 400, then a healthy back end",
    method: "The first request is answered with 400, all others are taken. 6,000 spans in 10 portions, 500 ms apart.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind)
        yield* it.script(it.acme, Fault.status(400))
        yield* stream(it, 10, 300, 500)
        yield* it.subject.flush
        return yield* outcome(it, 3000, 6000)
      })
  },
  {
    name: "outage",
    title: "back end down for 12 s, then well again",
    method:
      "503 to everything for 12 s, in which 2,400 spans end, one portion every 100 ms; then up to 25 s for them to arrive. Probes are 1 to 4 s apart. Scaled down from minutes: stock exporters give a batch up after 10 s, so longer is not different for them.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind, { probes: [1000, 4000] })
        yield* it.script(it.acme, Fault.forever(Fault.status(503)))
        yield* stream(it, 120, 10, 100)
        yield* it.script(it.acme)
        yield* Effect.fork(it.subject.flush)
        return yield* outcome(it, 1200, 25_000)
      })
  },
  {
    name: "large",
    title: "a back end that takes no more than 32 KiB at once (413)",
    method: "The back end refuses bodies of more than 32 KiB with 413. 2,048 spans end in one burst.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind, {}, { maxBytes: 32 * 1024 })
        yield* it.subject.emit(it.acme, 1024)
        yield* it.subject.flush
        return yield* outcome(it, 1024, 6000)
      })
  },
  {
    name: "killed",
    title: "the process is killed (`kill -9`) in a stream of requests, and started again",
    method:
      "The back end is down, 2,000 spans end in portions, and the process is killed 1 s after the last. Then the back end is well, a second process is started, and one more request comes. TenantTracer has its disk spool; neither of the others has one.",
    run: (kind) =>
      Effect.scoped(
        Effect.gen(function* () {
          const spool = yield* Directory.make
          const it = yield* stage(kind, { spool, probes: [1000, 4000] })
          yield* it.script(it.acme, Fault.forever(Fault.status(503)))
          yield* stream(it, 20, 50, 50)
          yield* Effect.sleep("1 second")
          yield* it.subject.signal("SIGKILL")
          yield* it.subject.ended
          yield* it.script(it.acme)
          const next = { ...it, subject: yield* Subject.make(kind, { spool, probes: [1000, 4000] }) }
          yield* next.subject.emit(it.acme, 1)
          yield* Effect.fork(next.subject.flush)
          return yield* outcome(next, 1001, 8000)
        })
      )
  }
]
