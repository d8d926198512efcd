/**
 * Resolves a destination's credentials at the moment of sending, and not before.
 */
import type { DestinationAuth } from "@tenant-tracer/model/Destination"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** A token or a signature could not be had; the failure's own text may name a credential and stays behind. */
export class AuthUnavailable extends Data.TaggedError("AuthUnavailable")<{ readonly message: string }> {}

type RedactedHeaders = Readonly<Record<string, Redacted.Redacted<string>>>

interface Unsigned {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface RequestAuth {
  readonly headers: (request: Unsigned) => Effect.Effect<Record<string, string>, AuthUnavailable>
  readonly canRenew: boolean
  /** Goes up when a token is forgotten. */
  readonly generation: () => number
  /** Forgets the token of this generation; a newer one stays. */
  readonly renew: (generation: number) => void
}

// The connection's own business: whoever sets these would break the framing or speak for another host.
const reserved = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "upgrade",
  "expect",
  "keep-alive",
  "te"
])

const reveal = (headers: RedactedHeaders): Record<string, string> => {
  const revealed: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (!reserved.has(lower)) revealed[lower] = Redacted.value(value)
  }
  return revealed
}

const tolerant = (
  effect: Effect.Effect<RedactedHeaders, Error>,
  message: string,
  timeout: Duration.DurationInput
): Effect.Effect<RedactedHeaders, AuthUnavailable> =>
  effect.pipe(
    Effect.timeout(timeout),
    Effect.catchAllDefect(() => Effect.fail(undefined)),
    Effect.mapError(() => new AuthUnavailable({ message }))
  )

const fixed = { canRenew: false, generation: () => 0, renew: () => {} }

export const make = (auth: DestinationAuth, timeout: Duration.DurationInput): RequestAuth => {
  if (auth._tag === "Headers") return { headers: () => Effect.sync(() => reveal(auth.headers)), ...fixed }
  if (auth._tag === "Signer") {
    return {
      headers: (request) =>
        Effect.map(
          tolerant(
            Effect.suspend(() => auth.sign(request)),
            "a request could not be signed",
            timeout
          ),
          reveal
        ),
      ...fixed
    }
  }
  const alone = Effect.unsafeMakeSemaphore(1)
  let minted: RedactedHeaders | undefined
  let generation = 0
  const mint = Effect.suspend(() =>
    minted === undefined
      ? Effect.tap(tolerant(auth.mint, "a token could not be minted", timeout), (headers) =>
          Effect.sync(() => {
            minted = headers
          })
        )
      : Effect.succeed(minted)
  )
  return {
    headers: () =>
      Effect.map(
        Effect.suspend(() => (minted ? Effect.succeed(minted) : alone.withPermits(1)(mint))),
        reveal
      ),
    canRenew: true,
    generation: () => generation,
    renew: (refused) => {
      if (refused !== generation) return
      generation++
      minted = undefined
    }
  }
}
