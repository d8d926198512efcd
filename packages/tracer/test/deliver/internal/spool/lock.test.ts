import * as fs from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { Effect, Either, Exit, Scope } from "effect"
import * as files from "../../../../src/deliver/internal/spool/files.js"
import * as Lock from "../../../../src/deliver/internal/spool/lock.js"
import { acme, bytesOf, directory, engineWith, put } from "../../spooling.js"

const acquire = (path: string, clock: () => number = Date.now) => Lock.acquire(files.node, path, clock)

/** What another holder has left. */
const leave = (path: string, name: string, content: string, touchedAt = Date.now()) => {
  fs.writeFileSync(join(path, name), content)
  fs.utimesSync(join(path, name), new Date(touchedAt), new Date(touchedAt))
}

const holder = (host: string, pid: number) => JSON.stringify({ host, pid })

const outcome = (path: string) =>
  Effect.map(Effect.either(Effect.scoped(acquire(path))), (result) =>
    Either.isRight(result) ? "taken" : result.left._tag
  )

const locks = (path: string) => fs.readdirSync(path).sort()

it.scoped("belongs to one at a time, who is named, and to the next one when it is let go", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const scope = yield* Scope.make()
    yield* Scope.extend(acquire(path), scope)
    const error = yield* Effect.flip(acquire(path))
    expect(error).toMatchObject({ _tag: "SpoolLocked", directory: path, host: hostname(), pid: process.pid })
    expect(error.message).toContain(`${path} is in use by process ${process.pid} on ${hostname()}`)
    yield* Scope.close(scope, Exit.void)
    expect(locks(path)).toEqual(["lock.1.released"])
    yield* acquire(path)
    expect(locks(path)).toEqual(["lock.2"])
  })
)

const nobody = 2 ** 22 + 1

it.effect.each<readonly [string, string, string, number, string]>([
  ["a live process of this host", "lock.7", holder(hostname(), process.ppid), 0, "SpoolLocked"],
  ["a dead process of this host", "lock.7", holder(hostname(), nobody), 0, "taken"],
  ["a process of this host with our number, before we began", "lock.7", holder(hostname(), process.pid), -1, "taken"],
  ["a process of another host", "lock.7", holder("elsewhere", nobody), 0, "SpoolLocked"],
  ["a process of another host that is silent", "lock.7", holder("elsewhere", nobody), 31_000, "taken"],
  ["a live process that is silent", "lock.7", holder(hostname(), process.ppid), 31_000, "taken"],
  ["somebody who has not said who", "lock.7", "", 0, "SpoolLocked"],
  ["somebody who talks nonsense", "lock.7", '{"host":1}', 0, "SpoolLocked"],
  ["somebody who talks nonsense and is silent", "lock.7", "{", 31_000, "taken"],
  ["somebody who let go", "lock.7.released", holder(hostname(), process.ppid), 0, "taken"]
])("held by %s", ([_, name, content, age, expected]) =>
  Effect.gen(function* () {
    const path = yield* directory
    const began = Date.now() - process.uptime() * 1000
    leave(path, name, content, age < 0 ? began - 50 : Date.now() - age)
    expect(yield* outcome(path)).toBe(expected)
    expect(locks(path)).toEqual([expected === "taken" ? "lock.8.released" : "lock.7"])
  }).pipe(Effect.scoped)
)

it.scoped("is taken by one of many that start at once, whatever the last holder has left", () =>
  Effect.gen(function* () {
    for (let round = 0; round < 20; round++) {
      const path = yield* directory
      if (round % 3 === 1) leave(path, "lock.3", holder("elsewhere", 1), Date.now() - 31_000)
      if (round % 3 === 2) leave(path, "lock.3.released", "")
      const scope = yield* Scope.make()
      const results = yield* Effect.forEach(
        Array.from({ length: 12 }),
        () => Effect.either(Scope.extend(acquire(path), scope)),
        { concurrency: "unbounded" }
      )
      expect(results.filter(Either.isRight)).toHaveLength(1)
      expect(locks(path)).toHaveLength(1)
      yield* Scope.close(scope, Exit.void)
    }
  })
)

it.scoped("is not taken on the ground of what was true long ago", () =>
  Effect.gen(function* () {
    const path = yield* directory
    leave(path, "lock.1", holder("elsewhere", 1), Date.now() - 31_000)
    // Between what it sees and what it does others come and go, and another one comes and stays.
    let first = true
    const slow: files.Files = {
      ...files.node,
      open: (name, how) => {
        if (how === "create" && first) {
          first = false
          fs.rmSync(join(path, "lock.1"))
          leave(path, "lock.3", holder(hostname(), process.ppid))
        }
        return files.node.open(name, how)
      }
    }
    expect(yield* Effect.flip(Lock.acquire(slow, path, Date.now))).toMatchObject({ pid: process.ppid })
    expect(locks(path)).toEqual(["lock.3"])
  })
)

it.scoped("says every ten seconds that it lives, and notices that it was taken for dead", () =>
  Effect.gen(function* () {
    const path = yield* directory
    let now = Date.now()
    const lock = yield* acquire(path, () => now)
    const touched = () => fs.statSync(join(path, "lock.1")).mtimeMs
    const before = touched()
    now += 9_999
    expect([yield* lock.check, touched()]).toEqual([true, before])
    now += 1
    expect(yield* lock.check).toBe(true)
    expect(Math.abs(touched() - now)).toBeLessThan(2)
    fs.rmSync(join(path, "lock.1"))
    leave(path, "lock.2", holder("elsewhere", 1))
    now += 10_000
    expect([yield* lock.check, yield* lock.check]).toEqual([false, false])
  }).pipe(Effect.scoped)
)

it.scoped("stops a spool that stood still while another process took its place", () =>
  Effect.gen(function* () {
    const path = yield* directory
    let now = Date.now()
    const spool = yield* engineWith({ directory: path, wallClock: () => now })
    const ref = yield* put(spool, ["a"])
    fs.rmSync(join(path, "lock.1"))
    leave(path, "lock.2", holder("elsewhere", 1))
    now += 40_000
    const before = fs.readdirSync(path)
    expect((yield* spool.append({ id: acme, spans: [bytesOf("b")] }))._tag).toBe("None")
    expect((yield* spool.append({ id: acme, spans: [bytesOf("c")] }))._tag).toBe("None")
    expect((yield* spool.stats).refused.spool_closed).toBe(2)
    // The files are the other one's.
    spool.settle(ref)
    expect(yield* spool.forget(acme)).toBe(0)
    expect(fs.readdirSync(path)).toEqual(before)
  }).pipe(Effect.scoped)
)
