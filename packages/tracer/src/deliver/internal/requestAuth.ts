/**
 * Resolves a destination's credentials at the moment of sending, and not before.
 */
import type { DestinationAuth, TokenExchange } from "@tenant-tracer/model/Destination"
import * as OtlpHeaders from "@tenant-tracer/model/OtlpHeaders"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { version } from "../../internal/version.js"
import type { EndpointPolicy } from "../../route/EndpointPolicy.js"
import type { Transport } from "../Transport.js"

/**
 * Why a request cannot be sent: a token or a signature could not be had (`unavailable`; the failure's own text may name a credential and stays
 * behind), the account was refused a token (`refused`), or what came is no header that can be sent (`invalid_header`; the message names it, never
 * its value).
 */
export class AuthUnavailable extends Data.TaggedError("AuthUnavailable")<{
  readonly reason: "unavailable" | "refused" | "invalid_header"
  readonly message: string
}> {}

type RedactedHeaders = Readonly<Record<string, Redacted.Redacted<string>>>

interface Unsigned {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface RequestAuth {
  readonly headers: (request: Unsigned) => Effect.Effect<Readonly<Record<string, string>>, AuthUnavailable>
  readonly canRenew: boolean
  /** Goes up when a token is forgotten. */
  readonly generation: () => number
  /** Forgets the token of this generation; a newer one stays. */
  readonly renew: (generation: number) => void
}

/** Whoever gave them, one rule for all: a header that breaks the request, or speaks for another host, is not sent and neither is the rest. */
const reveal = (headers: RedactedHeaders): Either.Either<Readonly<Record<string, string>>, AuthUnavailable> =>
  Either.mapLeft(
    OtlpHeaders.reveal(headers),
    ({ message }) =>
      new AuthUnavailable({ reason: "invalid_header", message: `a request was not sent: its ${message}` })
  )

const tolerant = (
  effect: Effect.Effect<RedactedHeaders, Error>,
  message: string,
  timeout: Duration.DurationInput
): Effect.Effect<RedactedHeaders, AuthUnavailable> => {
  const unavailable = () => new AuthUnavailable({ reason: "unavailable", message })
  return effect.pipe(
    Effect.timeout(timeout),
    Effect.mapError((error) => (error instanceof AuthUnavailable ? error : unavailable())),
    Effect.tap(reveal),
    Effect.catchAllDefect(unavailable)
  )
}

/** How a token that is posted for is posted for: as the batches of its destination are. */
export interface Way {
  readonly transport: Transport.Service
  readonly policy?: EndpointPolicy | undefined
}

const unanswered = new Error("no token")

/** The text of an answer can name the credential: nothing is said of it. */
const exchange = (
  { body, field, url }: TokenExchange,
  { policy, transport }: Way,
  timeout: Duration.DurationInput
): Effect.Effect<RedactedHeaders, Error> =>
  Effect.suspend(() =>
    transport.send({
      method: "POST",
      url,
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        "user-agent": `tenant-tracer/${version}`
      },
      body: new TextEncoder().encode(Redacted.value(body)),
      policy,
      timeout
    })
  ).pipe(
    Effect.filterOrFail(
      ({ status }) => status >= 200 && status < 300,
      ({ status }) =>
        status === 401 || status === 403
          ? new AuthUnavailable({ reason: "refused", message: `HTTP ${status}: the account was refused a token` })
          : unanswered
    ),
    Effect.tryMap({
      try: (response): unknown => JSON.parse(new TextDecoder().decode(response.body)),
      catch: () => unanswered
    }),
    Effect.flatMap((answer) => {
      const token = Predicate.isRecord(answer) && Object.hasOwn(answer, field) ? answer[field] : undefined
      return typeof token === "string" && token !== ""
        ? Effect.succeed({ authorization: Redacted.make(`Bearer ${token}`) })
        : Effect.fail(unanswered)
    })
  )

const fixed = { canRenew: false, generation: () => 0, renew: () => {} }

export const make = (auth: DestinationAuth, timeout: Duration.DurationInput, way: Way): RequestAuth => {
  if (auth._tag === "Headers") return { headers: () => reveal(auth.headers), ...fixed }
  if (auth._tag === "Signer") {
    return {
      headers: (request) =>
        Effect.flatMap(
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
  const { mint: given } = auth
  const minting = Effect.isEffect(given) ? given : exchange(given, way, timeout)
  const alone = Effect.unsafeMakeSemaphore(1)
  let minted: RedactedHeaders | undefined
  let generation = 0
  const mint = Effect.suspend(() =>
    minted === undefined
      ? Effect.tap(tolerant(minting, "a token could not be minted", timeout), (headers) =>
          Effect.sync(() => {
            minted = headers
          })
        )
      : Effect.succeed(minted)
  )
  return {
    headers: () =>
      Effect.flatMap(
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
