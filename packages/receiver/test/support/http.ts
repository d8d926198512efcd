/** A client for the receiver under test: says exactly what it sends, and lets go of its sockets with the scope. */
import * as Net from "node:net"
import { Effect, type Scope } from "effect"
import { Agent, request } from "undici"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
  readonly body: Uint8Array
  readonly text: string
}

export type Post = (
  url: string,
  sent?: {
    readonly method?: "POST" | "GET" | "PUT" | "DELETE"
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
  }
) => Effect.Effect<Answer, Error>

/** Sends requests over one connection of its own, which it opens again when it is gone. */
export const client: Effect.Effect<Post, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => new Agent({ connections: 1 })),
    (agent) => Effect.promise(() => agent.destroy())
  ),
  (dispatcher) =>
    (url, { body, headers = {}, method = "POST" } = {}) =>
      Effect.tryPromise({
        try: async (signal) => {
          const response = await request(url, {
            dispatcher,
            signal,
            method,
            headers,
            // undici takes an async iterable, its types ask for a Readable.
            body: (body ?? null) as string | null
          })
          const bytes = new Uint8Array(await response.body.arrayBuffer())
          return {
            status: response.statusCode,
            headers: response.headers,
            body: bytes,
            text: new TextDecoder().decode(bytes)
          }
        },
        catch: (cause) => (cause instanceof Error ? cause : new Error(String(cause)))
      })
)

/** Writes raw bytes to the receiver's port and gives what comes back until the connection ends (or 500 ms pass). */
export const rawExchange = (url: string, bytes: Uint8Array | string): Effect.Effect<string> =>
  Effect.async((resume) => {
    const socket = Net.connect(Number(new URL(url).port), "127.0.0.1")
    let answer = ""
    const timer = setTimeout(() => socket.destroy(), 500)
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1")
    })
    socket.on("error", () => undefined)
    socket.on("close", () => {
      clearTimeout(timer)
      resume(Effect.succeed(answer))
    })
    socket.end(bytes)
  })

/** Sends a chunked body without an end, until the other side closes the connection, and says how many bytes it took. */
export const flood = (url: string, head: string): Effect.Effect<number> =>
  Effect.async((resume) => {
    const socket = Net.connect(Number(new URL(url).port), "127.0.0.1")
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536), Buffer.from("\r\n")])
    const send = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on("drain", send)
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(socket.bytesWritten)))
    socket.resume()
    socket.write(head)
    send()
    return Effect.sync(() => socket.destroy())
  })
