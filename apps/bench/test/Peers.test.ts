/** Each peer delivers all that it is given, and all of them deliver the same. */
import { expect, it } from "@effect/vitest"
import { type Otlp, Receiver } from "@tenant-tracer/receiver"
import { Effect, Exit, Scope } from "effect"
import { arriving, type Encoding, encodings, type Kind, kinds, type Options, tenantHeader } from "../src/Peer.js"
import { peers } from "../src/Peers.js"
import * as Sink from "../src/Sink.js"
import * as Work from "../src/Work.js"

const exporting = kinds.filter((kind) => kind !== "native" && kind !== "untraced")

const options = (endpoint: string, encoding: Encoding, given: Partial<Options> = {}): Options => ({
  endpoint,
  tenants: 4,
  capacity: 4,
  encoding,
  compression: "none",
  messages: false,
  batchAge: 100,
  ...given
})

const cases = exporting.flatMap((kind) => encodings.map((encoding) => [kind, encoding] as const))

it.scopedLive.each(cases)("%s, %s: all spans arrive", ([kind, encoding]) =>
  Effect.gen(function* () {
    const port = yield* Sink.make
    const peer = yield* peers[kind](options(`http://127.0.0.1:${port}/v1/traces`, encoding))
    for (let index = 0; index < 10; index++) peer.request(index % 4, index)
    peer.sized(1, "small", 3)
    peer.sized(2, "large", 4)
    yield* peer.drain
    const expected = 10 * Work.spansPerRequest + 4 + 5
    const { bytes, connections, spans } = yield* Sink.settled(port, expected, 5000)
    expect(spans).toBe(expected)
    expect(bytes).toBeGreaterThan(0)
    expect(connections).toBeGreaterThan(0)
    expect(peer.lost()).toBe(0)
    yield* Sink.reset(port)
    expect((yield* Sink.counts(port)).spans).toBe(0)
  })
)

it.scopedLive.each(exporting)("%s: what is evicted is delivered, too", (kind) =>
  Effect.gen(function* () {
    const port = yield* Sink.make
    const scope = yield* Scope.make()
    const given = options(`http://127.0.0.1:${port}/v1/traces`, "protobuf", { capacity: 2, compression: "gzip" })
    const peer = yield* Scope.extend(peers[kind](given), scope)
    for (let index = 0; index < 12; index++) peer.request(index % 4, index)
    yield* Scope.close(scope, Exit.void)
    expect((yield* Sink.settled(port, 72, 5000)).spans).toBe(72)
  })
)

it.live.each(["native", "untraced"] as const)("%s runs the same requests and sends nothing", (kind) =>
  Effect.gen(function* () {
    const peer = yield* peers[kind](options("http://127.0.0.1:1/v1/traces", "protobuf"))
    let inside = 0
    peer.request(0, 1)
    peer.sized(0, "small", 1)
    peer.inSpan(
      0,
      Effect.sync(() => {
        inside++
      })
    )
    yield* peer.drain
    expect([inside, peer.lost()]).toEqual([1, 0])
  }).pipe(Effect.scoped)
)

it.scopedLive.each(exporting)("%s: a tenant may have its back end elsewhere", (kind) =>
  Effect.gen(function* () {
    const [port, other] = [yield* Sink.make, yield* Sink.make]
    const given = options(`http://127.0.0.1:${port}/v1/traces`, "protobuf", {
      elsewhere: { 1: `http://127.0.0.1:${other}/v1/traces` }
    })
    // Of those who know tenants.
    if (kind === "effect-otel") return
    const peer = yield* peers[kind](given)
    for (let tenant = 0; tenant < 4; tenant++) peer.request(tenant, tenant)
    yield* peer.drain
    expect((yield* Sink.settled(port, 18, 5000)).spans).toBe(18)
    expect((yield* Sink.settled(other, 6, 5000)).spans).toBe(6)
  })
)

it.scopedLive("ours: a destination for each vocabulary, or none, and a quota", () =>
  Effect.gen(function* () {
    const port = yield* Sink.make
    const sent = (given: Partial<Options>, requests = 5) =>
      Effect.gen(function* () {
        yield* Sink.reset(port)
        const own = options(`http://127.0.0.1:${port}/v1/traces`, "protobuf", given)
        const peer = yield* peers.ours(own)
        for (let index = 0; index < requests; index++) peer.request(0, index)
        yield* peer.drain
        const { spans } = yield* Sink.settled(port, arriving("ours", own, requests * 6) - peer.lost(), 2000)
        return [spans, peer.lost()]
      }).pipe(Effect.scoped)
    expect(yield* sent({ vocabularies: ["genai", "openinference"] })).toEqual([60, 0])
    // With nowhere to go they are counted as that.
    expect(yield* sent({ vocabularies: [] })).toEqual([0, 30])
    expect(yield* sent({ room: "default" })).toEqual([30, 0])
    const [spans = 0, lost = 0] = yield* sent({ room: 32 * 1024 }, 60)
    expect(spans + lost).toBe(360)
    expect(lost).toBeGreaterThan(100)
  })
)

it("what should arrive", () => {
  const given = options("http://127.0.0.1:1", "protobuf")
  expect(kinds.map((kind) => arriving(kind, given, 6))).toEqual([0, 0, 6, 6, 6, 6, 6])
  expect(arriving("ours", { ...given, vocabularies: ["genai", "genai"] }, 6)).toBe(12)
  expect(arriving("lru-effect", { ...given, vocabularies: [] }, 6)).toBe(6)
})

/** What a receiver got of one request, by the names of its spans. */
const received = (kind: Kind, messages: boolean) =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make()
    yield* receiver.addAccount({ id: "acme", headers: { [tenantHeader]: "0" } })
    const endpoint = yield* receiver.endpoint("acme")
    const peer = yield* peers[kind](options(endpoint, "protobuf", { tenants: 1, messages }))
    peer.request(0, 7)
    yield* peer.drain
    return yield* receiver.awaitSpans("acme", (spans) => spans.length === Work.spansPerRequest)
  }).pipe(Effect.scoped)

const shape = (spans: ReadonlyArray<Otlp.Span>) => {
  const nameOf = new Map(spans.map(({ name, spanId }) => [spanId, name]))
  return spans
    .map(({ attributes, kind, name, parentSpanId }) => ({
      name,
      kind,
      parent: nameOf.get(parentSpanId),
      keys: Object.keys(attributes).sort()
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

it.live.each([false, true])(
  "ours and the others send the same spans with the same attributes; with messages: %s",
  (messages) =>
    Effect.gen(function* () {
      const ours = yield* received("ours", messages)
      const call = ours.find(({ name }) => name === Work.names.call)
      expect(Object.keys(call?.attributes ?? {})).toHaveLength(messages ? 27 : 25)
      for (const kind of exporting) expect(shape(yield* received(kind, messages)), kind).toEqual(shape(ours))
      const stock = (yield* received("lru-otel", messages)).find(({ name }) => name === Work.names.call)
      const { "gen_ai.input.messages": own, ...attributes } = call?.attributes ?? {}
      const { "gen_ai.input.messages": stocks, ...others } = stock?.attributes ?? {}
      expect(attributes).toEqual(others)
      if (messages) {
        expect(JSON.parse(String(own))).toEqual(JSON.parse(String(stocks)))
        expect(String(own).length + String(attributes["gen_ai.output.messages"]).length).toBeGreaterThan(8000)
      }
    }),
  30_000
)
