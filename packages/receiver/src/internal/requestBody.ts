/** The bytes of a request: read and inflated under a cap each, so that no body can fill the memory. */
import { constants } from "node:buffer"
import type { IncomingMessage } from "node:http"
import * as Zlib from "node:zlib"
import { Effect } from "effect"
import type { Compression } from "../VendorRules.js"
import { Refused } from "./refused.js"

const tooLarge = (what: string, limit: number) =>
  new Refused({ status: 413, reason: `the body is larger than ${limit} bytes ${what}: send less at once` })

/** How much more a refused client may send, in bytes: enough for most to come to their end and read the answer. */
const maxDiscarded = 16 * 1024 * 1024

/** Throws away what a refused client goes on sending; one that does not come to its end is cut off. */
export const discard = (request: IncomingMessage): void => {
  let left = maxDiscarded
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.socket.destroy()
  })
}

/** Reads a body of at most `limit` bytes. */
export const read = (request: IncomingMessage, limit: number): Effect.Effect<Uint8Array, Refused> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    let size = 0
    const finish = (result: Effect.Effect<Uint8Array, Refused>) => {
      release()
      resume(result)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) finish(tooLarge("on the wire", limit))
      else chunks.push(chunk)
    }
    const onEnd = () => finish(Effect.succeed(Buffer.concat(chunks)))
    const onClose = () =>
      finish(new Refused({ status: 0, reason: "the client closed the connection before its body was complete" }))
    const release = () => {
      request.off("data", onData).off("end", onEnd).off("close", onClose)
      request.resume()
    }
    if (Number(request.headers["content-length"] ?? 0) > limit) {
      resume(tooLarge("on the wire", limit))
      return
    }
    request.on("data", onData).once("end", onEnd).once("close", onClose)
    return Effect.sync(release)
  })

const inflaters = { gzip: Zlib.gunzip, deflate: Zlib.inflate }

/** Undoes the compression. It stops at `limit` bytes, so a bomb is never inflated beyond. */
export const inflate = (
  raw: Uint8Array,
  compression: Compression | "identity",
  limit: number
): Effect.Effect<Uint8Array, Refused> => {
  if (compression === "identity") {
    return raw.length > limit ? tooLarge("uncompressed", limit) : Effect.succeed(raw)
  }
  return Effect.async((resume) => {
    inflaters[compression](raw, { maxOutputLength: Math.min(limit, constants.MAX_LENGTH) }, (error, body) => {
      if (error === null) resume(Effect.succeed(body))
      else if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") resume(tooLarge("uncompressed", limit))
      else resume(new Refused({ status: 400, reason: `the body is not ${compression}: ${error.message}` }))
    })
  })
}
