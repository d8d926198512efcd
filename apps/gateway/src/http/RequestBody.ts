/** Reads a request's body up to a limit, and leaves the connection whole so that the refusal still reaches the client. */

import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const messages = {
  TooLarge: (bytes: string) => `The request body is larger than ${bytes} bytes`,
  NotJson: (problem: string) => `The request body is not JSON: ${problem}`,
  Aborted: () => "The request body ended before it was complete"
} as const

/** Why a body could not be taken. */
export class BodyError extends Schema.TaggedError<BodyError>()("BodyError", {
  reason: Schema.Literal("TooLarge", "NotJson", "Aborted"),
  detail: Schema.String
}) {
  override get message(): string {
    return messages[this.reason](this.detail)
  }
}

const tooLarge = (limit: number) => new BodyError({ reason: "TooLarge", detail: String(limit) })

/** The bytes of the body as text. The platform's reader destroys the socket of a body that is too large, and the client would see no 413. */
export const text = (request: HttpServerRequest.HttpServerRequest, limit: number): Effect.Effect<string, BodyError> =>
  Effect.async((resume) => {
    const source = NodeHttpServerRequest.toIncomingMessage(request)
    if (Number(source.headers["content-length"] ?? 0) > limit) return resume(Effect.fail(tooLarge(limit)))
    const chunks: Array<Buffer> = []
    let size = 0
    const finish = (result: Effect.Effect<string, BodyError>) => {
      source.off("data", onData).off("end", onEnd).off("error", onAbort).off("close", onAbort)
      resume(result)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) finish(Effect.fail(tooLarge(limit)))
      else chunks.push(chunk)
    }
    const onEnd = () => finish(Effect.sync(() => Buffer.concat(chunks).toString("utf8")))
    const onAbort = () => finish(Effect.fail(new BodyError({ reason: "Aborted", detail: "" })))
    source.on("data", onData).on("end", onEnd).on("error", onAbort).on("close", onAbort)
  })

/** The body as JSON that nobody has checked yet. */
export const json = (request: HttpServerRequest.HttpServerRequest, limit: number): Effect.Effect<unknown, BodyError> =>
  Effect.flatMap(text(request, limit), (body) =>
    Effect.try({
      try: (): unknown => JSON.parse(body),
      catch: () => new BodyError({ reason: "NotJson", detail: body === "" ? "it is empty" : "it cannot be parsed" })
    })
  )
