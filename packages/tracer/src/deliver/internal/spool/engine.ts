/**
 * The spool at work: what waits to be written, the fibers that write and tidy, and the end of it all. Everything that changes a file takes its turn.
 */
import { dirname } from "node:path"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import { breathe } from "../../../internal/breathe.js"
import type { DestinationId } from "../../DestinationId.js"
import { type Ref, type RefusalReason, type Spool, SpoolError, type SpoolLocked } from "../../Spool.js"
import * as Catalog from "./catalog.js"
import type { FileError } from "./files.js"
import * as Lock from "./lock.js"
import * as record from "./record.js"
import * as recovery from "./recovery.js"
import * as Store from "./store.js"

/** What a spool is made of; ages in milliseconds. */
export interface Options extends Omit<Store.Options, "catalog" | "clock"> {
  readonly closeDeadline: Duration.DurationInput
  /** The time of the file system, in milliseconds since the epoch. */
  readonly wallClock: () => number
}

interface Waiting {
  readonly plain: record.Plain
  readonly resume: (effect: Effect.Effect<Option.Option<Ref>>) => void
  /** Whoever asked has gone. */
  abandoned: boolean
}

/** So much is written at once, and so much may wait. */
const groupBytes = 4 * 1024 * 1024
const maxWaitingBytes = 64 * 1024 * 1024
const settleDelay = "100 millis"
const beatEvery = "10 seconds"

const open = (options: Options): Effect.Effect<Spool.Service, SpoolLocked | FileError, Scope.Scope> =>
  Effect.gen(function* () {
    const { directory, files, keys, maxBytes, segmentBytes } = options
    const clock = yield* Effect.clock
    const catalog = Catalog.make()
    const store = Store.make({ ...options, catalog, clock })
    // First come, first served, which a semaphore is not: who gives it back and asks again at once would get it before all who wait.
    const jobs = yield* Queue.unbounded<Effect.Effect<void>>()
    const somethingSettled = Effect.unsafeMakeLatch()
    let waiting: Array<Waiting> = []
    let waitingBytes = 0
    let writing = false
    let closed = false

    yield* files.makeDirectory(directory)
    // It may be new; who may not look into what it is in has put it there before.
    if (options.fsync === "batch") yield* Effect.ignore(files.syncDirectory(dirname(directory)))
    const lock = yield* Lock.acquire(files, directory, options.wallClock)
    const now = clock.unsafeCurrentTimeMillis()
    yield* recovery.recover({ ...options, catalog, now, afterEach: Effect.zipRight(lock.check, store.makeRoom) })
    yield* store.tidy

    // What belongs to another process now is not touched.
    const ifHeld = <A>(effect: Effect.Effect<A>, otherwise: Effect.Effect<A>): Effect.Effect<A> =>
      Effect.flatMap(lock.check, (held) => {
        closed ||= !held
        return held ? effect : otherwise
      })

    const inTurn = <A>(effect: Effect.Effect<A>, otherwise: Effect.Effect<A>): Effect.Effect<A> =>
      Effect.suspend(() => {
        const done = Deferred.unsafeMake<A>(FiberId.none)
        const job = Effect.asVoid(Effect.intoDeferred(ifHeld(effect, otherwise), done))
        return Queue.unsafeOffer(jobs, job) ? Deferred.await(done) : otherwise
      })

    const settle = (ref: Ref) => {
      if (catalog.settle(ref)) somethingSettled.unsafeOpen()
    }

    const takeGroup = (): ReadonlyArray<Waiting> => {
      const limit = Math.min(groupBytes, segmentBytes)
      let count = 0
      let bytes = 0
      for (const { plain } of waiting) {
        if (count > 0 && bytes + plain.length > limit) break
        bytes += plain.length
        count++
      }
      const group = waiting.slice(0, count)
      waiting = waiting.slice(count)
      waitingBytes -= bytes
      return group.filter(({ abandoned }) => !abandoned)
    }

    const refuse = (group: ReadonlyArray<Waiting>, reason: RefusalReason) => {
      for (const { plain, resume } of group) {
        catalog.refuse(reason, plain.spans.length)
        resume(Effect.succeedNone)
      }
    }

    const writeGroup = Effect.suspend(() => {
      const group = takeGroup()
      if (group.length === 0) return Effect.void
      return Effect.match(Effect.sandbox(store.write(group.map(({ plain }) => plain))), {
        onFailure: () => refuse(group, "spool_disk"),
        onSuccess: (refs) => {
          for (const [index, ref] of refs.entries()) {
            const one = group[index]
            if (one === undefined || one.abandoned) settle(ref)
            else one.resume(Effect.succeedSome(ref))
          }
        }
      })
    })

    const refuseAll = Effect.sync(() => {
      refuse(waiting, "spool_closed")
      waiting = []
      waitingBytes = 0
    })

    const write: Effect.Effect<void> = Effect.map(ifHeld(writeGroup, refuseAll), () => {
      writing = waiting.length > 0
      if (writing) Queue.unsafeOffer(jobs, write)
    })

    const append: Spool.Service["append"] = ({ id, spans }) =>
      Effect.async((resume) => {
        const header = { key: keys.current, id, time: clock.unsafeCurrentTimeMillis(), count: spans.length }
        const plain = Option.filter(record.plain(header, spans), ({ length }) => length <= maxBytes)
        const no = (reason: RefusalReason) => {
          catalog.refuse(reason, spans.length)
          resume(Effect.succeedNone)
        }
        if (closed) return no("spool_closed")
        if (Option.isNone(plain)) return no("spool_too_large")
        if (waitingBytes + plain.value.length > maxWaitingBytes) return no("spool_busy")
        const one: Waiting = { plain: plain.value, resume, abandoned: false }
        waiting.push(one)
        waitingBytes += plain.value.length
        if (!writing) writing = Queue.unsafeOffer(jobs, write)
        return Effect.sync(() => {
          one.abandoned = true
        })
      })

    const forget = (id: DestinationId): Effect.Effect<number> =>
      Effect.gen(function* () {
        let spans = 0
        for (const segment of Array.from(catalog.segments())) {
          for (const ref of segment.records.values()) if (ref.id === id && catalog.settle(ref)) spans += ref.count
          yield* breathe
        }
        return spans
      })

    // A listener that throws after all stops nobody.
    const keepDoing = (effect: Effect.Effect<unknown>) =>
      effect.pipe(
        Effect.catchAllCause(() => Effect.void),
        Effect.forever,
        Effect.forkScoped
      )
    yield* keepDoing(Effect.flatMap(Queue.take(jobs), Effect.uninterruptible))
    yield* keepDoing(
      somethingSettled.await.pipe(
        Effect.zipRight(Effect.sleep(settleDelay)),
        Effect.tap(() => somethingSettled.unsafeClose()),
        Effect.zipRight(inTurn(store.tend, Effect.void))
      )
    )
    yield* keepDoing(Effect.zipRight(Effect.sleep(beatEvery), inTurn(store.tidy, Effect.void)))
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        closed = true
        return inTurn(Effect.void, Effect.void)
      }).pipe(
        Effect.repeat({ until: () => !writing }),
        Effect.zipRight(inTurn(Effect.zipRight(store.tend, store.close), store.close)),
        Effect.zipRight(Queue.shutdown(jobs))
      )
    )

    return {
      append,
      settle,
      read: store.read,
      recovered: Effect.sync(() => {
        const refs: Array<Ref> = []
        for (const segment of catalog.segments()) {
          if (segment.recovered) for (const ref of segment.records.values()) refs.push(ref)
        }
        return refs
      }),
      forget: (id) => inTurn(Effect.zipLeft(forget(id), store.tend), forget(id)),
      watch: catalog.watch,
      stats: Effect.sync(catalog.stats)
    }
  })

/**
 * Opens a spool until the scope closes. What then still waits is written first; if that takes longer than the deadline, it goes on without anybody
 * waiting for it.
 */
export const make = (options: Options): Effect.Effect<Spool.Service, SpoolError | SpoolLocked, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer((exit) =>
      Scope.close(scope, exit).pipe(
        Effect.disconnect,
        Effect.interruptible,
        Effect.timeoutOption(options.closeDeadline)
      )
    )
    return yield* Scope.extend(open(options), scope)
  }).pipe(
    Effect.catchTag("FileError", ({ code }) =>
      Effect.fail(
        new SpoolError({
          reason: "directory",
          detail: `${code} at ${options.directory}; it must be ours to read and write`
        })
      )
    ),
    Effect.withTracerEnabled(false)
  )
