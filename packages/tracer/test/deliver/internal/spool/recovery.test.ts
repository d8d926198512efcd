import * as fs from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { Effect, FastCheck, TestClock } from "effect"
import { type Files, node } from "../../../../src/deliver/internal/spool/files.js"
import * as frame from "../../../../src/deliver/internal/spool/frame.js"
import type * as Spool from "../../../../src/deliver/Spool.js"
import {
  acme,
  directory,
  engineWith,
  globex,
  key,
  list,
  numbers,
  put,
  random,
  segments,
  session,
  takeRecovered
} from "../../spooling.js"

interface Left {
  readonly name: string
  readonly bytes: Buffer
  readonly records: ReadonlyArray<{ readonly ref: Spool.Ref; readonly spans: ReadonlyArray<string> }>
}

const leave: Effect.Effect<Left, unknown> = Effect.gen(function* () {
  const path = yield* directory
  const refs = yield* session({ directory: path }, (spool) =>
    Effect.forEach(numbers(8), (text) =>
      put(
        spool,
        Array.from({ length: Number(text) }, () => text.repeat(9))
      )
    )
  )
  const [name = ""] = segments(path)
  const records = refs.map((ref) => ({ ref, spans: Array.from({ length: ref.count }, () => `${ref.count}`.repeat(9)) }))
  return { name, bytes: fs.readFileSync(join(path, name)), records }
}).pipe(Effect.scoped)

let left: Left | undefined

/** A segment as a process leaves it: its name, its bytes, its records and their texts. It is written once for all tests. */
const segment = Effect.suspend(() => {
  if (left !== undefined) return Effect.succeed(left)
  return Effect.tap(leave, (made) => {
    left = made
  })
})

const reopened = (files: Record<string, Uint8Array>) =>
  Effect.gen(function* () {
    const path = yield* directory
    for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(join(path, name), bytes)
    return yield* session({ directory: path }, (spool) =>
      Effect.gen(function* () {
        const lost: Array<readonly [Spool.Ref, Spool.LossReason]> = []
        spool.watch((ref, reason) => lost.push([ref, reason]))
        const found = yield* spool.recovered
        const read = yield* takeRecovered(spool)
        return { found, read, lost, stats: yield* spool.stats }
      })
    )
  }).pipe(Effect.scoped)

const damage = FastCheck.oneof(
  FastCheck.record({ flip: FastCheck.nat(), mask: FastCheck.integer({ min: 1, max: 255 }) }),
  FastCheck.record({ flip: FastCheck.nat(), mask: FastCheck.integer({ min: 1, max: 255 }) }),
  FastCheck.record({ cut: FastCheck.nat() }),
  FastCheck.record({ zeros: FastCheck.nat(), length: FastCheck.integer({ min: 1, max: 300 }) })
)

it.effect.prop(
  "loses to damage the records that it touches and no others, and counts them",
  [FastCheck.array(damage, { minLength: 1, maxLength: 4 })],
  ([damages]) =>
    Effect.gen(function* () {
      const { bytes, name, records } = yield* segment
      const altered = Buffer.from(bytes)
      let end = bytes.length
      for (const one of damages) {
        if ("cut" in one) end = Math.min(end, one.cut % bytes.length)
        else if ("flip" in one) altered[one.flip % bytes.length] = (altered[one.flip % bytes.length] ?? 0) ^ one.mask
        else
          altered
            .subarray(one.zeros % bytes.length)
            .subarray(0, one.length)
            .fill(0)
      }
      const whole = records.filter(({ ref: { bytes: length, offset } }) => {
        const [now, then] = [altered, bytes].map((file) => file.subarray(offset, offset + length))
        return offset + length <= end && now?.equals(then ?? Buffer.alloc(0)) === true
      })
      const { found, lost, read, stats } = yield* reopened({ [name]: altered.subarray(0, end) })
      expect(read).toEqual(whole.map(({ spans }) => spans))
      expect(found).toEqual(whole.map(({ ref }) => ref))
      // Whose it was is known where the header is whole.
      for (const [ref, reason] of lost)
        expect([records.map((one) => one.ref), reason]).toEqual([expect.arrayContaining([ref]), "spool_damaged"])
      const touched = records.filter((one) => !whole.includes(one) && one.ref.offset < end)
      expect(lost.length + stats.unreadable > 0).toBe(touched.length > 0)
      expect(lost.length).toBeLessThanOrEqual(touched.length)
      expect(stats).toMatchObject({ records: whole.length, spans: whole.reduce((sum, { ref }) => sum + ref.count, 0) })
    }),
  { fastCheck: { numRuns: 60 } }
)

it.scoped("counts a damaged record once, however often it comes by it", () =>
  Effect.gen(function* () {
    const { bytes, name, records } = yield* segment
    const path = yield* directory
    const altered = Buffer.from(bytes)
    altered[altered.length - 1] = (altered[altered.length - 1] ?? 0) ^ 1
    fs.writeFileSync(join(path, name), altered)
    const lost = session({ directory: path }, (spool) => Effect.map(spool.stats, (stats) => stats.lost.spool_damaged))
    expect([yield* lost, yield* lost]).toEqual([records[7]?.ref.count, 0])
  })
)

it.effect("finds what comes after anything that was put between", () =>
  Effect.gen(function* () {
    const { bytes, name, records } = yield* segment
    const at = records[3]?.ref.offset ?? 0
    const garbage = Buffer.from(random(5000))
    const { read, stats } = yield* reopened({
      [name]: Buffer.concat([bytes.subarray(0, at), garbage, bytes.subarray(at)])
    })
    expect(read).toEqual(records.map(({ spans }) => spans))
    expect(stats.unreadable).toBe(1)
  })
)

const nameOf = (index: number) => `000000000000000-00000000${index}-0123456789abcdef.spool`

const forged = (header: string, body: Buffer, kind: frame.Kind = "record") => {
  const text = Buffer.from(header)
  const into = Buffer.concat([Buffer.alloc(frame.headLength), text, body])
  frame.begin(into, kind, text)
  frame.finish(into)
  return into
}

it.effect("takes any file for what it is", () =>
  Effect.gen(function* () {
    const header = (change: object) => JSON.stringify({ key: "k", id: "acme/d", time: 0, count: 1, ...change })
    const huge = forged(header({ count: 2 ** 50 }), Buffer.alloc(100))
    const promising = forged(header({}), Buffer.alloc(0))
    promising.writeUInt32BE(frame.maxBody, 8)
    const { lost, read, stats } = yield* reopened({
      [nameOf(1)]: Buffer.alloc(0),
      [nameOf(2)]: random(300_000),
      [nameOf(3)]: Buffer.alloc(300_000),
      [nameOf(4)]: Buffer.concat([huge, forged("{}", Buffer.alloc(9)), forged("", Buffer.alloc(0)), promising]),
      [nameOf(5)]: forged(header({}), Buffer.alloc(5)),
      [nameOf(6)]: Buffer.concat(Array.from({ length: 2000 }, () => forged("{}", Buffer.alloc(0), "acknowledgement"))),
      [`${nameOf(6)}.settled`]: random(1000)
    })
    expect(read).toEqual([])
    expect(lost.map(([{ id, count }, reason]) => [id, count, reason])).toEqual([["acme/d", 1, "spool_key"]])
    expect(stats.unreadable).toBeGreaterThan(2000)
    expect(stats).toMatchObject({ records: 0, spans: 0 })
  })
)

it.effect("reads a record that says it is the tenant's, and was not made by us, as damaged", () =>
  Effect.gen(function* () {
    const { bytes, name, records } = yield* segment
    const first = records[7]?.ref
    if (first === undefined) return expect.fail("there is no record")
    const whole = bytes.subarray(first.offset, first.offset + first.bytes)
    const text = whole.toString("utf8", frame.headLength, frame.headLength + whole.readUInt16BE(6))
    const body = whole.subarray(frame.headLength + whole.readUInt16BE(6))
    const { found, lost, read } = yield* reopened({ [name]: forged(text.replace(acme, globex), body) })
    expect(found).toMatchObject([{ id: globex }])
    expect(read).toEqual([undefined])
    expect(lost).toEqual([[found[0], "spool_damaged"]])
  })
)

it.scoped("believes no acknowledgement that was forged, moved or damaged", () =>
  Effect.gen(function* () {
    const path = yield* directory
    yield* session({ directory: path }, (spool) => Effect.all([put(spool, ["a"]), put(spool, ["b"])]))
    yield* TestClock.adjust(1)
    yield* session({ directory: path }, (spool) => Effect.all([put(spool, ["c"]), put(spool, ["d"])]))
    yield* session({ directory: path }, (spool) =>
      Effect.map(spool.recovered, ([first]) => first !== undefined && spool.settle(first))
    )
    const [one = "", settled = "", two = ""] = list(path)
    expect(settled).toBe(`${one}.settled`)
    const files = Object.fromEntries([one, two].map((name) => [name, fs.readFileSync(join(path, name))]))
    const written = fs.readFileSync(join(path, settled))
    const all = [["a"], ["b"], ["c"], ["d"]]
    expect((yield* reopened({ ...files, [settled]: written })).read).toEqual(all.slice(1))
    expect((yield* reopened({ ...files, [`${two}.settled`]: written })).read).toEqual(all)
    for (let at = 0; at < written.length; at++) {
      const altered = Buffer.from(written)
      altered[at] = (altered[at] ?? 0) ^ 1
      const { read, stats } = yield* reopened({ ...files, [settled]: altered })
      expect([read, stats.unreadable]).toEqual([all, 1])
    }
    const stranger = JSON.parse(written.toString("utf8", frame.headLength))
    const resigned = forged(JSON.stringify({ ...stranger, settled: [0, 1, 2] }), Buffer.alloc(0), "acknowledgement")
    expect((yield* reopened({ ...files, [settled]: resigned })).read).toEqual(all)
    // What is damaged costs no other.
    const half = Buffer.concat([written.subarray(0, 30), written])
    expect((yield* reopened({ ...files, [settled]: half })).read).toEqual(all.slice(1))
  })
)

it.scoped("removes what is settled of a segment that is gone", () =>
  Effect.gen(function* () {
    const path = yield* directory
    fs.writeFileSync(join(path, `${nameOf(1)}.settled`), random(10))
    yield* session({ directory: path }, () => Effect.void)
    expect(list(path)).toEqual([])
  })
)

it.scoped("tells the first who listens what was lost before, and no other", () =>
  Effect.gen(function* () {
    const path = yield* directory
    yield* session({ directory: path }, (spool) => Effect.all([put(spool, ["a"]), put(spool, ["b", "c"])]))
    yield* TestClock.adjust("25 hours")
    yield* session({ directory: path, key }, (spool) =>
      Effect.gen(function* () {
        const heard: Array<string> = []
        spool.watch((ref, reason) => heard.push(`first ${ref.count} ${reason}`))
        spool.watch((ref, reason) => heard.push(`second ${ref.count} ${reason}`))
        expect(heard).toEqual(["first 1 spool_expired", "first 2 spool_expired"])
        expect((yield* spool.stats).lost.spool_expired).toBe(3)
      })
    )
  })
)

it.scoped("reads a file piece by piece, with turns of the event loop between, and never a record as a whole", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const spans = [random(1024 ** 2)]
    yield* session({ directory: path }, (spool) => Effect.replicateEffect(spool.append({ id: acme, spans }), 3))
    const pieces: Array<number> = []
    const files: Files = {
      ...node,
      open: (name, how) =>
        Effect.map(node.open(name, how), (file) => ({
          ...file,
          read: (into, position) => {
            pieces.push(into.length)
            return file.read(into, position)
          }
        }))
    }
    let turns = 0
    let timer = setImmediate(function turn() {
      turns++
      timer = setImmediate(turn)
    })
    const spool = yield* engineWith({ directory: path, files })
    clearImmediate(timer)
    const { bytes, records } = yield* spool.stats
    expect(records).toBe(3)
    expect(Math.max(...pieces)).toBe(128 * 1024)
    expect(turns).toBeGreaterThan(bytes / (128 * 1024))
  })
)
