import * as Http from "node:http"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import { type Otlp, Receiver, ReceiverError, VendorRules } from "@tenant-tracer/receiver"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import { bodyOf, contentType, statusOf } from "./support/bodies.js"
import { client, rawExchange } from "./support/http.js"
import { readableSpans } from "./support/spans.js"

const encodings: ReadonlyArray<Otlp.Encoding> = ["protobuf", "json"]

const acme = { id: "acme", headers: { "X-Key": "a" } }

const receiverWith = (options: Receiver.Options = {}) => Receiver.make({ accounts: [acme], ...options })

const json = { "content-type": contentType.json, "x-key": "a" }

const spanIds = (spans: ReadonlyArray<Otlp.ReceivedSpan>) => spans.map((span) => span.spanId)

describe.each(encodings)("%s", (encoding) => {
  const headers = { "content-type": contentType[encoding], "x-key": "a" }

  it.scoped("takes spans and answers with an empty success in the same encoding", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const endpoint = yield* receiver.endpoint("acme")
      const body = bodyOf(encoding, readableSpans(2))
      const answer = yield* post(endpoint, { headers: { ...headers, "X-Trace": "1" }, body })
      expect(answer.status).toBe(200)
      expect(answer.headers["content-type"]).toBe(contentType[encoding])
      expect(answer.text).toBe(encoding === "json" ? "{}" : "")
      const [delivery] = yield* receiver.received("acme")
      expect(delivery).toMatchObject({
        account: "acme",
        receivedAt: 0,
        method: "POST",
        path: "/v1/traces",
        encoding,
        compression: "identity",
        rejectedSpans: 0
      })
      expect(delivery?.headers["x-trace"]).toBe("1")
      expect(Buffer.compare(delivery?.raw ?? Buffer.of(), body)).toBe(0)
      expect(spanIds(yield* receiver.spans("acme"))).toEqual(["0000000000000001", "0000000000000002"])
      expect(yield* receiver.refusals()).toEqual([])
    })
  )

  it.scoped("takes gzip and keeps both bodies", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const body = bodyOf(encoding, readableSpans(50))
      const raw = gzipSync(body)
      const answer = yield* post(yield* receiver.endpoint("acme"), {
        headers: { ...headers, "content-encoding": "GZIP" },
        body: raw
      })
      expect(answer.status).toBe(200)
      const [delivery] = yield* receiver.received("acme")
      expect(delivery?.compression).toBe("gzip")
      expect(Buffer.compare(delivery?.raw ?? Buffer.of(), raw)).toBe(0)
      expect(Buffer.compare(delivery?.body ?? Buffer.of(), body)).toBe(0)
    })
  )

  it.scoped("refuses with a google.rpc.Status in the same encoding", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith({ maxCompressedBytes: 5_000, maxBytes: 6_000 })
      const post = yield* client
      const endpoint = yield* receiver.endpoint("acme")
      const body = bodyOf(encoding, readableSpans(1))
      const cases = [
        { status: 400, code: 3, says: "Not an OTLP", sent: { body: "garbage" } },
        { status: 400, code: 3, says: "not gzip", sent: { body, headers: { "content-encoding": "gzip" } } },
        {
          status: 400,
          code: 3,
          says: "not gzip",
          sent: { body: gzipSync(body).subarray(0, 40), headers: { "content-encoding": "gzip" } }
        },
        { status: 401, code: 16, says: "x-key", sent: { body, headers: { "x-key": "b" } } },
        { status: 401, code: 16, says: "x-key", sent: { body, headers: { "x-key": "" } } },
        { status: 404, code: 5, says: "/v1/metrics", sent: { body }, path: "/v1/metrics" },
        { status: 404, code: 5, says: "/v1/logs", sent: { body }, path: "/v1/logs" },
        { status: 404, code: 5, says: "/v1/traces/", sent: { body }, path: "/v1/traces/" },
        { status: 405, code: 12, says: "GET", sent: { method: "GET" as const } },
        { status: 413, code: 8, says: "5000 bytes on the wire", sent: { body: Buffer.alloc(5_001) } },
        {
          status: 413,
          code: 8,
          says: "6000 bytes uncompressed",
          sent: { body: gzipSync(Buffer.alloc(6_001)), headers: { "content-encoding": "gzip" } }
        },
        {
          status: 415,
          code: 3,
          says: "br",
          sent: { body: brotliCompressSync(body), headers: { "content-encoding": "br" } }
        },
        {
          status: 415,
          code: 3,
          says: "deflate",
          sent: { body: deflateSync(body), headers: { "content-encoding": "deflate" } }
        }
      ]
      for (const { code, path, says, sent, status } of cases) {
        const url = path === undefined ? endpoint : receiver.url + path
        const answer = yield* post(url, {
          ...sent,
          headers: { ...headers, ...("headers" in sent ? sent.headers : {}) }
        })
        expect(answer.status).toBe(status)
        expect(answer.headers["content-type"]).toBe(contentType[encoding])
        const body = statusOf(encoding, answer.body)
        expect(body.code).toBe(code)
        expect(body.message).toContain(says)
        if (status === 405) expect(answer.headers.allow).toBe("POST")
      }
      expect((yield* receiver.refusals()).map((refusal) => refusal.status)).toEqual(cases.map(({ status }) => status))
      expect(yield* receiver.received("acme")).toEqual([])
      // After all that it still serves.
      expect((yield* post(endpoint, { headers, body })).status).toBe(200)
    })
  )

  it.scoped("takes a content type with parameters, in any case", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const answer = yield* post(yield* receiver.endpoint("acme"), {
        headers: { ...headers, "content-type": `${contentType[encoding].toUpperCase()} ; charset=utf-8` },
        body: bodyOf(encoding, readableSpans(1))
      })
      expect(answer.status).toBe(200)
    })
  )
})

it.scoped.each(["text/plain", "application/protobuf", "application/x-protobuf2", "multipart/form-data", ""])(
  "refuses content type %o with 415 in JSON",
  (type) =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const answer = yield* post(yield* receiver.endpoint("acme"), {
        headers: { "x-key": "a", ...(type !== "" && { "content-type": type }) },
        body: bodyOf("protobuf", readableSpans(1))
      })
      expect(answer.status).toBe(415)
      expect(statusOf("json", answer.body).message).toContain("application/x-protobuf or application/json")
    })
)

describe("bodies", () => {
  it.scoped("may come in chunks and without a length", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const body = bodyOf("json", readableSpans(1))
      async function* chunks() {
        for (const byte of body) yield Uint8Array.of(byte)
      }
      const answer = yield* post(yield* receiver.endpoint("acme"), { headers: json, body: chunks() })
      expect(answer.status).toBe(200)
      expect(yield* receiver.spans("acme")).toHaveLength(1)
    })
  )

  it.scoped("are cut off at the cap when they name no length", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith({ maxCompressedBytes: 1_000 })
      const post = yield* client
      async function* chunks() {
        for (let sent = 0; sent < 50; sent++) yield new Uint8Array(100)
      }
      const answer = yield* post(yield* receiver.endpoint("acme"), { headers: json, body: chunks() })
      expect(answer.status).toBe(413)
    })
  )

  it.scoped("may wait for 100 Continue", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const endpoint = yield* receiver.endpoint("acme")
      const body = bodyOf("json", readableSpans(1))
      const status = yield* Effect.async<number | undefined>((resume) => {
        const request = Http.request(endpoint, {
          method: "POST",
          headers: { ...json, expect: "100-continue", "content-length": body.length },
          agent: false
        })
        request.on("continue", () => request.end(body))
        request.on("response", (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode))
        })
      })
      expect(status).toBe(200)
    })
  )

  it.scoped("at a cap are taken, and one byte more is not", () =>
    Effect.gen(function* () {
      const body = bodyOf("json", readableSpans(3))
      const raw = gzipSync(body)
      const post = yield* client
      const send = (options: Receiver.Options, gzip: boolean) =>
        Effect.gen(function* () {
          const receiver = yield* receiverWith(options)
          const headers = gzip ? { ...json, "content-encoding": "gzip" } : json
          return (yield* post(yield* receiver.endpoint("acme"), { headers, body: gzip ? raw : body })).status
        })
      expect(yield* send({ maxCompressedBytes: raw.length }, true)).toBe(200)
      expect(yield* send({ maxCompressedBytes: raw.length - 1 }, true)).toBe(413)
      expect(yield* send({ maxBytes: body.length }, true)).toBe(200)
      expect(yield* send({ maxBytes: body.length - 1 }, true)).toBe(413)
      expect(yield* send({ maxBytes: body.length }, false)).toBe(200)
      expect(yield* send({ maxBytes: body.length - 1 }, false)).toBe(413)
    })
  )

  it.scoped("that are refused at the door may be large", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const body = Buffer.alloc(8 * 1024 * 1024)
      expect((yield* post(`${receiver.url}/nowhere`, { headers: json, body })).status).toBe(404)
      expect((yield* post(yield* receiver.endpoint("acme"), { headers: json, body })).status).toBe(413)
    })
  )

  it.scoped(
    "that are bombs are not inflated beyond the cap",
    () =>
      Effect.gen(function* () {
        const receiver = yield* receiverWith({ maxBytes: 1024 * 1024 })
        const post = yield* client
        // 256 MiB of zeros in a quarter of a megabyte.
        const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024))
        const before = process.memoryUsage.rss()
        const answer = yield* post(yield* receiver.endpoint("acme"), {
          headers: { ...json, "content-encoding": "gzip" },
          body: bomb
        })
        expect(answer.status).toBe(413)
        expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024)
      }),
    30_000
  )

  it.scoped("that end early are noted, and nothing is kept", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      yield* rawExchange(
        receiver.url,
        `POST /v1/traces HTTP/1.1\r\nhost: x\r\nx-key: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"res`
      )
      yield* receiver.awaitConnections(0)
      const refusals = yield* receiver.refusals()
      expect(refusals.map((refusal) => [refusal.account, refusal.status])).toEqual([["acme", 0]])
      expect(refusals[0]?.reason).toContain("before its body was complete")
      expect(yield* receiver.received("acme")).toEqual([])
    })
  )
})

describe("accounts", () => {
  it.scoped("on one path are told apart by their headers, the most specific first", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({
        accounts: [
          { id: "anyone", headers: {} },
          { id: "acme", headers: { authorization: "Bearer a" } },
          { id: "acme-eu", headers: { authorization: "Bearer a", "x-region": "eu" } },
          { id: "globex", headers: { authorization: "Bearer g" } }
        ]
      })
      const post = yield* client
      const body = bodyOf("json", readableSpans(1))
      const send = (headers: Record<string, string>) =>
        post(`${receiver.url}/v1/traces?from=test`, { headers: { "content-type": contentType.json, ...headers }, body })
      yield* send({ authorization: "Bearer g" })
      yield* send({ authorization: "Bearer a" })
      yield* send({ authorization: "Bearer a", "x-region": "eu" })
      yield* send({ authorization: "Bearer a", "x-region": "us" })
      yield* send({ authorization: "bearer a" })
      const counts = yield* Effect.forEach(["anyone", "acme", "acme-eu", "globex"], (id) =>
        Effect.map(receiver.received(id), (deliveries) => deliveries.length)
      )
      expect(counts).toEqual([1, 2, 1, 1])
    })
  )

  it.scoped("have their own paths", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({
        accounts: [
          { id: "acme", headers: { "x-key": "a" }, path: "/otlp/v1/traces" },
          { id: "globex", headers: { "x-key": "a" }, rules: VendorRules.langfuse }
        ]
      })
      expect(yield* receiver.endpoint("acme")).toBe(`${receiver.url}/otlp/v1/traces`)
      expect(yield* receiver.endpoint("globex")).toBe(`${receiver.url}/api/public/otel/v1/traces`)
    })
  )

  it.scoped("come, change and go while it runs, and what they received stays", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const post = yield* client
      const url = `${receiver.url}/v1/traces`
      const send = (key: string) =>
        Effect.map(
          post(url, { headers: { ...json, "x-key": key }, body: bodyOf("json", readableSpans(1)) }),
          (answer) => answer.status
        )
      expect(yield* send("a")).toBe(404)
      yield* receiver.addAccount(acme)
      expect(yield* send("a")).toBe(200)
      yield* receiver.addAccount({ ...acme, headers: { "x-key": "rotated" } })
      expect(yield* send("a")).toBe(401)
      expect(yield* send("rotated")).toBe(200)
      yield* receiver.removeAccount("acme")
      expect(yield* send("rotated")).toBe(404)
      expect(yield* receiver.received("acme")).toHaveLength(2)
    })
  )

  it.scoped("that nobody can tell apart are an error", () =>
    Effect.gen(function* () {
      const twins = { accounts: [acme, { id: "globex", headers: { "x-key": "a" } }] }
      const error = yield* Effect.flip(Receiver.make(twins))
      expect(error).toBeInstanceOf(ReceiverError.ReceiverError)
      expect(error.reason).toBe("AmbiguousAccount")
      expect(error.message).toContain(`accounts "acme" and "globex"`)
    })
  )

  it.scoped("that nobody knows have no endpoint, and received nothing", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      expect((yield* Effect.flip(receiver.endpoint("nobody"))).reason).toBe("UnknownAccount")
      expect(yield* receiver.spans("nobody")).toEqual([])
    })
  )

  it.scoped("see their own refusals only", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const endpoint = yield* receiver.endpoint("acme")
      yield* post(endpoint, { headers: json, body: "no" })
      yield* post(endpoint, { headers: { ...json, "x-key": "b" }, body: "no" })
      expect((yield* receiver.refusals("acme")).map((refusal) => refusal.status)).toEqual([400])
      expect((yield* receiver.refusals()).map((refusal) => refusal.status)).toEqual([400, 401])
    })
  )

  it.scoped("are cleared one by one or all at once", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith({ accounts: [acme, { id: "globex", headers: { "x-key": "g" } }] })
      const post = yield* client
      const endpoint = yield* receiver.endpoint("acme")
      const body = bodyOf("json", readableSpans(1))
      for (const key of ["a", "g"]) {
        yield* post(endpoint, { headers: { ...json, "x-key": key }, body })
        yield* post(endpoint, { headers: { ...json, "x-key": key }, body: "no" })
      }
      yield* receiver.clear("acme")
      expect(yield* receiver.spans("acme")).toEqual([])
      expect(yield* receiver.spans("globex")).toHaveLength(1)
      expect((yield* receiver.refusals()).map((refusal) => refusal.account)).toEqual(["globex"])
      yield* receiver.clear()
      expect(yield* receiver.spans("globex")).toEqual([])
      expect(yield* receiver.refusals()).toEqual([])
    })
  )
})

describe("waiting", () => {
  it.scoped("ends when enough spans came, over several requests", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const endpoint = yield* receiver.endpoint("acme")
      const waiting = yield* Effect.fork(receiver.awaitSpans("acme", 4))
      yield* post(endpoint, { headers: json, body: bodyOf("json", readableSpans(3)) })
      expect(yield* Fiber.poll(waiting)).toMatchObject({ _tag: "None" })
      yield* post(endpoint, { headers: json, body: bodyOf("json", readableSpans(2)) })
      expect(yield* Fiber.join(waiting)).toHaveLength(5)
    })
  )

  it.scoped("takes a predicate, and one that throws harms nobody else", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      const endpoint = yield* receiver.endpoint("acme")
      const careless = yield* Effect.fork(
        receiver.awaitSpans("acme", (spans) => {
          if (spans.length > 0) throw new Error("mine")
          return false
        })
      )
      const careful = yield* Effect.fork(
        receiver.awaitSpans("acme", (spans) => spans.some((span) => span.spanId === "0000000000000002"))
      )
      yield* Effect.yieldNow()
      expect((yield* post(endpoint, { headers: json, body: bodyOf("json", readableSpans(2)) })).status).toBe(200)
      expect(yield* Fiber.join(careful)).toHaveLength(2)
      expect(Exit.isFailure(yield* Fiber.await(careless))).toBe(true)
    })
  )

  it.scoped("is over at once when they are there already", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      const post = yield* client
      yield* post(yield* receiver.endpoint("acme"), { headers: json, body: bodyOf("json", readableSpans(1)) })
      expect(yield* receiver.awaitSpans("acme", 1)).toHaveLength(1)
      expect(yield* receiver.awaitSpans("nobody", 0)).toEqual([])
    })
  )
})

describe("sockets", () => {
  it.scoped("are counted, open and at the peak", () =>
    Effect.gen(function* () {
      const receiver = yield* receiverWith()
      expect(yield* receiver.connections).toBe(0)
      const clients = yield* Scope.make()
      const endpoint = yield* receiver.endpoint("acme")
      const sent = { headers: json, body: bodyOf("json", readableSpans(1)) }
      for (let index = 0; index < 3; index++) {
        const post = yield* Scope.extend(client, clients)
        yield* post(endpoint, sent)
        yield* post(endpoint, sent)
      }
      expect(yield* receiver.connections).toBe(3)
      yield* Scope.close(clients, Exit.void)
      yield* receiver.awaitConnections(0)
      expect(yield* receiver.connections).toBe(0)
      const post = yield* client
      yield* post(endpoint, sent)
      expect(yield* receiver.connections).toBe(1)
      expect(yield* receiver.peakConnections).toBe(3)
    })
  )

  it.scoped("end with the scope, and the port is free again", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const receiver = yield* Scope.extend(receiverWith(), scope)
      const port = Number(new URL(receiver.url).port)
      const post = yield* client
      yield* post(yield* receiver.endpoint("acme"), { headers: json, body: bodyOf("json", readableSpans(1)) })
      expect(yield* receiver.connections).toBe(1)
      const taken = yield* Effect.flip(Receiver.make({ port }))
      expect(taken.reason).toBe("Listen")
      expect(taken.message).toContain(`127.0.0.1:${port}`)
      yield* Scope.close(scope, Exit.void)
      expect(yield* receiver.connections).toBe(0)
      const next = yield* receiverWith({ port })
      expect(next.url).toBe(receiver.url)
    })
  )

  it.scoped("cannot be had on a port that does not exist", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(Receiver.make({ port: 70_000 }))).reason).toBe("Listen")
    })
  )

  it.scoped("that never say a word do not hold the scope open", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const receiver = yield* Scope.extend(receiverWith(), scope)
      const silent = yield* Effect.fork(rawExchange(receiver.url, "POST /v1/tra"))
      const closed = yield* Deferred.make<void>()
      yield* Scope.close(scope, Exit.void).pipe(Effect.zipRight(Deferred.succeed(closed, undefined)))
      yield* Fiber.join(silent)
      expect(yield* Deferred.isDone(closed)).toBe(true)
    })
  )
})

it.effect("is shared as a layer", () =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.Receiver
    expect(yield* receiver.endpoint("acme")).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/traces$/)
  }).pipe(Effect.provide(Receiver.layer({ accounts: [acme] })))
)
