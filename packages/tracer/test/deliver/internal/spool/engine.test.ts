/** What a spool does with a disk that fails, is full, or hangs; the rest of it is in the tests of `DiskSpool`. */
import * as fs from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import { type File, FileError, type Files, node } from "../../../../src/deliver/internal/spool/files.js"
import type { Spool } from "../../../../src/deliver/Spool.js"
import {
  acme,
  bytesOf,
  directory,
  engineWith,
  globex,
  inAMoment,
  list,
  numbers,
  put,
  random,
  segments,
  session,
  take,
  takeRecovered
} from "../../spooling.js"

type Operation = keyof File | keyof Files

/** The disk, which counts what is asked of it and fails where it is told to: a write after half of the bytes. */
const disk = () => {
  const counts = new Map<Operation, number>()
  const faults = new Map<Operation, string>()
  const waits = new Map<Operation, Deferred.Deferred<void>>()

  const count = (name: Operation) => counts.set(name, (counts.get(name) ?? 0) + 1)

  const through = <A>(
    name: Operation,
    effect: Effect.Effect<A, FileError>,
    first?: Effect.Effect<unknown, FileError>
  ) =>
    Effect.suspend(() => {
      count(name)
      const code = faults.get(name)
      const wait = waits.get(name)
      if (wait !== undefined) return Effect.zipRight(Deferred.await(wait), effect)
      return code === undefined ? effect : Effect.zipRight(first ?? Effect.void, new FileError({ code }))
    })

  const files: Files = {
    makeDirectory: (path) => through("makeDirectory", node.makeDirectory(path)),
    list: (path) => through("list", node.list(path)),
    open: (path, how) =>
      Effect.map(through("open", node.open(path, how)), (file) => ({
        read: (into, position) => through("read", file.read(into, position)),
        write: (bytes, position) =>
          through("write", file.write(bytes, position), file.write(bytes.subarray(0, bytes.length / 2), position)),
        sync: through("sync", file.sync),
        truncate: (size) => through("truncate", file.truncate(size)),
        info: through("info", file.info),
        close: Effect.zipRight(
          Effect.sync(() => count("close")),
          file.close
        )
      })),
    syncDirectory: (path) => through("syncDirectory", node.syncDirectory(path)),
    rename: (from, to) => through("rename", node.rename(from, to)),
    touch: (path, time) => through("touch", node.touch(path, time)),
    remove: (path) => through("remove", node.remove(path))
  }
  return { files, counts, faults, waits }
}

const refused = (spool: Spool.Service) => Effect.map(spool.append({ id: acme, spans: [bytesOf("no")] }), Option.isNone)

it.scoped("writes and syncs what comes together at once", () =>
  Effect.gen(function* () {
    const { counts, files } = disk()
    const path = yield* directory
    const spool = yield* engineWith({ directory: path, files, fsync: "batch" })
    counts.clear()
    const refs = yield* Effect.forEach(numbers(100), (text) => put(spool, [text]), { concurrency: "unbounded" })
    expect(counts.get("write")).toBeLessThanOrEqual(2)
    expect(counts.get("sync")).toBe(counts.get("write"))
    expect(counts.get("syncDirectory")).toBe(1)
    expect(yield* Effect.forEach(refs, (ref) => take(spool, ref))).toEqual(numbers(100).map((text) => [text]))
  })
)

it.scoped("has one file open when it has nothing to do, and none when it is closed", () =>
  Effect.gen(function* () {
    const { counts, files } = disk()
    const path = yield* directory
    const open = () => (counts.get("open") ?? 0) - (counts.get("close") ?? 0)
    const scope = yield* Scope.make()
    const spool = yield* Scope.extend(engineWith({ directory: path, files, segmentBytes: 500 }), scope)
    expect(open()).toBe(0)
    const refs = yield* Effect.forEach(numbers(20), (text) => put(spool, [text]), { concurrency: 5 })
    yield* Effect.forEach(refs, (ref) => take(spool, ref), { concurrency: "unbounded" })
    expect(yield* spool.forget(globex)).toBe(0)
    expect(open()).toBe(1)
    yield* Scope.close(scope, Exit.void)
    expect(open()).toBe(0)
    // Who asks too late is answered all the same.
    expect(yield* spool.forget(acme)).toBe(20)
  })
)

it.scoped("a new directory is on the disk before anything is in it, and who may not make sure of that goes on", () =>
  Effect.gen(function* () {
    const { counts, faults, files } = disk()
    faults.set("syncDirectory", "EACCES")
    const path = join(yield* directory, "new")
    const spool = yield* engineWith({ directory: path, files, fsync: "batch" })
    expect(counts.get("syncDirectory")).toBe(1)
    faults.clear()
    yield* put(spool, ["a"])
  })
)

it.scoped("syncs nothing where it need not", () =>
  Effect.gen(function* () {
    const { counts, files } = disk()
    const spool = yield* engineWith({ directory: yield* directory, files })
    yield* put(spool, ["a"])
    expect([counts.get("sync"), counts.get("syncDirectory")]).toEqual([undefined, undefined])
  })
)

it.effect.each<readonly [Operation, string]>([
  ["write", "ENOSPC"],
  ["write", "EIO"],
  ["sync", "EIO"],
  ["open", "ENOSPC"],
  ["open", "EMFILE"],
  ["syncDirectory", "EIO"]
])("refuses records while %s fails with %s, and goes on when it does no more", ([operation, code]) =>
  Effect.gen(function* () {
    const { faults, files } = disk()
    const path = yield* directory
    yield* Effect.scoped(
      Effect.gen(function* () {
        const spool = yield* engineWith({ directory: path, files, fsync: "batch" })
        faults.set(operation, code)
        expect(yield* refused(spool)).toBe(true)
        expect(list(path)).toEqual([])
        faults.clear()
        yield* put(spool, ["a"])
        faults.set(operation, code)
        // An open file needs no opening.
        if (operation !== "open" && operation !== "syncDirectory") {
          expect(yield* refused(spool)).toBe(true)
          expect(yield* refused(spool)).toBe(true)
        }
        faults.clear()
        const last = yield* put(spool, ["b"])
        expect(yield* take(spool, last)).toEqual(["b"])
        const { refused: counted, records } = yield* spool.stats
        expect([counted.spool_disk, records]).toEqual([
          operation === "open" || operation === "syncDirectory" ? 1 : 3,
          2
        ])
      })
    )
    const stats = yield* session({ directory: path }, (spool) =>
      Effect.tap(spool.stats, () => Effect.map(takeRecovered(spool), (found) => expect(found).toEqual([["a"], ["b"]])))
    )
    expect(stats).toMatchObject({ unreadable: 0, lost: { spool_damaged: 0 } })
  }).pipe(Effect.scoped)
)

it.scoped("leaves what it cannot cut off at the end of a file that it writes to no more", () =>
  Effect.gen(function* () {
    const { faults, files } = disk()
    const path = yield* directory
    const spool = yield* engineWith({ directory: path, files })
    yield* put(spool, ["a"])
    faults.set("write", "EIO").set("truncate", "EIO")
    expect(yield* refused(spool)).toBe(true)
    faults.clear()
    yield* put(spool, ["b"])
    expect(segments(path)).toHaveLength(2)
    // As another process finds it.
    const copy = yield* directory
    for (const name of list(path)) fs.copyFileSync(join(path, name), join(copy, name))
    yield* session({ directory: copy }, (next) =>
      Effect.gen(function* () {
        expect(yield* takeRecovered(next)).toEqual([["a"], ["b"]])
        const { lost, unreadable } = yield* next.stats
        expect(lost.spool_damaged + unreadable).toBe(1)
      })
    )
  })
)

it.scoped("keeps what is settled in mind until it can be written", () =>
  Effect.gen(function* () {
    const { counts, faults, files } = disk()
    const path = yield* directory
    const spool = yield* engineWith({ directory: path, files })
    const refs = yield* Effect.forEach(numbers(3), (text) => put(spool, [text]))
    const [first, second] = refs
    if (first === undefined || second === undefined) return expect.fail("there are no records")
    counts.clear()
    faults.set("write", "ENOSPC")
    spool.settle(first)
    yield* inAMoment(() => counts.get("write") === 1)
    faults.clear()
    spool.settle(second)
    yield* inAMoment(() => counts.get("write") === 2)
    // Its turn comes when the one before is over.
    expect(yield* spool.forget(acme)).toBe(1)
    expect(list(path)).toEqual([])
  })
)

it.scoped("acknowledges again what could be written but half", () =>
  Effect.gen(function* () {
    const { counts, faults, files } = disk()
    const path = yield* directory
    yield* Effect.scoped(
      Effect.gen(function* () {
        const spool = yield* engineWith({ directory: path, files })
        const refs = yield* Effect.forEach(numbers(3), (text) => put(spool, [text]))
        const [first, second] = refs
        if (first === undefined || second === undefined) return expect.fail("there are no records")
        counts.clear()
        faults.set("write", "ENOSPC")
        spool.settle(first)
        // Half of it is in the file then.
        yield* inAMoment(() => counts.get("write") === 1)
        faults.clear()
        spool.settle(second)
      })
    )
    expect(yield* session({ directory: path }, takeRecovered)).toEqual([["2"]])
  })
)

it.scoped("tries again to remove what cannot be removed, and refuses what there is no room for until then", () =>
  Effect.gen(function* () {
    const { faults, files } = disk()
    const path = yield* directory
    const spool = yield* engineWith({ directory: path, files, maxBytes: 2000, segmentBytes: 500 })
    const append = spool.append({ id: acme, spans: [random(350)] })
    faults.set("remove", "EPERM")
    const taken = yield* Effect.replicateEffect(append, 6)
    expect(taken.map(Option.isSome)).toEqual([true, true, true, true, false, false])
    // One has gone for the one that was refused, and no second one for the next.
    expect(yield* spool.stats).toMatchObject({ records: 3, lost: { spool_full: 1 }, refused: { spool_disk: 2 } })
    faults.clear()
    expect(Option.isSome(yield* append)).toBe(true)
    expect(yield* spool.stats).toMatchObject({ records: 4, segments: 4 })
    expect(segments(path)).toHaveLength(4)
  })
)

it.scoped("keeps a record that cannot be read just now, and gives up one whose file is gone", () =>
  Effect.gen(function* () {
    const { faults, files } = disk()
    const path = yield* directory
    const spool = yield* engineWith({ directory: path, files })
    const ref = yield* put(spool, ["a"])
    faults.set("open", "EMFILE")
    const error = yield* Effect.flip(spool.read(ref))
    expect(error).toMatchObject({ _tag: "SpoolError", reason: "read" })
    expect(error.message).toContain("EMFILE")
    faults.clear()
    expect(yield* take(spool, ref)).toEqual(["a"])
    const lost: Array<string> = []
    spool.watch((one, reason) => lost.push(`${one.offset} ${reason}`))
    fs.rmSync(join(path, ref.segment))
    expect([yield* take(spool, ref), yield* take(spool, ref)]).toEqual([undefined, undefined])
    expect(lost).toEqual(["0 spool_damaged"])
  })
)

it.effect.each<Operation>(["read", "info"])("does not throw away what it cannot %s when it starts", (operation) =>
  Effect.gen(function* () {
    const { faults, files } = disk()
    const path = yield* directory
    yield* session({ directory: path }, (spool) => put(spool, ["a"]))
    faults.set(operation, "EIO")
    const stats = yield* Effect.scoped(
      Effect.flatMap(engineWith({ directory: path, files }), (spool) => Effect.zipLeft(spool.stats, put(spool, ["b"])))
    )
    expect(stats).toMatchObject({ records: 0, segments: 1, unreadable: 1 })
    expect(yield* session({ directory: path }, takeRecovered)).toHaveLength(2)
  }).pipe(Effect.scoped)
)

it.effect.each<Operation>(["makeDirectory", "list"])("says that it cannot start where it cannot %s", (operation) =>
  Effect.gen(function* () {
    const { faults, files } = disk()
    const path = yield* directory
    faults.set(operation, "EACCES")
    const error = yield* Effect.flip(Effect.scoped(engineWith({ directory: path, files })))
    expect(error.message).toContain(`EACCES at ${path}`)
  }).pipe(Effect.scoped)
)

it.scoped("starts on a full disk, and has a lock all the same", () =>
  Effect.gen(function* () {
    const { faults, files } = disk()
    const path = yield* directory
    yield* session({ directory: path }, (spool) => put(spool, ["a"]))
    faults.set("write", "ENOSPC")
    const spool = yield* engineWith({ directory: path, files })
    expect(yield* takeRecovered(spool)).toEqual([["a"]])
    expect(yield* Effect.flip(session({ directory: path }, Effect.succeed))).toMatchObject({ _tag: "SpoolLocked" })
    for (const ref of yield* spool.recovered) spool.settle(ref)
    yield* inAMoment(() => list(path).length === 0)
    faults.clear()
    yield* put(spool, ["b"])
  })
)

it.scoped("lets nobody wait for a disk that hangs: not who asks, not who has gone, not who closes it", () =>
  Effect.gen(function* () {
    const { files, waits } = disk()
    const path = yield* directory
    const scope = yield* Scope.make()
    const spool = yield* Scope.extend(engineWith({ directory: path, files, closeDeadline: "3 seconds" }), scope)
    const hang = yield* Deferred.make<void>()
    waits.set("write", hang)
    const first = yield* Effect.fork(put(spool, ["a"]))
    const gone = yield* Effect.fork(spool.append({ id: acme, spans: [bytesOf("gone")] }))
    yield* inAMoment(() => segments(path).length === 1)
    const late = yield* Effect.fork(spool.append({ id: acme, spans: [bytesOf("late")] }))
    yield* Effect.yieldNow()
    yield* Fiber.interruptAll([gone, late])
    const large = [random(40 * 1024 ** 2)]
    const waiting = yield* Effect.fork(spool.append({ id: acme, spans: large }))
    yield* Effect.yieldNow()
    expect(yield* spool.append({ id: acme, spans: large })).toEqual(Option.none())
    expect((yield* spool.stats).refused).toMatchObject({ spool_busy: 1 })
    const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
    yield* TestClock.adjust("2999 millis")
    expect(Option.isNone(yield* Fiber.poll(closing))).toBe(true)
    yield* TestClock.adjust("1 millis")
    yield* Fiber.join(closing)
    // It is still ours as long as something is written.
    expect(yield* Effect.flip(session({ directory: path }, Effect.succeed))).toMatchObject({ _tag: "SpoolLocked" })
    yield* Deferred.succeed(hang, undefined)
    const { bytes } = yield* Fiber.join(first)
    const last = Option.getOrThrow(yield* Fiber.join(waiting))
    yield* inAMoment(() => fs.existsSync(join(path, "lock.1.released")))
    const written = segments(path).map((name) => fs.statSync(join(path, name)).size)
    // One has gone when it was on its way already, the other one before.
    expect(written).toEqual([bytes + bytes + "gone".length - "a".length, last.bytes])
    expect(yield* session({ directory: path }, (next) => Effect.map(next.stats, ({ records }) => records))).toBe(2)
  })
)

it.scoped("gives everybody a turn, however much is being written", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const spool = yield* engineWith({ directory: path, segmentBytes: 5000 })
    const first = yield* put(spool, ["x"], globex)
    yield* put(spool, ["y"], globex)
    const writer = Effect.forever(spool.append({ id: acme, spans: [random(100)] }))
    yield* Effect.forkScoped(Effect.all([writer, writer], { concurrency: 2 }))
    spool.settle(first)
    yield* inAMoment(() => list(path).some((name) => name.endsWith(".settled")))
    expect(yield* spool.forget(globex)).toBe(1)
  })
)
