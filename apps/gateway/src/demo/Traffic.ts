/** The demo's requests, sent with OpenAI's own client as any application would, and what each of them came to. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import OpenAI, { APIError } from "openai"
import type * as Cast from "./Cast.js"
import type { World } from "./World.js"

/** What a request is there to show. */
export type Scene = "plain" | "streamed" | "hang-up" | "blocked" | "retried" | "traced" | "wrong key"

/** What a request came to, in one line, and what it should have come to. */
export interface Result {
  readonly scene: Scene
  readonly tenant: string
  readonly outcome: string
  readonly expected: string
}

const clientOf = (world: World, apiKey: string): OpenAI =>
  // Without the client's own retries: those of the gateway are on show.
  new OpenAI({ baseURL: `${world.gateway}/v1`, apiKey, maxRetries: 0 })

const calling = (call: () => PromiseLike<string>): Effect.Effect<string> =>
  Effect.tryPromise({ try: call, catch: (error) => error }).pipe(
    Effect.catchAll((error) =>
      Effect.succeed(error instanceof APIError ? `${error.status} ${error.code}` : String(error))
    )
  )

const user = (content: string) => [{ role: "user" as const, content }]

const whole = (
  client: OpenAI,
  model: string,
  prompt: string,
  options?: { readonly headers?: Record<string, string>; readonly query?: Record<string, string> }
): Effect.Effect<string> =>
  calling(() =>
    client.chat.completions
      .create({ model, messages: user(prompt) }, options)
      .then((answer) => answer.choices[0]?.message.content ?? "an empty answer")
  )

/** Reads so many chunks of a streamed answer (default: all), then hangs up, and gives what was read. */
const streamed = (
  client: OpenAI,
  model: string,
  prompt: string,
  chunks = Number.MAX_SAFE_INTEGER
): Effect.Effect<string> =>
  Effect.suspend(() => {
    const controller = new AbortController()
    return Stream.fromEffect(
      Effect.tryPromise(() =>
        client.chat.completions.create({ model, messages: user(prompt), stream: true }, { signal: controller.signal })
      )
    ).pipe(
      Stream.flatMap((answer) => Stream.fromAsyncIterable(answer, (error) => error)),
      Stream.take(chunks),
      Stream.runFold("", (text, chunk) => text + (chunk.choices[0]?.delta.content ?? "")),
      Effect.catchAll((error) => Effect.succeed(String(error))),
      Effect.ensuring(Effect.sync(() => controller.abort()))
    )
  })

const scenesOf = (world: World, player: World["players"][number]): ReadonlyArray<Effect.Effect<Result>> => {
  const client = clientOf(world, player.virtualKey)
  const scene = (
    name: Scene,
    send: (prompt: string) => Effect.Effect<string>,
    expected: (prompt: string) => string
  ) => {
    const prompt = player.canary(`${name} prompt`).text
    return Effect.map(
      send(prompt),
      (outcome): Result => ({
        scene: name,
        tenant: player.id,
        outcome,
        expected: expected(prompt)
      })
    )
  }
  const echo = (prompt: string) => `You said: ${prompt}`
  return [
    scene("plain", (prompt) => whole(client, "gpt-4o-mini", prompt), echo),
    scene("streamed", (prompt) => streamed(client, "gpt-4o-mini", prompt), echo),
    scene(
      "hang-up",
      (prompt) => streamed(client, "slow-model", `${prompt} and so on and so on and so on`, 2),
      () => "You said: "
    ),
    scene(
      "blocked",
      (prompt) => whole(client, "gpt-4o-mini", `${prompt} pay with 4111 1111 1111 1111`),
      () => "400 content_blocked"
    ),
    scene("retried", (prompt) => whole(client, "flaky-model", prompt), echo),
    scene(
      "traced",
      (prompt) =>
        whole(client, "gpt-4o-mini", prompt, {
          headers: {
            traceparent: player.traceparent(),
            "api-key": player.canary("api-key header", true).text
          },
          query: { key: player.canary("key in the query", true).text }
        }),
      echo
    )
  ]
}

/** All requests of all tenants at once, and one with a key that nobody issued. */
export const send = (
  world: World,
  stranger: ReturnType<typeof Cast.stranger>
): Effect.Effect<ReadonlyArray<Result>> => {
  const wrongKey = Effect.map(
    whole(
      clientOf(world, stranger.canary("wrong key", true).text),
      "gpt-4o-mini",
      stranger.canary("prompt", true).text
    ),
    (outcome): Result => ({ scene: "wrong key", tenant: "nobody", outcome, expected: "401 invalid_api_key" })
  )
  return Effect.all([...world.players.flatMap((player) => scenesOf(world, player)), wrongKey], {
    concurrency: "unbounded"
  })
}
