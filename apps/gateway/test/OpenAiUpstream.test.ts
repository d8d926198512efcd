/** The adapter against servers that answer with exactly the bytes that a test wants. */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { OpenAiUpstream } from "../src/upstream/OpenAiUpstream.js"

type Handler = (request: Http.IncomingMessage, response: Http.ServerResponse) => void

const serving = (handler: Handler) =>
  Effect.acquireRelease(
    Effect.async<Http.Server>((resume) => {
      const server = Http.createServer(handler)
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))

const upstreamAt = (url: string, apiKey?: string) =>
  OpenAiUpstream.pipe(
    Effect.provide(
      OpenAiUpstream.Default({
        url: new URL(url),
        apiKey: apiKey === undefined ? undefined : Redacted.make(apiKey)
      })
    ),
    Effect.provide(NodeHttpClient.layerUndici)
  )

/** An upstream whose server does this. The client must outlive the look-up of the service, so both share the test's scope. */
const against = <A, E>(
  handler: Handler,
  use: (upstream: OpenAiUpstream) => Effect.Effect<A, E>,
  apiKey?: string,
  timeout?: number
) =>
  Effect.gen(function* () {
    const origin = yield* serving(handler)
    return yield* Effect.flatMap(OpenAiUpstream, use).pipe(
      Effect.provide(
        OpenAiUpstream.Default({
          url: new URL(`${origin}/v1/`),
          apiKey: apiKey === undefined ? undefined : Redacted.make(apiKey),
          timeout
        })
      ),
      Effect.provide(NodeHttpClient.layerUndici)
    )
  }).pipe(Effect.scoped)

const answering =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

const completion = {
  id: "c1",
  model: "m-1",
  choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
}

const chunkOf = (content: string) => ({ id: "c1", choices: [{ index: 0, delta: { content }, finish_reason: null }] })

const events = (...data: ReadonlyArray<unknown>): string =>
  data.map((item) => `data: ${typeof item === "string" ? item : JSON.stringify(item)}\n\n`).join("")

/** What a stream said, and how it ended. */
const read = (upstream: OpenAiUpstream) =>
  Effect.gen(function* () {
    const said: Array<string> = []
    const exit = yield* upstream.stream("{}").pipe(
      Stream.runForEach((chunk) => Effect.sync(() => said.push(chunk.choices[0]?.delta.content ?? ""))),
      Effect.either
    )
    return { said, end: exit._tag === "Right" ? "done" : exit.left.reason }
  })

const reading = (body: string | ReadonlyArray<string | Buffer>) =>
  against((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    const parts = typeof body === "string" ? [body] : body.slice()
    const next = () => {
      const part = parts.shift()
      if (part === undefined) response.end()
      else response.write(part, () => setImmediate(next))
    }
    next()
  }, read)

describe("a whole answer", () => {
  it.effect("is read, with what the gateway does not know left in it", () =>
    Effect.gen(function* () {
      const body = { ...completion, service_tier: "default", choices: [{ ...completion.choices[0], logprobs: null }] }
      const answer = yield* against(answering(200, JSON.stringify(body)), (upstream) => upstream.complete("{}"))
      expect(answer).toEqual(body)
    })
  )

  it.effect("that is nested without end is no answer", () =>
    Effect.gen(function* () {
      const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`
      const body = JSON.stringify(completion).replace(/}$/, `,"x":${deep}}`)
      const error = yield* Effect.flip(against(answering(200, body), (upstream) => upstream.complete("{}")))
      expect(error).toMatchObject({ _tag: "UpstreamError", reason: "Malformed" })
    })
  )

  it.live("that does not begin, or does not end, is waited for so long and no longer, and not asked for again", () =>
    Effect.gen(function* () {
      const silent: Handler = () => {}
      const halfway: Handler = (_, response) => void response.writeHead(200).write("{")
      for (const handler of [silent, halfway]) {
        const error = yield* Effect.flip(against(handler, (upstream) => upstream.complete("{}"), undefined, 50))
        expect(error).toMatchObject({ reason: "TimedOut", retryable: false })
      }
    })
  )

  it.effect("was asked for with the gateway's own key and nothing else", () =>
    Effect.gen(function* () {
      const seen: Array<{ url: string | undefined; headers: Http.IncomingHttpHeaders; body: string }> = []
      yield* against(
        (request, response) => {
          let body = ""
          request.on("data", (text) => {
            body += String(text)
          })
          request.on("end", () => {
            seen.push({ url: request.url, headers: request.headers, body })
            response.end(JSON.stringify(completion))
          })
        },
        (upstream) => upstream.complete('{"model":"m"}'),
        "sk-upstream"
      )
      expect(seen).toMatchObject([
        {
          url: "/v1/chat/completions",
          headers: {
            authorization: "Bearer sk-upstream",
            "content-type": "application/json",
            accept: "application/json"
          },
          body: '{"model":"m"}'
        }
      ])
      expect(Object.keys(seen[0]?.headers ?? {})).not.toContain("traceparent")
      expect(Object.keys(seen[0]?.headers ?? {})).not.toContain("b3")
    })
  )

  it.effect("that says no is an error with its status and its wish to wait, and none of its words", () =>
    Effect.gen(function* () {
      const error = yield* against(answering(429, "x".repeat(10_000), { "retry-after": "9" }), (upstream) =>
        Effect.flip(upstream.complete("{}"))
      )
      expect(error).toMatchObject({ reason: "Status", status: 429, retryAfter: "9", retryable: true })
      expect(error.message).not.toContain("xxx")
    })
  )

  it.effect("that says no names the field and the code, where they are such", () =>
    Effect.gen(function* () {
      const refused = (error: unknown) =>
        Effect.map(
          against(answering(400, JSON.stringify({ error })), (upstream) => Effect.flip(upstream.complete("{}"))),
          ({ code, message, param }) => ({ code, message, param })
        )
      const status = "The model server answered with status 400"
      expect(
        yield* refused({ message: "db-7 says 99 is too large", param: "messages[0].content", code: "too_large" })
      ).toEqual({
        param: "messages[0].content",
        code: "too_large",
        message: `${status} because of 'messages[0].content' (too_large)`
      })
      for (const odd of [
        { param: "what the user said", code: 5 },
        { param: "x".repeat(200), code: "" },
        { param: null },
        "no",
        null,
        undefined
      ]) {
        expect(yield* refused(odd)).toEqual({ param: undefined, code: undefined, message: status })
      }
    })
  )

  it.effect("is tried again only where that may help", () =>
    Effect.gen(function* () {
      const retryable = (status: number) =>
        against(answering(status, ""), (upstream) =>
          Effect.map(Effect.flip(upstream.complete("{}")), (error) => error.retryable)
        )
      for (const status of [429, 500, 502, 503, 504]) expect(yield* retryable(status)).toBe(true)
      for (const status of [300, 400, 401, 403, 404, 422]) expect(yield* retryable(status)).toBe(false)
    })
  )

  it.effect("that is no completion is malformed", () =>
    Effect.gen(function* () {
      for (const body of [
        "",
        "hello",
        "null",
        "[]",
        "{}",
        '{"choices":[{}]}',
        '{"choices":[{"message":{"content":5}}]}',
        `{"choices":${"[".repeat(20_000)}${"]".repeat(20_000)}}`
      ]) {
        const error = yield* against(answering(200, body), (upstream) => Effect.flip(upstream.complete("{}")))
        expect([body, error.reason, error.retryable]).toEqual([body, "Malformed", false])
      }
    })
  )

  it.effect("that never comes, because nobody listens, is worth another try", () =>
    Effect.gen(function* () {
      const origin = yield* Effect.scoped(serving(answering(200, "")))
      const error = yield* upstreamAt(`${origin}/v1`).pipe(
        Effect.flatMap((upstream) => Effect.flip(upstream.complete("{}"))),
        Effect.provide(NodeHttpClient.layerUndici)
      )
      expect(error.retryable).toBe(true)
    })
  )

  it.effect("that is cut off is an error", () =>
    Effect.gen(function* () {
      const error = yield* against(
        (_, response) => {
          response.writeHead(200, { "content-length": "100" })
          response.write('{"choices"', () => response.destroy())
        },
        (upstream) => Effect.flip(upstream.complete("{}"))
      )
      expect(error.reason).toBe("Malformed")
    })
  )
})

describe("a streamed answer", () => {
  it.effect("is read chunk by chunk to its end", () =>
    Effect.gen(function* () {
      expect(yield* reading(events(chunkOf("a"), chunkOf("b"), "[DONE]"))).toEqual({ said: ["a", "b"], end: "done" })
    })
  )

  it.effect("may be cut anywhere, also inside a character (property)", () =>
    Effect.promise(() => {
      const bytes = Buffer.from(events(chunkOf("grüße €"), chunkOf("🙂"), "[DONE]"))
      return FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.array(FastCheck.nat(bytes.length), { maxLength: 4 }), async (cuts) => {
          const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
          const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
          expect(await Effect.runPromise(reading(parts.filter((part) => part.length > 0)))).toEqual({
            said: ["grüße €", "🙂"],
            end: "done"
          })
        }),
        { numRuns: 25 }
      )
    })
  )

  it.effect("may have other line ends, comments, names, ids, and wishes to reconnect", () =>
    Effect.gen(function* () {
      const body = `: ping\r\n\r\nid: 1\r\nevent: message\r\nretry: 60000\r\ndata: ${JSON.stringify(chunkOf("a"))}\r\n\r\ndata:[DONE]\r\n\r\n`
      expect(yield* reading(body)).toEqual({ said: ["a"], end: "done" })
    })
  )

  it.effect("ends at [DONE], whatever comes after", () =>
    Effect.gen(function* () {
      expect(yield* reading(events(chunkOf("a"), "[DONE]", "garbage"))).toEqual({ said: ["a"], end: "done" })
    })
  )

  it.effect("that ends without [DONE] was broken off", () =>
    Effect.gen(function* () {
      expect(yield* reading(events(chunkOf("a")))).toEqual({ said: ["a"], end: "Broken" })
      expect(yield* reading("")).toEqual({ said: [], end: "Broken" })
    })
  )

  it.effect("that says in its midst what went wrong was broken off", () =>
    Effect.gen(function* () {
      const body = events(chunkOf("a"), { error: { message: "overloaded", type: "server_error" } }, "[DONE]")
      expect(yield* reading(body)).toEqual({ said: ["a"], end: "Broken" })
    })
  )

  it.effect("that cannot be understood is malformed", () =>
    Effect.gen(function* () {
      for (const data of ["hello", "{", "{}", '{"choices":1}', "null"]) {
        expect(yield* reading(events(chunkOf("a"), data))).toEqual({ said: ["a"], end: "Malformed" })
      }
    })
  )

  it.effect("that is refused gives its status before the first chunk", () =>
    Effect.gen(function* () {
      const error = yield* against(answering(503, "down"), (upstream) =>
        Effect.flip(Stream.runDrain(upstream.stream("{}")))
      )
      expect(error).toMatchObject({ reason: "Status", status: 503 })
    })
  )

  it.effect("closes its connection when nobody reads on", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const said = yield* against(
        (_, response) => {
          response.on("close", () => Deferred.unsafeDone(closed, Effect.void))
          response.writeHead(200, { "content-type": "text/event-stream" })
          response.write(events(chunkOf("a"), chunkOf("b")))
        },
        (upstream) =>
          upstream.stream("{}").pipe(
            Stream.take(1),
            Stream.runCollect,
            Effect.tap(() => Deferred.await(closed))
          )
      )
      expect(Chunk.size(said)).toBe(1)
    })
  )
})

describe("the models of a server", () => {
  it.effect("are listed, and an answer that lists none is malformed", () =>
    Effect.gen(function* () {
      const list = { object: "list", data: [{ id: "m", owned_by: "me" }] }
      expect(yield* against(answering(200, JSON.stringify(list)), ({ models }) => models)).toEqual(list)
      const error = yield* against(answering(200, "{}"), ({ models }) => Effect.flip(models))
      expect(error.reason).toBe("Malformed")
    })
  )

  it.effect("are on a server whose address spans may tell", () =>
    Effect.gen(function* () {
      const address = (url: string) => Effect.map(upstreamAt(url), ({ server }) => server)
      expect(yield* address("https://api.openai.com/v1")).toEqual({ address: "api.openai.com", port: 443 })
      expect(yield* address("http://localhost/v1")).toEqual({ address: "localhost", port: 80 })
      expect(yield* address("http://127.0.0.1:8080/v1")).toEqual({ address: "127.0.0.1", port: 8080 })
    })
  )
})
