/** Malformed and hostile requests: each gets a 4xx in OpenAI's shape, names what is wrong, and costs nobody else anything. */
import * as Http from "node:http"
import * as Net from "node:net"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { bodyLimit, layer as gateway, TestGateway } from "./TestGateway.js"

const ErrorBody = Schema.parseJson(
  Schema.Struct({
    error: Schema.Struct({
      message: Schema.NonEmptyString,
      type: Schema.NonEmptyString,
      param: Schema.NullOr(Schema.String),
      code: Schema.NullOr(Schema.String)
    })
  })
)

interface Answer {
  readonly status: number
  readonly body: string
}

/** One request by node's own client, which sends what it is told. */
const send = (options: {
  readonly path?: string
  readonly method?: string
  readonly headers?: Http.OutgoingHttpHeaders
  readonly body?: string | ReadonlyArray<Buffer>
}): Effect.Effect<Answer, Error, TestGateway> =>
  Effect.flatMap(TestGateway, ({ url, keys }) =>
    Effect.async<Answer, Error>((resume) => {
      const request = Http.request(
        `${url}${options.path ?? "/v1/chat/completions"}`,
        {
          method: options.method ?? "POST",
          agent: false,
          headers: { authorization: `Bearer ${keys.acme}`, "content-type": "application/json", ...options.headers }
        },
        (response) => {
          let body = ""
          response.setEncoding("utf8")
          response.on("data", (text: string) => {
            body += text
          })
          response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, body })))
        }
      )
      request.on("error", (error) => resume(Effect.fail(error)))
      if (typeof options.body === "string") request.end(options.body)
      else {
        for (const chunk of options.body ?? []) request.write(chunk)
        request.end()
      }
    }).pipe(Effect.timeoutFail({ duration: "5 seconds", onTimeout: () => new Error("no answer in 5 seconds") }))
  )

const refusal = (answer: Answer) =>
  Effect.map(Schema.decodeUnknown(ErrorBody)(answer.body), ({ error }) => ({ status: answer.status, ...error }))

const json = (value: unknown) => Effect.flatMap(send({ body: JSON.stringify(value) }), refusal)

const good = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hello" }] }

/** After all that, the gateway still serves. */
const stillServes = Effect.gen(function* () {
  expect((yield* send({ body: JSON.stringify(good) })).status).toBe(200)
})

describe("a malformed body", () => {
  layer(gateway, { excludeTestServices: true })((it) => {
    it.effect("names the field that is wrong", () =>
      Effect.gen(function* () {
        const field = (change: object) =>
          Effect.map(json({ ...good, ...change }), ({ status, param }) => [status, param])
        expect(yield* field({ model: undefined })).toEqual([400, "model"])
        expect(yield* field({ model: "" })).toEqual([400, "model"])
        expect(yield* field({ model: 7 })).toEqual([400, "model"])
        expect(yield* field({ model: "x".repeat(300) })).toEqual([400, "model"])
        expect(yield* field({ messages: [] })).toEqual([400, "messages[0]"])
        expect(yield* field({ messages: "hello" })).toEqual([400, "messages"])
        expect(yield* field({ messages: [{ role: "king", content: "x" }] })).toEqual([400, "messages[0].role"])
        expect(yield* field({ messages: [{ role: "user", content: 5 }] })).toEqual([400, "messages[0].content"])
        expect(yield* field({ messages: [{ role: "user", content: [{ type: 1 }] }] })).toEqual([
          400,
          "messages[0].content[0].type"
        ])
        expect(yield* field({ temperature: 3 })).toEqual([400, "temperature"])
        expect(yield* field({ stream: "yes" })).toEqual([400, "stream"])
        expect(yield* field({ n: 0 })).toEqual([400, "n"])
        expect(yield* field({ stop: [1] })).toEqual([400, "stop[0]"])
        expect(yield* field({ tools: [{ type: "function", function: {} }] })).toEqual([400, "tools[0].function.name"])
      })
    )

    it.effect("is told from a body that is no JSON", () =>
      Effect.gen(function* () {
        for (const body of ["", "{", "hello", '{"model":', "\u0000", "[1,2"]) {
          const { status, code } = yield* Effect.flatMap(send({ body }), refusal)
          expect([status, code]).toEqual([400, "invalid_json"])
        }
        for (const body of ["null", "[]", "7", '"text"', "true"]) {
          const { status, param } = yield* Effect.flatMap(send({ body }), refusal)
          expect([status, param]).toEqual([400, null])
        }
      })
    )

    it.effect("accepts the nulls that OpenAI accepts", () =>
      Effect.gen(function* () {
        const nulls = { temperature: null, stream: null, stop: null, tools: null, stream_options: null, user: null }
        expect((yield* send({ body: JSON.stringify({ ...good, ...nulls }) })).status).toBe(200)
      })
    )

    it.effect("is refused when it is nested too deeply, wherever that is", () =>
      Effect.gen(function* () {
        const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`
        const asked = '"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}]'
        for (const [body, field] of [
          [deep, null],
          [`{${asked},"x":${deep}}`, "x"],
          [`{${asked},"temperature":${deep}}`, "temperature"],
          [`{"model":"gpt-4o-mini","messages":[{"role":"user","content":${deep}}]}`, "messages"]
        ] as const) {
          const { message, param, status } = yield* Effect.flatMap(send({ body }), refusal)
          expect([status, param]).toEqual([400, field])
          expect(message).toContain("nested")
        }
        yield* stillServes
      })
    )

    it.effect("cannot reach a prototype", () =>
      Effect.gen(function* () {
        const body =
          '{"__proto__":{"stream":true},"constructor":1,"model":"gpt-4o-mini","messages":[{"role":"user","content":"x","__proto__":{"a":1}}]}'
        expect((yield* send({ body })).status).toBe(200)
        expect(Object.hasOwn(Object.prototype, "stream")).toBe(false)
      })
    )

    it.effect(
      "of any shape gets a 4xx in OpenAI's shape, or an answer",
      () =>
        Effect.gen(function* () {
          const context = yield* Effect.context<TestGateway>()
          const mutated = FastCheck.record(
            {
              model: FastCheck.oneof(FastCheck.constant("gpt-4o-mini"), FastCheck.jsonValue()),
              messages: FastCheck.oneof(
                FastCheck.constant(good.messages),
                FastCheck.array(FastCheck.jsonValue()),
                FastCheck.jsonValue()
              ),
              stream: FastCheck.oneof(FastCheck.boolean(), FastCheck.jsonValue()),
              tools: FastCheck.jsonValue(),
              stop: FastCheck.jsonValue(),
              n: FastCheck.oneof(FastCheck.integer(), FastCheck.double())
            },
            { requiredKeys: [] }
          )
          const check = (value: unknown) =>
            Effect.gen(function* () {
              const answer = yield* send({ body: JSON.stringify(value) })
              if (answer.status === 200) return true
              const { status } = yield* refusal(answer)
              return status >= 400 && status < 500
            }).pipe(Effect.provide(context), Effect.runPromise)
          yield* Effect.promise(() =>
            FastCheck.assert(FastCheck.asyncProperty(FastCheck.oneof(FastCheck.jsonValue(), mutated), check), {
              numRuns: 300
            })
          )
        }),
      30_000
    )

    it.effect("of any bytes gets a 4xx", () =>
      Effect.gen(function* () {
        const context = yield* Effect.context<TestGateway>()
        const check = (bytes: Uint8Array) =>
          send({ body: [Buffer.from(bytes)] }).pipe(
            Effect.flatMap(refusal),
            Effect.map(({ status }) => status >= 400 && status < 500),
            Effect.provide(context),
            Effect.runPromise
          )
        yield* Effect.promise(() =>
          FastCheck.assert(FastCheck.asyncProperty(FastCheck.uint8Array({ minLength: 1 }), check), { numRuns: 50 })
        )
      })
    )
  })
})

describe("a body that is too large", () => {
  layer(gateway, { excludeTestServices: true })((it) => {
    it.effect("is refused by its declared length, before it is read", () =>
      Effect.gen(function* () {
        const answer = yield* send({ body: `{"x":"${"y".repeat(bodyLimit)}"}` })
        const { status, code } = yield* refusal(answer)
        expect([status, code]).toEqual([413, "request_too_large"])
        yield* stillServes
      })
    )

    it.effect("is refused as soon as it is too large, when it declares no length", () =>
      Effect.gen(function* () {
        const chunks = Array.from({ length: 5 }, () => Buffer.alloc(bodyLimit / 4, 0x20))
        const answer = yield* send({ body: chunks, headers: { "transfer-encoding": "chunked" } })
        expect((yield* refusal(answer)).status).toBe(413)
        yield* stillServes
      })
    )

    it.effect("is taken when it is just small enough", () =>
      Effect.gen(function* () {
        const body = JSON.stringify(good)
        expect((yield* send({ body: body + " ".repeat(bodyLimit - body.length) })).status).toBe(200)
      })
    )

    it.effect("that never ends costs nothing once its client has gone", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        yield* Effect.async<void>((resume) => {
          const socket = Net.connect(Number(new URL(url).port), "127.0.0.1", () => {
            socket.write(
              `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${keys.acme}\r\nContent-Length: 100\r\n\r\n{"model"`,
              () => socket.destroy()
            )
          })
          socket.on("close", () => resume(Effect.void))
        })
        yield* stillServes
      })
    )
  })
})

describe("a hostile request", () => {
  layer(gateway, { excludeTestServices: true })((it) => {
    const hostile: ReadonlyArray<Http.OutgoingHttpHeaders> = [
      { traceparent: "00-zz'<script>-b7ad6b7169203331-01" },
      { traceparent: `00-${"0".repeat(32)}-${"0".repeat(16)}-01` },
      { traceparent: "x".repeat(5_000) },
      { tracestate: "a=".repeat(2_000) },
      { b3: "zz'<script>-1-1" },
      { baggage: `k=${"v".repeat(4_000)}` },
      { "x-request-id": "\t".repeat(10) },
      { accept: "application/x-protobuf" },
      { "content-type": "text/plain" },
      { "x-forwarded-for": "127.0.0.1, evil", "x-forwarded-host": "evil" },
      { cookie: "=;=;;=" }
    ]
    for (const headers of hostile) {
      it.effect(`is answered as any other with ${JSON.stringify(headers).slice(0, 50)}`, () =>
        Effect.gen(function* () {
          expect((yield* send({ body: JSON.stringify(good), headers })).status).toBe(200)
        })
      )
    }

    for (const authorization of [
      "",
      "Bearer",
      "Bearer ",
      "Basic abc",
      "Bearer \u00e9\u00e9",
      `Bearer ${"x".repeat(6_000)}`,
      "Bearer a b"
    ]) {
      it.effect(`is not let in with the key ${JSON.stringify(authorization).slice(0, 40)}`, () =>
        Effect.gen(function* () {
          const { status, code } = yield* Effect.flatMap(
            send({ body: JSON.stringify(good), headers: { authorization } }),
            refusal
          )
          expect([status, code]).toEqual([401, "invalid_api_key"])
        })
      )
    }

    for (const path of [
      "/",
      "/v1",
      "/v1/chat",
      "/v1/%zz",
      "/v1/../etc/passwd",
      "/v1/chat/completions%00",
      "//",
      "/v2/models"
    ]) {
      it.effect(`finds nothing at ${path}`, () =>
        Effect.gen(function* () {
          const { status, code } = yield* Effect.flatMap(send({ path, body: "{}" }), refusal)
          expect([status, code]).toEqual([404, "unknown_url"])
        })
      )
    }

    it.effect("finds nothing by another method", () =>
      Effect.gen(function* () {
        for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
          expect((yield* Effect.flatMap(send({ method }), refusal)).status).toBe(404)
        }
      })
    )

    it.effect("may have any query", () =>
      Effect.gen(function* () {
        for (const query of ["?key=secret", "?%zz", "?a[]=1&a[]=2", "?__proto__=1"]) {
          const answer = yield* send({ path: `/v1/chat/completions${query}`, body: JSON.stringify(good) })
          expect(answer.status).toBe(200)
        }
      })
    )
  })
})
