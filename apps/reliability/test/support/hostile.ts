/**
 * Input that nobody means well with, for every decoder: valid input that is mutated (bytes flipped, cut, spliced; values put in each other's
 * place), and values that are traps.
 */
import { FastCheck as fc } from "effect"

/** How many inputs each property tries. `FUZZ_RUNS=100000` fuzzes for longer. */
export const runs = Number(process.env.FUZZ_RUNS ?? 100)

/** Seconds of the processor that a decoder may take for one of these inputs. */
const patience = 4

/** Runs a function that must neither throw nor take for ever, and gives what it gives. */
export const total = <A>(decode: () => A): A => {
  const before = process.cpuUsage()
  const value = decode()
  const { system, user } = process.cpuUsage(before)
  const took = (system + user) / 1e6
  if (took > patience) throw new Error(`it took ${took} s`)
  return value
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Bytes that decoders trip over: varints without an end, lengths beyond any body, byte order marks, broken UTF-8. */
const awkward: ReadonlyArray<Uint8Array> = [
  Uint8Array.of(0),
  new Uint8Array(10).fill(0xff),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
  Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01),
  Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x07),
  Uint8Array.of(0xef, 0xbb, 0xbf),
  Uint8Array.of(0xc0, 0x80),
  Uint8Array.of(0xed, 0xa0, 0x80),
  bytesOf("[".repeat(2000)),
  bytesOf(`{"a":`.repeat(2000)),
  bytesOf("9".repeat(400)),
  bytesOf(`"__proto__":{},`),
  bytesOf("\\u0000\\ud800"),
  bytesOf("-0.0e+9999")
]

interface Edit {
  readonly kind: "flip" | "set" | "insert" | "remove" | "repeat" | "splice" | "truncate"
  readonly at: number
  readonly length: number
  readonly bytes: Uint8Array
}

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom("flip", "set", "insert", "remove", "repeat", "splice", "truncate"),
  at: fc.nat(1_000_000),
  length: fc.integer({ min: 1, max: 64 }),
  bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.constantFrom(...awkward))
})

const without = (body: Uint8Array, from: number, to: number, between: Uint8Array): Uint8Array => {
  const rest = body.subarray(Math.min(to, body.length))
  const edited = new Uint8Array(from + between.length + rest.length)
  edited.set(body.subarray(0, from))
  edited.set(between, from)
  edited.set(rest, from + between.length)
  return edited
}

const apply = (body: Uint8Array, { at: anywhere, bytes, kind, length }: Edit, other: Uint8Array): Uint8Array => {
  if (body.length === 0) return bytes
  const at = anywhere % body.length
  const part = body.subarray(at, at + length)
  switch (kind) {
    case "flip": {
      const flipped = Uint8Array.from(body)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (length % 8))
      return flipped
    }
    case "set":
      return without(body, at, at + bytes.length, bytes)
    case "insert":
      return without(body, at, at, bytes)
    case "remove":
      return without(body, at, at + length, new Uint8Array())
    case "repeat":
      return without(
        body,
        at,
        at,
        Uint8Array.from({ length: part.length * 20 }, (_, i) => part[i % part.length] ?? 0)
      )
    case "splice":
      return without(body, at, body.length, other.subarray(anywhere % Math.max(1, other.length)))
    case "truncate":
      return body.subarray(0, at)
  }
}

/** One to six edits of one of these bodies, or bytes of no origin at all. */
export const bytes = (samples: ReadonlyArray<Uint8Array>): fc.Arbitrary<Uint8Array> => {
  const sample = fc.constantFrom(...samples)
  const edited = fc
    .tuple(sample, sample, fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([body, other, edits]) => edits.reduce((edited, next) => apply(edited, next, other), body))
  return fc.oneof({ weight: 6, arbitrary: edited }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) })
}

/** The same for text. */
export const text = (samples: ReadonlyArray<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: bytes(samples.map(bytesOf)).map((edited) => new TextDecoder().decode(edited)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
    { weight: 1, arbitrary: fc.constantFrom(...samples) }
  )

const fail = (): never => {
  throw new Error("a trap")
}

const trapped = (): object =>
  new Proxy(
    {},
    { get: fail, has: fail, ownKeys: fail, getOwnPropertyDescriptor: fail, getPrototypeOf: fail, set: fail }
  )

/** Whatever is asked of it is itself: it has no end. */
const endless = (target: object): object => {
  const self: object = new Proxy(target, {
    get: (of, key) => (Array.isArray(of) && key === "length" ? of.length : typeof key === "symbol" ? undefined : self),
    has: () => true,
    ownKeys: (of) => Array.from(new Set([...Reflect.ownKeys(of), "a", "b"])),
    getOwnPropertyDescriptor: (of, key) =>
      Reflect.getOwnPropertyDescriptor(of, key) ?? { value: self, enumerable: true, configurable: true, writable: true }
  })
  return self
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const cycle = (): object => {
  const a: Record<string, unknown> = { name: "a" }
  a.self = a
  a.list = [a, a]
  return a
}

const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = "deep"
  for (let level = 0; level < depth; level++) value = wrap(value)
  return value
}

const sparse = (length: number): Array<unknown> => {
  const list: Array<unknown> = []
  list.length = length
  return list
}

/** Values that are traps: each is made anew, since some are used up. */
export const traps: ReadonlyArray<readonly [name: string, make: () => unknown]> = [
  ["a proxy that throws at everything", trapped],
  ["a proxy without an end", () => endless({})],
  ["a list without an end", () => endless(["x"])],
  ["a revoked proxy", revoked],
  ["a getter that throws", () => Object.defineProperty({}, "name", { get: fail, enumerable: true })],
  ["a list whose element throws", () => Object.defineProperty(["a"], 0, { get: fail, enumerable: true })],
  ["text that throws", () => ({ toString: fail, valueOf: fail, toJSON: fail, [Symbol.toPrimitive]: fail })],
  ["a cycle", cycle],
  ["a nest of objects", () => nested(20_000, (inner) => ({ a: inner, content: inner, values: inner }))],
  ["a nest of lists", () => nested(20_000, (inner) => [inner])],
  ["a list of four billion holes", () => sparse(2 ** 32 - 1)],
  ["a million entries", () => Array.from({ length: 1_000_000 }, () => "x")],
  ["a record of a hundred thousand", () => Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]))],
  ["a megabyte of text", () => "x".repeat(1024 * 1024)],
  ["a megabyte many times over", () => new Array(2000).fill("x".repeat(1024 * 1024))],
  ["half a character", () => "\ud800"],
  [
    "an own __proto__",
    () => JSON.parse(`{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`)
  ],
  ["a record without a prototype", () => Object.assign(Object.create(null), { name: "x" })],
  ["a symbol", () => Symbol("x")],
  ["a function", () => () => fail()],
  ["a big integer", () => 10n ** 400n],
  ["no date", () => new Date(Number.NaN)],
  ["a buffer", () => Buffer.alloc(1000)],
  ["a map", () => new Map([["a", 1]])],
  ["not a number", () => Number.NaN],
  ["minus infinity", () => Number.NEGATIVE_INFINITY],
  ["minus zero", () => -0],
  ["nothing", () => undefined],
  ["null", () => null]
]

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, maxDepth: 3 })

type Path = ReadonlyArray<string>

const pathsOf = (value: unknown, path: Path = []): ReadonlyArray<Path> =>
  typeof value === "object" && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
    : [path]

const replaced = (value: unknown, path: Path, put: (inner: unknown) => unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return put(value)
  if (Array.isArray(value)) return value.map((inner, i) => (String(i) === key ? replaced(inner, rest, put) : inner))
  const inner: unknown = Reflect.get(value as object, key)
  return { ...(value as object), [key]: replaced(inner, rest, put) }
}

/** A value that is made when it is asked for: fast-check looks into what it hands out, and would fall into the traps itself. */
export type Thunk = () => unknown

const thunk = (name: string, make: Thunk): Thunk => Object.assign(make, { [fc.toStringMethod]: () => name })

type Twist = readonly [name: string, put: (inner: unknown) => unknown]

const twist: fc.Arbitrary<Twist> = fc.oneof(
  fc.constantFrom(...traps.map(([name, make]): Twist => [name, () => make()])),
  anything.map((other): Twist => [fc.stringify(other), () => other]),
  fc.constantFrom<Array<Twist>>(
    ["itself twice", (inner) => [inner, inner]],
    ["itself in a record", (inner) => ({ a: inner })],
    ["its text", (inner) => JSON.stringify(inner)],
    ["itself many times", (inner) => Array.from({ length: 5000 }, () => (Array.isArray(inner) ? inner[0] : inner))]
  )
)

const isWithin = (path: Path, other: Path): boolean => other.every((key, depth) => path[depth] === key)

/** One of these values with one to three of its parts replaced by a trap, by anything, or by a twist of their own; or anything at all. */
export const value = (samples: ReadonlyArray<unknown>): fc.Arbitrary<Thunk> => {
  const mutated = fc
    .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(1000), twist), { minLength: 1, maxLength: 3 }))
    .map(([sample, edits]) => {
      const paths = pathsOf(sample)
      const placed: Array<readonly [path: Path, twist: Twist]> = []
      for (const [at, twist] of edits) {
        const path = paths[at % paths.length] ?? []
        // No edit looks for its place inside a trap.
        if (!placed.some(([other]) => isWithin(path, other) || isWithin(other, path))) placed.push([path, twist])
      }
      const name = placed.map(([path, [name]]) => `${path.join(".") || "all of it"} is ${name}`).join(", ")
      return thunk(name, () => placed.reduce((edited, [path, [, put]]) => replaced(edited, path, put), sample))
    })
  return fc.oneof(
    { weight: 5, arbitrary: mutated },
    { weight: 1, arbitrary: anything.map((other) => thunk(fc.stringify(other), () => other)) }
  )
}
