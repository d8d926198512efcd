import * as fs from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import { expect, it } from "@effect/vitest"
import { Effect, Exit, FastCheck, Fiber, Option, Redacted, Scope, TestClock } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as DiskSpool from "../../src/deliver/DiskSpool.js"
import { Spool, type SpoolError } from "../../src/deliver/Spool.js"
import {
  acme,
  bytesOf,
  crashed,
  directory,
  globex,
  inAMoment,
  key,
  list,
  numbers,
  put,
  random,
  secret,
  segments,
  session,
  take,
  takeRecovered,
  until
} from "./spooling.js"

it.scoped("gives back what was appended, to this process and the next one, until it is settled", () =>
  Effect.gen(function* () {
    const path = yield* directory
    yield* TestClock.setTime(1_700_000_000_000)
    const written = yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        const ref = yield* put(spool, ["one", "", "three"])
        const other = yield* put(spool, ["x"], globex)
        expect(yield* take(spool, ref)).toEqual(["one", "", "three"])
        expect(yield* spool.recovered).toEqual([])
        return [ref, other]
      })
    )
    yield* TestClock.adjust("1 minute")
    yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        const refs = yield* spool.recovered
        expect(refs).toEqual(written)
        expect(refs).toMatchObject([
          { id: acme, count: 3, time: 1_700_000_000_000 },
          { id: globex, count: 1 }
        ])
        expect(yield* takeRecovered(spool)).toEqual([["one", "", "three"], ["x"]])
        for (const ref of refs.slice(0, 1)) spool.settle(ref)
        expect(yield* takeRecovered(spool)).toEqual([["x"]])
      })
    )
    expect(yield* session({ directory: path }, takeRecovered)).toEqual([["x"]])
  })
)

it.scoped("is a layer", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const stats = yield* Effect.provide(
      Effect.flatMap(Spool, (spool) => Effect.zipRight(put(spool, ["a", "b"]), spool.stats)),
      DiskSpool.layer({ directory: join(path, "new", "one"), key })
    )
    expect(stats).toMatchObject({ records: 1, spans: 2, segments: 1 })
    expect(fs.statSync(join(path, "new", "one")).mode & 0o777).toBe(0o700)
    for (const name of fs.readdirSync(join(path, "new", "one")))
      expect(fs.statSync(join(path, "new", "one", name)).mode & 0o777).toBe(0o600)
  })
)

const record = FastCheck.record({
  // Any text at all, lone surrogates and the separators among it.
  tenant: FastCheck.oneof(
    FastCheck.string({ unit: "binary" }),
    FastCheck.constantFrom("\ud800", "\ud801", "operator", "")
  ),
  spans: FastCheck.array(FastCheck.uint8Array({ maxLength: 40 }), { maxLength: 5 })
})

it.effect.prop(
  "keeps the bytes of any tenant's spans, and whose they are",
  [FastCheck.array(record, { maxLength: 12 })],
  ([records]) =>
    Effect.scoped(
      Effect.gen(function* () {
        const path = yield* directory
        const expected = records.map(({ spans, tenant }) => ({ id: DestinationId.make({ tenant, name: "d" }), spans }))
        yield* session({ directory: path, segmentBytes: 600 }, (spool) => Effect.forEach(expected, spool.append))
        const found = yield* session({ directory: path }, (spool) =>
          Effect.flatMap(spool.recovered, (refs) =>
            Effect.forEach(refs, (ref) =>
              Effect.map(spool.read(ref), (spans) => ({
                id: ref.id,
                spans: Option.getOrUndefined(spans)?.map((span) => new Uint8Array(span))
              }))
            )
          )
        )
        expect(found).toEqual(expected)
      })
    ),
  { fastCheck: { numRuns: 20 } }
)

it.scoped("takes a tenant whose name is as long as a header allows, and refuses a longer one", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const idOf = (length: number) => DestinationId.make({ tenant: "t".repeat(length), name: "d" })
    yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        expect(yield* take(spool, yield* put(spool, ["a"], idOf(1900)))).toEqual(["a"])
        expect(yield* spool.append({ id: idOf(2048), spans: [bytesOf("a"), bytesOf("b")] })).toEqual(Option.none())
        expect((yield* spool.stats).refused).toMatchObject({ spool_too_large: 2 })
      })
    )
  })
)

it.scoped("begins a file for each process and each segment, and never writes to one of another process", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const spans = [random(300), random(300)]
    yield* session({ directory: path, segmentBytes: 2000 }, (spool) =>
      Effect.replicateEffect(spool.append({ id: acme, spans }), 7)
    )
    const before = segments(path)
    expect(before).toHaveLength(4)
    for (const name of before) expect(fs.statSync(join(path, name)).size).toBeLessThanOrEqual(2000)
    const contents = before.map((name) => fs.readFileSync(join(path, name)))
    yield* session({ directory: path, segmentBytes: 2000 }, (spool) =>
      Effect.gen(function* () {
        // One of the two records of each file but the last, which has one.
        for (const ref of yield* spool.recovered) if (ref.offset > 0) spool.settle(ref)
        yield* spool.append({ id: acme, spans })
      })
    )
    expect(before.map((name) => fs.readFileSync(join(path, name)))).toEqual(contents)
    expect(segments(path)).toHaveLength(5)
    expect(yield* session({ directory: path }, takeRecovered)).toHaveLength(5)
  })
)

it.scoped("removes a segment as soon as nothing of it is left, and what was settled in it", () =>
  Effect.gen(function* () {
    const path = yield* directory
    yield* session({ directory: path }, (spool) => Effect.all([put(spool, ["a"]), put(spool, ["b"])]))
    yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        const [a, b] = yield* spool.recovered
        const c = yield* put(spool, ["c"])
        if (a !== undefined) spool.settle(a)
        yield* inAMoment(() => list(path).some((name) => name.endsWith(".settled")))
        for (const ref of [b, c]) if (ref !== undefined) spool.settle(ref)
        yield* inAMoment(() => list(path).length === 0)
        const { bytes } = yield* put(spool, ["d"])
        expect(yield* spool.stats).toMatchObject({ segments: 1, bytes, records: 1, spans: 1 })
      })
    )
    expect(list(path)).toHaveLength(1)
  })
)

it.scoped("does not give again after a crash what was settled a moment before", () =>
  Effect.gen(function* () {
    const path = yield* directory
    yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        const refs = yield* Effect.forEach(numbers(250), (text) => put(spool, [text]))
        for (const ref of refs.slice(1)) spool.settle(ref)
        yield* TestClock.adjust("99 millis")
        expect(yield* session({ directory: yield* crashed(path) }, takeRecovered)).toHaveLength(250)
        yield* inAMoment(() => list(path).length === 2)
        // So that the file has been written, not only begun.
        yield* put(spool, ["next"])
        expect(yield* session({ directory: yield* crashed(path) }, takeRecovered)).toEqual([["0"], ["next"]])
      }).pipe(Effect.scoped)
    )
  })
)

it.scoped("holds no more than it may: the oldest segment goes, and each of its records is told", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const lost: Array<string> = []
    yield* session({ directory: path, maxBytes: 4000, segmentBytes: 1000 }, (spool) =>
      Effect.gen(function* () {
        spool.watch((ref, reason) => lost.push(`${ref.count} ${reason}`))
        const refs = yield* Effect.forEach(Array.from({ length: 12 }), () =>
          spool.append({ id: acme, spans: [random(150), random(150)] })
        )
        const kept = yield* Effect.forEach(refs.flatMap(Option.toArray), (ref) => take(spool, ref))
        const gone = kept.filter((spans) => spans === undefined).length
        expect(kept.slice(0, gone).every((spans) => spans === undefined)).toBe(true)
        expect(gone).toBeGreaterThan(0)
        expect(lost).toEqual(Array.from({ length: gone }, () => "2 spool_full"))
        const stats = yield* spool.stats
        expect(stats).toMatchObject({ records: 12 - gone, lost: { spool_full: 2 * gone } })
        const sizes = list(path).map((name) => fs.statSync(join(path, name)).size)
        expect(sizes.reduce((a, b) => a + b, 0)).toBe(stats.bytes)
        expect(stats.bytes).toBeLessThanOrEqual(4000)
        expect(stats.bytes).toBeGreaterThan(2500)
        expect(yield* spool.append({ id: acme, spans: [random(4000)] })).toEqual(Option.none())
      })
    )
    // Less room, later: what was left goes before anybody asks.
    yield* session({ directory: path, maxBytes: 1500 }, (spool) =>
      Effect.gen(function* () {
        lost.length = 0
        spool.watch((_, reason) => lost.push(reason))
        expect(lost.length).toBeGreaterThan(0)
        expect((yield* spool.stats).bytes).toBeLessThanOrEqual(1500)
        expect((yield* spool.recovered).length).toBeGreaterThan(0)
      })
    )
  })
)

it.scoped("bounds its index", () =>
  Effect.gen(function* () {
    const path = yield* directory
    yield* session({ directory: path, maxRecords: 10, segmentBytes: 1000 }, (spool) =>
      Effect.gen(function* () {
        const refs = yield* Effect.forEach(numbers(30), (text) => put(spool, [text]))
        const { lost, records } = yield* spool.stats
        expect(records).toBeLessThanOrEqual(10)
        expect(records + lost.spool_full).toBe(30)
        expect(yield* Effect.forEach(refs.slice(-3), (ref) => take(spool, ref))).toEqual([["27"], ["28"], ["29"]])
      })
    )
  })
)

it.scoped("lets go of what is too old, also of what is still being written to", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const lost: Array<string> = []
    yield* session({ directory: path, maxAge: "1 minute" }, (spool) =>
      Effect.gen(function* () {
        spool.watch((ref, reason) => lost.push(`${ref.time} ${reason}`))
        yield* put(spool, ["a"])
        yield* TestClock.adjust("50 seconds")
        // Not into the same file, which would keep the older one as long.
        yield* put(spool, ["b"])
        expect(segments(path)).toHaveLength(2)
        yield* TestClock.adjust("20 seconds")
        yield* until(() => segments(path).length === 1)
        expect(lost).toEqual(["0 spool_expired"])
        yield* TestClock.adjust("50 seconds")
        yield* until(() => segments(path).length === 0)
        expect(lost).toEqual(["0 spool_expired", "50000 spool_expired"])
        yield* put(spool, ["c"])
      })
    )
    yield* TestClock.adjust("2 minutes")
    yield* session({ directory: path, maxAge: "1 minute" }, (spool) =>
      Effect.gen(function* () {
        expect(yield* spool.recovered).toEqual([])
        expect(yield* spool.stats).toMatchObject({ records: 0, segments: 0, lost: { spool_expired: 1 } })
      })
    )
  })
)

it.scoped("forgets a destination for good, and no other of the tenant", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const sibling = DestinationId.make({ tenant: "acme", name: "phoenix" })
    yield* session({ directory: path }, (spool) => Effect.all([put(spool, ["a", "b"]), put(spool, ["s"], sibling)]))
    yield* TestClock.adjust(1)
    yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        const lost: Array<string> = []
        spool.watch((_, reason) => lost.push(reason))
        const ref = yield* put(spool, ["c"])
        yield* put(spool, ["x"], globex)
        expect(yield* spool.forget(acme)).toBe(3)
        expect(yield* take(spool, ref)).toBeUndefined()
        expect(yield* takeRecovered(spool)).toEqual([["s"]])
        expect(lost).toEqual([])
        expect(yield* spool.forget(acme)).toBe(0)
        // It was written down before it answered.
        expect(yield* session({ directory: yield* crashed(path) }, takeRecovered)).toEqual([["s"], ["x"]])
      }).pipe(Effect.scoped)
    )
  })
)

it.scoped("keeps nothing for one who does not wait", () =>
  Effect.gen(function* () {
    const path = yield* directory
    yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(spool.append({ id: acme, spans: [bytesOf("a")] }))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
        yield* put(spool, ["b"])
        expect(yield* spool.stats).toMatchObject({ records: 1, spans: 1 })
      })
    )
    expect(yield* session({ directory: path }, takeRecovered)).toEqual([["b"]])
  })
)

it.scoped("writes what waits when it is closed, takes nothing after, and leaves no file open", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const scope = yield* Scope.make()
    const spool = yield* Scope.extend(DiskSpool.make({ directory: path, key }), scope)
    const last = yield* Effect.fork(put(spool, ["last"]))
    yield* Effect.yieldNow()
    yield* Scope.close(scope, Exit.void)
    expect((yield* Fiber.join(last)).count).toBe(1)
    expect(yield* spool.append({ id: acme, spans: [bytesOf("a")] })).toEqual(Option.none())
    expect((yield* spool.stats).refused).toMatchObject({ spool_closed: 1 })
    expect(fs.readdirSync(path).filter((name) => name.startsWith("lock."))).toEqual(["lock.1.released"])
    expect(yield* session({ directory: path }, takeRecovered)).toEqual([["last"]])
  })
)

it.scoped("leaves the files of others alone", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const names = ["notes.txt", "1.spool", "lock", "lock.x", "000000000000000-000000000-00.spool.settled"]
    for (const name of names) fs.writeFileSync(join(path, name), "mine")
    const folder = "000000000000000-000000000-0123456789abcdef.spool"
    fs.mkdirSync(join(path, folder))
    yield* session({ directory: path, maxBytes: 1000 }, (spool) => put(spool, ["a"]))
    yield* session({ directory: path }, (spool) => spool.forget(acme))
    for (const name of names) expect(fs.readFileSync(join(path, name), "utf8")).toBe("mine")
    expect(fs.statSync(join(path, folder)).isDirectory()).toBe(true)
    expect(segments(path)).toEqual([folder, "1.spool"].sort())
  })
)

it.scoped("says what is wrong with a directory", () =>
  Effect.gen(function* () {
    const path = yield* directory
    fs.writeFileSync(join(path, "file"), "")
    const error = yield* Effect.flip(session({ directory: join(path, "file", "below") }, Effect.succeed))
    expect(error).toMatchObject({ _tag: "SpoolError", reason: "directory" })
    expect(error.message).toContain(`ENOTDIR at ${join(path, "file", "below")}`)
  })
)

const keyOf = (id: string, text = `${id} `.repeat(32)): DiskSpool.Key => ({ id, secret: Redacted.make(text) })

it.scoped("reads with older keys what they have written", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const [k1, k2, k3] = [keyOf("k1"), keyOf("k2"), keyOf("k3")]
    yield* session({ directory: path, key: { current: k1 } }, (spool) => put(spool, ["1"]))
    yield* TestClock.adjust(1)
    yield* session({ directory: path, key: { current: k2, previous: [k1] } }, (spool) => put(spool, ["2"]))
    yield* TestClock.adjust(1)
    const asked: Array<string> = []
    const previous = (id: string) => {
      asked.push(id)
      return Effect.succeed(id === "k1" ? Option.some(k1.secret) : Option.none())
    }
    const lost: Array<string> = []
    yield* session({ directory: path, key: { current: k3, previous } }, (spool) =>
      Effect.gen(function* () {
        spool.watch((ref, reason) => lost.push(`${ref.id} ${ref.count} ${reason}`))
        yield* put(spool, ["3"])
        expect(yield* takeRecovered(spool)).toEqual([["1"]])
      })
    )
    expect(asked).toEqual(["k1", "k2"])
    expect(lost).toEqual([`${acme} 1 spool_key`])
    // It has stayed for whoever knows the key.
    expect(yield* session({ directory: path, key: { current: k3, previous: [k1, k2] } }, takeRecovered)).toEqual([
      ["1"],
      ["2"],
      ["3"]
    ])
  })
)

it.scoped("knows one secret from another, and does not mistake one that took its name", () =>
  Effect.gen(function* () {
    const path = yield* directory
    yield* session({ directory: path, key: { current: keyOf("k1") } }, (spool) => put(spool, ["a"]))
    yield* session({ directory: path, key: { current: keyOf("k1", "another".repeat(9)) } }, (spool) =>
      Effect.gen(function* () {
        const lost: Array<string> = []
        spool.watch((_, reason) => lost.push(reason))
        expect(yield* takeRecovered(spool)).toEqual([undefined])
        expect(lost).toEqual(["spool_damaged"])
      })
    )
    const other = yield* directory
    yield* session({ directory: other }, (spool) => put(spool, ["a"]))
    const stats = yield* session({ directory: other, key: Redacted.make(random(32)) }, (spool) => spool.stats)
    expect(stats).toMatchObject({ records: 0, lost: { spool_key: 1 } })
    expect(yield* session({ directory: other }, takeRecovered)).toEqual([["a"]])
  })
)

it.effect.each<readonly [string, DiskSpool.Options["key"], string]>([
  ["a short text", Redacted.make("too short a secret"), "has 18 bytes and needs at least 32"],
  ["short bytes", Redacted.make(new Uint8Array(31)), "make one with `openssl rand -base64 32`"],
  ["an older one that is short", { current: keyOf("a"), previous: [keyOf("b", "tiny")] }, '"b" has 4 bytes'],
  ["a name twice", { current: keyOf("a"), previous: [keyOf("a")] }, 'two have the id "a"'],
  ["a name that is none", { current: keyOf("a b") }, "1 to 64 letters"]
])("says what is wrong with %s, without showing it", ([_, wrong, words]) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(session({ directory: "/nowhere/at/all", key: wrong }, Effect.succeed))
    expect(error).toMatchObject({ _tag: "SpoolError", reason: "key" } satisfies Partial<SpoolError>)
    expect(error.message).toContain(words)
    expect(`${error} ${inspect(error, { depth: 9 })}`).not.toMatch(/too short a secret|tiny/)
  })
)

it.scoped("shows neither key nor content, in its files or anywhere", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const content = "what a tenant's user has asked"
    yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        const ref = yield* put(spool, [content])
        const other = yield* put(spool, [content])
        spool.settle(other)
        yield* inAMoment(() => list(path).length === 2)
        const shown = inspect([spool, ref, yield* spool.stats], { depth: 20, showHidden: true })
        expect(shown).not.toContain(content)
        expect(shown).not.toContain(secret)
      })
    )
    for (const name of fs.readdirSync(path)) {
      const bytes = fs.readFileSync(join(path, name))
      for (const hidden of [content, content.slice(0, 8), secret, secret.slice(0, 8)])
        expect(bytes.includes(hidden)).toBe(false)
    }
    // The same bytes are never the same on the disk.
    const [first = ""] = segments(path)
    const bytes = fs.readFileSync(join(path, first))
    expect(bytes.indexOf(bytes.subarray(-40))).toBe(bytes.length - 40)
  })
)
