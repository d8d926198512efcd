import { deflateSync, gzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { type Otlp, Receiver, VendorRules } from "@tenant-tracer/receiver"
import { Effect, TestClock } from "effect"
import { bodyOf, contentType, statusOf } from "./support/bodies.js"
import { client } from "./support/http.js"
import { readableSpan, readableSpans } from "./support/spans.js"

const hrNow = (): [seconds: number, nanos: number] => [Math.floor(Date.now() / 1000), 0]

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly encoding?: Otlp.Encoding
  readonly body?: Uint8Array
  readonly path?: string
}

/** A receiver whose one account asks for no headers beyond what its vendor's rules ask for. */
const setUp = (rules: VendorRules.VendorRules) =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: {}, rules }] })
    const post = yield* client
    const send = ({ encoding = "protobuf", path = rules.paths[0], ...sent }: Sent) =>
      Effect.map(
        post(receiver.url + path, {
          headers: { "content-type": contentType[encoding], ...sent.headers },
          body: sent.body ?? bodyOf(encoding, readableSpans(1))
        }),
        (answer) => ({
          status: answer.status,
          allow: answer.headers.allow,
          message: answer.status === 200 ? undefined : statusOf(encoding, answer.body).message
        })
      )
    return { receiver, send }
  })

describe.each(VendorRules.all)("the rules of $vendor", (rules) => {
  it("name their page and day", () => {
    expect(new URL(rules.page).protocol).toBe("https:")
    expect(rules.readOn).toMatch(/^\d{4}-\d\d-\d\d$/)
  })

  it("can be matched", () => {
    for (const { name, pattern } of rules.requiredHeaders) {
      expect(name).toBe(name.toLowerCase())
      expect(() => new RegExp(pattern ?? "")).not.toThrow()
    }
    for (const path of rules.paths) expect(path).toMatch(/^\//)
  })

  it("name the page of what becomes of orphans, or play the strictest there is", () => {
    const { page, readOn, shown } = rules.orphans
    const isBackEnd = rules !== VendorRules.otlp && rules !== VendorRules.collector
    if (page === undefined) expect(shown).toBe(isBackEnd ? "with_parents" : "always")
    else expect(new URL(page).protocol).toBe("https:")
    expect(page === undefined ? "2026-01-01" : readOn).toMatch(/^\d{4}-\d\d-\d\d$/)
  })

  it.scoped("take the encodings and compressions that they name, and answer any other with 415", () =>
    Effect.gen(function* () {
      // The body is checked after its kind: an empty one is an export of nothing.
      const { send } = yield* setUp({ ...rules, requiredHeaders: [], undecodableStatus: rules.successStatus })
      for (const encoding of ["protobuf", "json"] as const) {
        const { status } = yield* send({ encoding, body: bodyOf(encoding, []) })
        expect(status, encoding).toBe(rules.encodings.includes(encoding) ? rules.successStatus : 415)
      }
      const [encoding = "protobuf"] = rules.encodings
      const body = bodyOf(encoding, [])
      const bodies = { gzip: gzipSync(body), deflate: deflateSync(body), br: body }
      for (const [name, body] of Object.entries(bodies)) {
        const isTaken = rules.compressions.some((compression) => compression === name)
        const { status } = yield* send({ encoding, headers: { "content-encoding": name }, body })
        expect(status, name).toBe(isTaken ? rules.successStatus : 415)
      }
    })
  )
})

it.scoped("langfuse takes a key pair, both encodings and gzip", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp(VendorRules.langfuse)
    expect(yield* receiver.endpoint("acme")).toBe(`${receiver.url}/api/public/otel/v1/traces`)
    const authorization = `Basic ${Buffer.from("pk-lf-1:sk-lf-1").toString("base64")}`
    expect((yield* send({ headers: { authorization } })).status).toBe(200)
    expect((yield* send({ headers: { authorization }, encoding: "json" })).status).toBe(200)
    const body = gzipSync(bodyOf("protobuf", readableSpans(1)))
    expect((yield* send({ headers: { authorization, "content-encoding": "gzip" }, body })).status).toBe(200)
    expect((yield* send({ headers: { authorization }, path: "/v1/traces" })).status).toBe(404)
    expect((yield* send({ headers: { authorization }, body: Buffer.alloc(5_000_001) })).status).toBe(413)
    const bearer = yield* send({ headers: { authorization: "Bearer sk-lf-1" } })
    expect(bearer.status).toBe(401)
    expect(bearer.message).toContain(`header authorization does not match`)
    expect(bearer.message).toContain(`rule "requiredHeaders" of langfuse, see https://langfuse.com/`)
  })
)

it.scoped("arize takes a key, a space, and a project on every resource", () =>
  Effect.gen(function* () {
    const { send } = yield* setUp(VendorRules.arize)
    const headers = { authorization: "key", "arize-space-id": "space" }
    const on = (attributes: Record<string, string>) => readableSpan({ resource: resourceFromAttributes(attributes) })
    for (const name of ["openinference.project.name", "model_id", "arize.project.name"]) {
      expect((yield* send({ headers, body: bodyOf("protobuf", [on({ [name]: "p" })]) })).status).toBe(200)
    }
    const bare = yield* send({ headers, body: bodyOf("protobuf", [on({ model_id: "p" }), on({ model_id: "" })]) })
    expect(bare.status).toBe(400)
    expect(bare.message).toContain("resourceSpans[1].resource must have openinference.project.name or model_id")
    expect(bare.message).toContain(`rule "requiredResourceAttributes" of arize`)
    const nowhere = yield* send({ headers: { authorization: "key" } })
    expect(nowhere).toMatchObject({ status: 401, message: expect.stringContaining("header arize-space-id is missing") })
    expect((yield* send({ headers: { ...headers, authorization: "" } })).status).toBe(401)
  })
)

it.scoped("phoenix takes protobuf only, gzip and deflate, and no metrics and logs", () =>
  Effect.gen(function* () {
    const { send } = yield* setUp(VendorRules.phoenix)
    const headers = { authorization: "Bearer key" }
    const body = bodyOf("protobuf", readableSpans(1))
    expect((yield* send({ headers: { ...headers, "x-project-name": "p" } })).status).toBe(200)
    for (const [compression, compressed] of [
      ["gzip", gzipSync(body)] as const,
      ["deflate", deflateSync(body)] as const
    ]) {
      const sent = { headers: { ...headers, "content-encoding": compression }, body: compressed }
      expect((yield* send(sent)).status).toBe(200)
      expect((yield* send({ ...sent, body: compressed.subarray(0, -8) })).status).toBe(400)
    }
    const json = yield* send({ headers, encoding: "json" })
    expect(json).toMatchObject({ status: 415, message: expect.stringContaining("phoenix takes protobuf, not json") })
    expect((yield* send({ headers, body: new TextEncoder().encode("garbage") })).status).toBe(422)
    for (const path of ["/v1/metrics", "/v1/logs"]) {
      expect(yield* send({ headers, path })).toMatchObject({ status: 405, allow: "" })
    }
    expect((yield* send({ headers: { authorization: "key" } })).status).toBe(401)
  })
)

/** A request that each vendor takes, and what it answers to one without the first of these headers. */
const samples: ReadonlyArray<
  readonly [VendorRules.VendorRules, headers: Readonly<Record<string, string>>, success: number, unauthorized: number]
> = [
  [VendorRules.langsmith, { "x-api-key": "ls" }, 200, 401],
  [VendorRules.braintrust, { authorization: "Bearer bt", "x-bt-parent": "project_name:checkout" }, 200, 401],
  [VendorRules.weave, { "wandb-api-key": "wb" }, 200, 401],
  [VendorRules.datadog, { "dd-api-key": "dd" }, 202, 403],
  [VendorRules.honeycomb, { "x-honeycomb-team": "hc" }, 200, 401],
  [
    VendorRules.honeycombClassic,
    { "x-honeycomb-team": "0123456789abcdef0123456789abcdef", "x-honeycomb-dataset": "checkout" },
    200,
    401
  ],
  [VendorRules.newrelic, { "api-key": "nr" }, 200, 403],
  [VendorRules.grafanaCloud, { authorization: "Basic MToy" }, 200, 401],
  [VendorRules.tempo, { "x-scope-orgid": "acme" }, 200, 401],
  [VendorRules.dynatrace, { authorization: "Api-Token dt" }, 200, 401]
]

const weaveResource = resourceFromAttributes({ "wandb.entity": "acme", "wandb.project": "checkout" })

describe.each(samples.map((sample) => [sample[0].vendor, ...sample] as const))("%s", (_, ...sample) => {
  const [rules, headers, success, unauthorized] = sample
  const span = () => readableSpan({ resource: weaveResource, endTime: hrNow() })

  it.scopedLive("takes each of its encodings, and is asked for each of its headers", () =>
    Effect.gen(function* () {
      const { receiver, send } = yield* setUp(rules)
      for (const encoding of ["protobuf", "json"] as const) {
        const { status } = yield* send({ headers, encoding, body: bodyOf(encoding, [span()]) })
        expect(status, encoding).toBe(rules.encodings.includes(encoding) ? success : 415)
      }
      expect(yield* receiver.spans("acme")).toHaveLength(rules.encodings.length)
      for (const name of Object.keys(headers)) {
        for (const wrong of ["", undefined]) {
          const rest = Object.entries(headers).filter(([header]) => header !== name)
          const sent = Object.fromEntries(wrong === undefined ? rest : [...rest, [name, wrong]])
          expect((yield* send({ headers: sent, body: bodyOf("protobuf", [span()]) })).status, name).toBe(unauthorized)
        }
      }
    })
  )

  it.scopedLive("knows its accounts by their headers", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers, rules }] })
      const post = yield* client
      const others = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${value}x`]))
      for (const [sent, status] of [[headers, success] as const, [others, unauthorized] as const]) {
        const body = bodyOf("protobuf", [span()])
        const answer = yield* post(receiver.url + rules.paths[0], {
          headers: { ...sent, "content-type": contentType.protobuf },
          body
        })
        expect(answer.status).toBe(status)
      }
    })
  )
})

it.scoped("where two vendors on one path refuse differently, a key of neither is answered with 401", () =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({
      accounts: [
        { id: "one", headers: { "dd-api-key": "dd" }, rules: VendorRules.datadog },
        { id: "two", headers: { "x-honeycomb-team": "hc" }, rules: VendorRules.honeycomb }
      ]
    })
    const post = yield* client
    expect((yield* post(`${receiver.url}/v1/traces`, { headers: {}, body: new Uint8Array() })).status).toBe(401)
  })
)

it.scoped("weave takes what names no project, and keeps none of it", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp(VendorRules.weave)
    const resource = resourceFromAttributes({ "wandb.entity": "acme" })
    const sent = { headers: { "wandb-api-key": "wb" }, body: bodyOf("protobuf", [readableSpan({ resource })]) }
    expect((yield* send(sent)).status).toBe(200)
    expect(yield* receiver.spans("acme")).toEqual([])
    const [refusal] = yield* receiver.refusals("acme")
    expect(refusal).toMatchObject({ status: 200, reason: expect.stringContaining("must have wandb.project") })
  })
)

it.scopedLive("dynatrace rejects the spans that ended more than an hour ago, and keeps the others", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp(VendorRules.dynatrace)
    const [seconds, nanos] = hrNow()
    const body = bodyOf("protobuf", [
      readableSpan({ name: "new", endTime: [seconds - 3590, nanos] }),
      readableSpan({ name: "old", endTime: [seconds - 3610, nanos] })
    ])
    expect((yield* send({ headers: { authorization: "Api-Token dt" }, body })).status).toBe(200)
    expect((yield* receiver.spans("acme")).map(({ name }) => name)).toEqual(["new"])
    expect((yield* receiver.received("acme"))[0]?.rejectedSpans).toBe(1)
  })
)

it.scoped("what takes JSON alone refuses protobuf", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp({ ...VendorRules.otlp, vendor: "plain", encodings: ["json"] })
    expect((yield* send({ encoding: "json" })).status).toBe(200)
    const refused = yield* send({})
    expect(refused).toMatchObject({ status: 415, message: expect.stringContaining("plain takes json, not protobuf") })
    expect(yield* receiver.spans("acme")).toHaveLength(1)
  })
)

it.scoped("a key that may not write is told so, where one that is not known is not", () =>
  Effect.gen(function* () {
    const headers = { authorization: "Api-Token dt" }
    const rules = VendorRules.dynatrace
    const receiver = yield* Receiver.make({ accounts: [{ id: "reader", headers, mayWrite: false, rules }] })
    const post = yield* client
    const send = (authorization: string) =>
      post(receiver.url + rules.paths[0], {
        headers: { authorization, "content-type": contentType.protobuf },
        body: bodyOf("protobuf", readableSpans(1))
      })
    const answer = yield* send("Api-Token dt")
    expect(answer.status).toBe(403)
    expect(statusOf("protobuf", answer.body)).toMatchObject({
      code: 7,
      message: expect.stringContaining(`account reader may not write traces (rule "forbiddenStatus" of dynatrace`)
    })
    expect((yield* send("Api-Token other")).status).toBe(401)
    expect((yield* receiver.refusals("reader")).map(({ status }) => status)).toEqual([403])
  })
)

describe("of spans whose parent is not there", () => {
  const ids = { root: "1", middle: "2", leaf: "3", lost: "4", circle: "5", other: "6" }
  const span = (name: keyof typeof ids, parent?: string, traceId = "0af7651916cd43dd8448eb211c80319c") => {
    const context = (id: string) => ({ traceId, spanId: id.padStart(16, "0"), traceFlags: 1 })
    const parents = parent === undefined ? {} : { parentSpanContext: context(parent) }
    return readableSpan({ name, spanContext: () => context(ids[name]), ...parents })
  }
  const otherTrace = "b".repeat(32)

  const shown = (rule: VendorRules.Orphans["shown"], steps: ReadonlyArray<Array<ReturnType<typeof span>>>) =>
    Effect.gen(function* () {
      const { receiver, send } = yield* setUp({ ...VendorRules.otlp, orphans: { shown: rule } })
      return yield* Effect.forEach(steps, (spans) =>
        Effect.gen(function* () {
          yield* send({ body: bodyOf("protobuf", spans) })
          return (yield* receiver.shown("acme")).map(({ name }) => name)
        })
      )
    })

  // The last first, the root in the end.
  const steps = [
    [span("leaf", ids.middle), span("lost", "9"), span("other", "9", otherTrace), span("circle", ids.circle)],
    [span("root")],
    [span("middle", ids.root)]
  ]

  it.scoped("some show each at once", () =>
    Effect.gen(function* () {
      expect(yield* shown("always", steps)).toEqual([
        ["leaf", "lost", "other", "circle"],
        ["leaf", "lost", "other", "circle", "root"],
        ["leaf", "lost", "other", "circle", "root", "middle"]
      ])
    })
  )

  it.scoped("some wait for the root of the trace, whatever else is missing", () =>
    Effect.gen(function* () {
      expect(yield* shown("with_root", steps)).toEqual([
        [],
        ["leaf", "lost", "circle", "root"],
        ["leaf", "lost", "circle", "root", "middle"]
      ])
    })
  )

  it.scoped("some wait for all that is above", () =>
    Effect.gen(function* () {
      expect(yield* shown("with_parents", steps)).toEqual([[], ["root"], ["leaf", "root", "middle"]])
    })
  )

  it.scoped("an account that is gone has what it has", () =>
    Effect.gen(function* () {
      const { receiver, send } = yield* setUp(VendorRules.langsmith)
      yield* send({ headers: { "x-api-key": "ls" }, body: bodyOf("protobuf", [span("leaf", ids.middle)]) })
      expect(yield* receiver.shown("acme")).toEqual([])
      yield* receiver.removeAccount("acme")
      expect(yield* receiver.shown("acme")).toHaveLength(1)
    })
  )
})

it.scoped("new relic keeps the beginning of what is too long, drops a long list, and says nothing", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp(VendorRules.newrelic)
    const kept = { fits: "y".repeat(4095), many: 4096, ["k".repeat(255)]: "a", list: Array<string>(64).fill("b") }
    const attributes = {
      ...kept,
      long: "x".repeat(4096),
      ["n".repeat(256)]: "c",
      tags: Array<string>(65).fill("d")
    }
    const body = bodyOf("protobuf", [readableSpan({ attributes })])
    expect((yield* send({ headers: { "api-key": "nr" }, body })).status).toBe(200)
    const [span] = yield* receiver.spans("acme")
    expect(span?.attributes).toEqual({ ...kept, long: "x".repeat(4095), ["n".repeat(255)]: "c" })
    expect(yield* receiver.refusals("acme")).toEqual([])
  })
)

it("the rates that pages tell are kept", () => {
  const rates = VendorRules.all.flatMap(({ requestsPerMinute, vendor }) =>
    requestsPerMinute === undefined || requestsPerMinute === Infinity ? [] : [[vendor, requestsPerMinute]]
  )
  expect(rates).toEqual([
    ["langfuse", 1000],
    ["langsmith", 2000]
  ])
})

it.scoped("a rate is kept for each account and each minute", () =>
  Effect.gen(function* () {
    const rules = { ...VendorRules.otlp, vendor: "slow", requestsPerMinute: 2 }
    const { receiver, send } = yield* setUp(rules)
    yield* TestClock.adjust("10 seconds")
    for (const status of [200, 200, 429]) expect((yield* send({})).status).toBe(status)
    yield* TestClock.adjust("59 seconds")
    const [refusal] = yield* receiver.refusals("acme")
    expect(refusal?.reason).toContain(`more than 2 requests in a minute (rule "requestsPerMinute" of slow`)
    expect((yield* send({})).status).toBe(429)
    yield* TestClock.adjust("1 seconds")
    expect((yield* send({})).status).toBe(200)
  })
)

it.scoped("rules of one's own may answer with another success and ask for less", () =>
  Effect.gen(function* () {
    const rules = { ...VendorRules.otlp, vendor: "mine", successStatus: 202, maxBytes: 10 }
    const { receiver, send } = yield* setUp(rules)
    expect((yield* send({ body: new Uint8Array() })).status).toBe(202)
    expect((yield* send({})).status).toBe(413)
    expect(yield* receiver.received("acme")).toHaveLength(1)
  })
)

it.scoped("an account's headers are asked for as well", () =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({
      accounts: [
        { id: "one", headers: { authorization: "Bearer 1" }, rules: VendorRules.phoenix },
        { id: "two", headers: { authorization: "2" }, rules: VendorRules.phoenix }
      ]
    })
    const post = yield* client
    const send = (authorization: string) =>
      post(`${receiver.url}/v1/traces`, {
        headers: { authorization, "content-type": contentType.protobuf },
        body: bodyOf("protobuf", readableSpans(1))
      })
    expect((yield* send("Bearer 1")).status).toBe(200)
    // The account knows the key, the vendor would not take it without Bearer.
    const bare = yield* send("2")
    expect(statusOf("protobuf", bare.body)).toMatchObject({ code: 16, message: expect.stringContaining("Bearer") })
    expect((yield* receiver.refusals("two")).map((refusal) => refusal.status)).toEqual([401])
    expect(statusOf("protobuf", (yield* send("Bearer 3")).body).message).toContain("no account here")
  })
)
