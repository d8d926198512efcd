import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, layer } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { calling, layer as gateway, openai, spent, streaming, TestGateway, textOf } from "./TestGateway.js"

const user = (content: string) => [{ role: "user" as const, content }]

/** The client's error for a request that must fail. */
const failing = (key: "acme" | "strict" | "broken", model: string, content = "hello") =>
  Effect.gen(function* () {
    const { url, keys } = yield* TestGateway
    return yield* Effect.flip(
      calling(() => openai(url, keys[key]).chat.completions.create({ model, messages: user(content) }))
    )
  })

const forget = (tenant: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM spend_log WHERE tenant_id = ${tenant}`)

describe("POST /v1/chat/completions, asked by OpenAI's own client", () => {
  layer(gateway, { excludeTestServices: true })((it) => {
    it.effect("answers at once and writes down what was used", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        yield* forget("acme")
        const answer = yield* calling(() =>
          openai(url, keys.acme).chat.completions.create({ model: "gpt-4o-mini", messages: user("hello there") })
        )
        expect(answer.choices[0]?.message.content).toBe("You said: hello there")
        expect(answer.usage).toEqual({ prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 })
        expect(yield* spent("acme", 1)).toEqual([
          { model: "gpt-4o-mini", outcome: "answered", input_tokens: 2, output_tokens: 4 }
        ])
      })
    )

    it.effect("answers as a stream, without the usage that nobody asked for", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        yield* forget("acme")
        const chunks = yield* Stream.runCollect(
          streaming(openai(url, keys.acme), { model: "gpt-4o-mini", messages: user("one two three") })
        )
        expect(textOf(chunks)).toBe("You said: one two three")
        expect(Chunk.unsafeLast(chunks).choices[0]?.finish_reason).toBe("stop")
        expect(Array.from(chunks).filter((chunk) => chunk.choices.length === 0)).toEqual([])
        expect(yield* spent("acme", 1)).toEqual([
          { model: "gpt-4o-mini", outcome: "answered", input_tokens: 3, output_tokens: 5 }
        ])
      })
    )

    it.effect("answers as a stream with its usage when it was asked for", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        const chunks = yield* Stream.runCollect(
          streaming(openai(url, keys.acme), {
            model: "gpt-4o-mini",
            messages: user("one two three"),
            stream_options: { include_usage: true }
          })
        )
        expect(Chunk.unsafeLast(chunks).usage).toEqual({ prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 })
      })
    )

    it.effect("notices a client that hangs up mid-stream", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        yield* forget("acme")
        const controller = new AbortController()
        const first = yield* streaming(
          openai(url, keys.acme),
          { model: "slow-model", messages: user("a very long answer please, as long as you can make it, do not stop") },
          controller.signal
        ).pipe(Stream.take(2), Stream.runCollect)
        controller.abort()
        expect(textOf(first)).toBe("You said: ")
        expect(yield* spent("acme", 1)).toMatchObject([{ model: "slow-model", outcome: "cancelled" }])
      })
    )

    it.effect("notices a client that hangs up before it was answered", () =>
      Effect.gen(function* () {
        const { url, keys, arrived, awaitArrived } = yield* TestGateway
        yield* forget("acme")
        const before = arrived.length
        const controller = new AbortController()
        const words = "one two three four five six seven eight nine ten"
        const asking = yield* Effect.fork(
          calling(() =>
            openai(url, keys.acme).chat.completions.create(
              { model: "slow-model", messages: user(words) },
              { signal: controller.signal }
            )
          )
        )
        yield* awaitArrived(before + 1)
        controller.abort()
        yield* Effect.exit(asking)
        expect(yield* spent("acme", 1)).toMatchObject([{ model: "slow-model", outcome: "cancelled" }])
      })
    )

    it.effect("sends a request again when the model server stumbles", () =>
      Effect.gen(function* () {
        const { url, keys, arrived } = yield* TestGateway
        const before = arrived.length
        const answer = yield* calling(() =>
          openai(url, keys.acme).chat.completions.create({ model: "flaky-model", messages: user("try again") })
        )
        expect(answer.choices[0]?.message.content).toBe("You said: try again")
        expect(arrived.length - before).toBe(2)
        const chunks = yield* Stream.runCollect(
          streaming(openai(url, keys.acme), { model: "flaky-model", messages: user("and stream") })
        )
        expect(textOf(chunks)).toBe("You said: and stream")
        expect(arrived.length - before).toBe(4)
      })
    )

    it.effect("gives up on a model server that stays down, and says so", () =>
      Effect.gen(function* () {
        const { arrived } = yield* TestGateway
        const before = arrived.length
        const error = yield* failing("acme", "down-model")
        expect(error.status).toBe(502)
        expect(error.type).toBe("upstream_error")
        expect(error.code).toBe("upstream_status")
        expect(error.message).not.toContain("The model is down")
        expect(arrived.length - before).toBe(2)
      })
    )

    it.effect("gives up before a stream begins with a status, not with an event", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        const error = yield* streaming(openai(url, keys.acme), { model: "down-model", messages: user("hello") }).pipe(
          Stream.runDrain,
          Effect.flip
        )
        expect(error.status).toBe(502)
      })
    )

    it.effect("hands on that the model server is busy, and for how long", () =>
      Effect.gen(function* () {
        const error = yield* failing("acme", "busy-model")
        expect(error.status).toBe(429)
        expect(error.headers?.get("retry-after")).toBe("7")
      })
    )

    it.effect("says that a model does not exist", () =>
      Effect.gen(function* () {
        const error = yield* failing("acme", "no-such-model")
        expect([error.status, error.code, error.param]).toEqual([404, "model_not_found", "model"])
      })
    )

    it.effect("does not hand on an answer that is no completion", () =>
      Effect.gen(function* () {
        const error = yield* failing("acme", "odd-model")
        expect([error.status, error.code]).toEqual([502, "upstream_malformed"])
      })
    )

    it.effect("ends a stream that broke off with an error event", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        yield* forget("acme")
        const seen: Array<string> = []
        const error = yield* streaming(openai(url, keys.acme), { model: "cut-model", messages: user("hello") }).pipe(
          Stream.runForEach((chunk) => Effect.sync(() => seen.push(chunk.choices[0]?.delta.content ?? ""))),
          Effect.flip
        )
        expect(seen.join("")).toBe("You said: ")
        expect(error.message).toContain("broke off")
        expect(yield* spent("acme", 1)).toMatchObject([{ outcome: "failed" }])
      })
    )

    it.effect("blocks a prompt with a card number, and no model sees it", () =>
      Effect.gen(function* () {
        const { arrived } = yield* TestGateway
        yield* forget("acme")
        const before = arrived.length
        const error = yield* failing("acme", "gpt-4o-mini", "my card is 4111 1111 1111 1111")
        expect([error.status, error.code, error.param]).toEqual([400, "content_blocked", "messages"])
        expect(error.message).toContain("CREDIT_CARD")
        expect(error.message).not.toContain("4111")
        expect(arrived.length).toBe(before)
        expect(yield* spent("acme", 1)).toMatchObject([{ outcome: "blocked" }])
      })
    )

    it.effect("masks an e-mail address, or blocks it where the tenant says so", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        const answer = yield* calling(() =>
          openai(url, keys.acme).chat.completions.create({
            model: "gpt-4o-mini",
            messages: user("ask ann@example.org")
          })
        )
        expect(answer.choices[0]?.message.content).toBe("You said: ask [EMAIL]")
        const error = yield* failing("strict", "gpt-4o-mini", "ask ann@example.org")
        expect([error.status, error.code]).toEqual([400, "content_blocked"])
      })
    )

    it.effect("refuses a model that the tenant may not use", () =>
      Effect.gen(function* () {
        const error = yield* failing("strict", "gpt-4o")
        expect([error.status, error.code, error.param]).toEqual([404, "model_not_found", "model"])
      })
    )

    it.effect("lets nothing pass when a tenant's settings cannot be read, and names the field", () =>
      Effect.gen(function* () {
        const error = yield* failing("broken", "gpt-4o-mini")
        expect([error.status, error.code]).toEqual([500, "tenant_misconfigured"])
        expect(error.message).toContain("guardrail.EMAIL")
      })
    )

    it.effect("refuses a wrong key and a missing one", () =>
      Effect.gen(function* () {
        const { url } = yield* TestGateway
        const wrong = yield* Effect.flip(
          calling(() => openai(url, "sk-gw-wrong").chat.completions.create({ model: "m", messages: user("hello") }))
        )
        expect([wrong.status, wrong.code]).toEqual([401, "invalid_api_key"])
        expect(wrong.message).not.toContain("sk-gw-wrong")
        const missing = yield* Effect.promise(() => fetch(`${url}/v1/chat/completions`, { method: "POST", body: "{}" }))
        expect(missing.status).toBe(401)
      })
    )

    it.effect("sends nothing of the caller's headers and query to the model server", () =>
      Effect.gen(function* () {
        const { url, keys, arrived } = yield* TestGateway
        const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        yield* calling(() =>
          openai(url, keys.acme).chat.completions.create(
            { model: "gpt-4o-mini", messages: user("hello") },
            { headers: { traceparent, baggage: "secret=canary", "api-key": "canary" }, query: { key: "canary" } }
          )
        )
        const last = arrived.at(-1)
        expect(last?.url).toBe("/v1/chat/completions")
        expect(Object.keys(last?.headers ?? {}).sort()).toEqual([
          "accept",
          "connection",
          "content-length",
          "content-type",
          "host"
        ])
      })
    )
  })
})

describe("GET /v1/models", () => {
  layer(gateway, { excludeTestServices: true })((it) => {
    it.effect("lists what the model server offers", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        const { data } = yield* calling(() => openai(url, keys.acme).models.list())
        expect(data.map(({ id }) => id)).toContain("gpt-4o")
      })
    )

    it.effect("lists only what the tenant may use", () =>
      Effect.gen(function* () {
        const { url, keys } = yield* TestGateway
        const { data } = yield* calling(() => openai(url, keys.strict).models.list())
        expect(data.map(({ id }) => id)).toEqual(["gpt-4o-mini"])
      })
    )

    it.effect("asks for a key", () =>
      Effect.gen(function* () {
        const { url } = yield* TestGateway
        const error = yield* Effect.flip(calling(() => openai(url, "sk-gw-wrong").models.list()))
        expect(error.status).toBe(401)
      })
    )
  })
})
