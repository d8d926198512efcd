import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Completion, ModelList } from "../src/chat/Completion.js"
import * as ScriptedUpstream from "../src/upstream/ScriptedUpstream.js"

const ask = (model: string, body: object = {}) =>
  Effect.gen(function* () {
    const { url } = yield* ScriptedUpstream.ScriptedUpstream
    return yield* Effect.promise(async () => {
      const response = await fetch(`${url.href}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model, messages: [{ role: "user", content: "one two" }], ...body })
      })
      return { status: response.status, headers: response.headers, text: await response.text() }
    })
  })

const eventsOf = (text: string) =>
  text
    .trimEnd()
    .split("\n\n")
    .map((line) => line.replace(/^data: /, ""))

describe("the scripted model server", () => {
  layer(ScriptedUpstream.layer, { excludeTestServices: true })((it) => {
    it.effect("answers the same to the same prompt, with usage", () =>
      Effect.gen(function* () {
        const [first, second] = [yield* ask("gpt-4o"), yield* ask("gpt-4o")]
        expect(first.text).toBe(second.text)
        const answer = yield* Schema.decodeUnknown(Schema.parseJson(Completion))(first.text)
        expect(answer.choices[0]?.message.content).toBe("You said: one two")
        expect(answer.usage).toEqual({ prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 })
      })
    )

    it.effect("streams word by word, and the usage only to who asks for it", () =>
      Effect.gen(function* () {
        const events = eventsOf((yield* ask("gpt-4o", { stream: true })).text)
        expect(events).toHaveLength(6)
        expect(events.at(-1)).toBe("[DONE]")
        const asked = eventsOf((yield* ask("gpt-4o", { stream: true, stream_options: { include_usage: true } })).text)
        expect(asked).toHaveLength(7)
        expect(JSON.parse(asked.at(-2) ?? "")).toMatchObject({ choices: [], usage: { total_tokens: 6 } })
      })
    )

    it.effect("stumbles once per prompt", () =>
      Effect.gen(function* () {
        const statuses = [yield* ask("flaky-model"), yield* ask("flaky-model"), yield* ask("flaky-model")]
        expect(statuses.map(({ status }) => status)).toEqual([500, 200, 500])
      })
    )

    it.effect("misbehaves as its models' names say", () =>
      Effect.gen(function* () {
        expect((yield* ask("down-model")).status).toBe(503)
        const busy = yield* ask("busy-model")
        expect([busy.status, busy.headers.get("retry-after")]).toEqual([429, "7"])
        expect((yield* ask("odd-model")).text).toBe('{"hello":"world"}')
        expect((yield* ask("gpt-9")).status).toBe(404)
        expect((yield* ask("constructor")).status).toBe(404)
        expect(eventsOf((yield* ask("cut-model", { stream: true })).text)).toHaveLength(2)
        expect((yield* ask("gpt-4o", { messages: 5 })).status).toBe(400)
      })
    )

    it.effect("lists its models, and remembers what arrived", () =>
      Effect.gen(function* () {
        const { arrived, url } = yield* ScriptedUpstream.ScriptedUpstream
        const text = yield* Effect.promise(() => fetch(`${url.href}/models`).then((response) => response.text()))
        const { data } = yield* Schema.decodeUnknown(Schema.parseJson(ModelList))(text)
        expect(data.map(({ id }) => id)).toEqual(Object.keys(ScriptedUpstream.behaviours))
        yield* ask("gpt-4o")
        expect(arrived.at(-1)).toMatchObject({ model: "gpt-4o", url: "/v1/chat/completions" })
      })
    )
  })
})
