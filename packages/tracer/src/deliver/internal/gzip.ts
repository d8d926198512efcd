/**
 * Compression on Node's thread pool, off the event loop.
 */
import { gzip } from "node:zlib"
import * as Effect from "effect/Effect"

/**
 * Dies if zlib fails, which it does for lack of memory only.
 */
export const compress = (body: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.async((resume) => {
    gzip(body, (error, compressed) => resume(error === null ? Effect.succeed(compressed) : Effect.die(error)))
  })
