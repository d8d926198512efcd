import { expect, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Option } from "effect"
import * as DestinationId from "../../../../src/deliver/DestinationId.js"
import * as frame from "../../../../src/deliver/internal/spool/frame.js"
import * as keys from "../../../../src/deliver/internal/spool/keys.js"
import * as record from "../../../../src/deliver/internal/spool/record.js"
import { acme, bytesOf, globex, key, texts } from "../../spooling.js"

const ring = Either.getOrThrow(keys.make(key))
const headerOf = (id: DestinationId.DestinationId, count = 2): record.Header => ({
  key: ring.current,
  id,
  time: 7,
  count
})

const sealed = (header: record.Header, ...spans: ReadonlyArray<string>): Buffer => {
  const plain = Option.getOrThrow(record.plain(header, spans.map(bytesOf)))
  const into = Buffer.alloc(plain.length)
  record.seal(ring, plain, into)
  return into
}

const open = (bytes: Buffer, id = acme) => Option.getOrUndefined(Option.map(record.open(ring, id, bytes), texts))

/** With checksums that fit, as somebody would make them who has no key. */
const forged = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  change(copy)
  frame.finish(copy)
  return copy
}

it("opens what it has sealed, for the same destination only", () => {
  const bytes = sealed(headerOf(acme), "a", "bc")
  expect(open(bytes)).toEqual(["a", "bc"])
  for (const other of [globex, DestinationId.make({ tenant: "acme", name: "phoenix" })])
    expect(open(bytes, other)).toBeUndefined()
  expect(open(bytes.subarray(0, -1))).toBeUndefined()
  expect(open(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined()
})

it.prop(
  "opens nothing that was changed, whatever its checksums say",
  [FastCheck.nat(), FastCheck.integer({ min: 1, max: 255 })],
  ([where, mask]) => {
    const bytes = sealed(headerOf(acme), "a", "bc")
    const position = where % bytes.length
    const changed = forged(bytes, (copy) => {
      copy[position] = (copy[position] ?? 0) ^ mask
    })
    // The checksums themselves are made anew.
    expect(open(changed)).toEqual(position >= 8 && position < frame.headLength ? ["a", "bc"] : undefined)
  }
)

it("opens no record under another's header", () => {
  const [mine, other] = [sealed(headerOf(acme), "a", "bc"), sealed(headerOf(globex), "d", "ef")]
  const header = frame.headLength + mine.readUInt16BE(6)
  const theirs = frame.headLength + other.readUInt16BE(6)
  const moved = Buffer.concat([mine.subarray(0, header), other.subarray(theirs)])
  expect(open(forged(moved, () => undefined))).toBeUndefined()
})

it("has a key for each tenant, and one for the operator that no tenant can have", () => {
  const asked: Array<string> = []
  const toWrite = (purpose: string) => {
    asked.push(purpose)
    return ring.toWrite(purpose)
  }
  for (const id of [DestinationId.operator("d"), DestinationId.make({ tenant: "operator", name: "d" }), acme, acme]) {
    const plain = Option.getOrThrow(record.plain(headerOf(id, 0), []))
    record.seal({ ...ring, toWrite }, plain, Buffer.alloc(plain.length))
  }
  expect(asked).toEqual(["operator", "tenant operator", "tenant acme", "tenant acme"])
  const purposes = [
    "operator",
    "tenant operator",
    "tenant acme",
    "tenant \ud800",
    "tenant \ud801",
    `tenant ${"a".repeat(3000)}`
  ]
  const derived = purposes.map((purpose) => ring.toWrite(purpose).export().toString("hex"))
  expect(new Set(derived).size).toBe(purposes.length)
})

it("derives the same keys again, however many there were between", () => {
  const first = ring.toWrite("tenant acme").export().toString("hex")
  for (let index = 0; index < 3000; index++) ring.toWrite(`tenant ${index}`)
  expect(ring.toRead(ring.current, "tenant acme")?.export().toString("hex")).toBe(first)
  expect(ring.toRead("unknown", "tenant acme")).toBeUndefined()
})

it("reads no header that is not one", () => {
  const good = { key: "k", id: "acme/d", time: 1, count: 2 }
  const decode = (value: unknown) =>
    Option.isSome(record.decodeHeader(typeof value === "string" ? value : JSON.stringify(value)))
  expect(decode(good)).toBe(true)
  for (const bad of [
    "",
    "{",
    "null",
    "[]",
    { ...good, id: "no part" },
    { ...good, id: "a/b/c" },
    { ...good, count: -1 },
    { ...good, count: 1.5 },
    { ...good, time: "1" },
    { ...good, key: undefined }
  ])
    expect(decode(bad)).toBe(false)
})

it("refuses what is too large for a frame", () => {
  const large = new Uint8Array(16 * 1024 ** 2)
  expect(Option.isSome(record.plain(headerOf(acme), [large, large, large]))).toBe(true)
  expect(Option.isNone(record.plain(headerOf(acme), [large, large, large, large]))).toBe(true)
})

it.effect("asks once for a key that it does not know, and for no more than 64", () =>
  Effect.gen(function* () {
    let asked = 0
    const previous = (id: string) =>
      Effect.suspend(() => {
        asked++
        return id === "dies" ? Effect.die("no") : id === "old" ? Effect.succeedSome(key) : Effect.fail("no")
      })
    const made = Either.getOrThrow(keys.make({ current: { id: "now", secret: key }, previous }))
    expect(yield* made.knows("now")).toBe(true)
    expect(asked).toBe(0)
    expect([yield* made.knows("dies"), yield* made.knows("dies"), yield* made.knows("old")]).toEqual([
      false,
      false,
      true
    ])
    expect(asked).toBe(2)
    for (let index = 0; index < 100; index++) expect(yield* made.knows(`${index}`)).toBe(false)
    expect(asked).toBe(64)
    expect(made.toRead("old", "x")?.equals(made.toWrite("x"))).toBe(true)
  })
)
