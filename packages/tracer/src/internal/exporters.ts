/**
 * How batches leave for a destination: its exporter, what limits it, and which credential it uses now, which its back end may have had renewed.
 */
import * as Destination from "@tenant-tracer/model/Destination"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { CredentialAudit, CredentialUse } from "../deliver/CredentialAudit.js"
import * as CredentialResolver from "../deliver/CredentialResolver.js"
import * as DestinationId from "../deliver/DestinationId.js"
import * as DestinationKey from "../deliver/DestinationKey.js"
import type * as Exporter from "../deliver/Exporter.js"
import type { Ledger } from "../deliver/Ledger.js"
import * as OtlpExporter from "../deliver/OtlpExporter.js"
import type { Environment } from "../deliver/Provider.js"
import * as RateLimit from "../deliver/RateLimit.js"
import type { Revocations } from "../deliver/Revocations.js"
import type { Transport } from "../deliver/Transport.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import type { View } from "../render/TenantView.js"
import * as Writer from "../render/Writer.js"
import type { EndpointPolicy } from "../route/EndpointPolicy.js"
import type { TracingConfig } from "../TracingConfig.js"
import { likenessOf, type Render, type Rendering } from "./rendering.js"
import * as Sharing from "./sharing.js"
import * as Url from "./url.js"

/** Makes the exporter of a destination; tests put one that keeps what it is given in its place. */
export type MakeExporter = (options: {
  readonly id: DestinationId.DestinationId
  readonly destination: Destination.Destination
  readonly render: Render
  /** By which a tenant's is judged. */
  readonly policy: EndpointPolicy | undefined
  readonly rate: RateLimit.RateLimit | undefined
  readonly renew: Effect.Effect<Option.Option<Destination.DestinationAuth>> | undefined
  readonly onUse: (use: "sent" | "refused") => void
  readonly onWarning: () => void
  /** With others that receive the same. */
  readonly share: Sharing.Sharer["share"]
}) => Exporter.BatchExporter<RecordedSpan>

/** An exporter, and what whoever uses it has to know of it. */
export interface Exporting {
  readonly exporter: Exporter.BatchExporter<RecordedSpan>
  readonly rate: RateLimit.RateLimit | undefined
  /** What stands for the credential that it uses now. */
  readonly credential: () => string
  /** Whether another one would have nothing to ask for again: neither a token nor a new credential, nor whether it may send. */
  readonly isFresh: () => boolean
  /** Told that it sends nothing any more. Default: nobody has to know. */
  readonly leave?: (() => void) | undefined
}

/** `credential` is what stands for the destination's own. The operator's own destinations are judged by no policy. */
export type Exporters = (
  id: DestinationId.DestinationId,
  destination: Destination.Destination,
  view: View,
  credential: string,
  policy: EndpointPolicy | undefined
) => Exporting

export const make = (options: {
  readonly config: Pick<TracingConfig, "credentials">
  readonly clock: Environment["clock"]
  readonly ledger: Pick<Ledger, "count">
  readonly rendering: Pick<Rendering, "render">
  readonly revocations: Revocations
  readonly audit: Pick<CredentialAudit, "tell">
  readonly makeExporter: MakeExporter
}): Exporters => {
  const { audit, clock, config, ledger, makeExporter, rendering, revocations } = options
  const sharing = Sharing.make(clock)
  const resolve = config.credentials && CredentialResolver.make(config.credentials)

  // What was judged for an account that is the operator's, too, does not hold for another one.
  const renewal = (
    id: DestinationId.DestinationId,
    destination: Destination.Destination,
    view: View,
    onRenewal: (credential: string) => void
  ) =>
    resolve === undefined || view.audience === "merged"
      ? undefined
      : resolve(id).pipe(
          Effect.map(
            Option.filter((auth) => {
              if (Either.isLeft(Destination.validate({ ...destination, auth }))) return false
              const renewed = DestinationKey.ofCredential({ ...destination, auth })
              if (revocations.isRevoked(id, renewed)) return false
              onRenewal(renewed)
              return true
            })
          )
        )

  return (id, destination, view, given, policy) => {
    const { requestsPerMinute: perMinute } = destination.limits
    const rate = perMinute === undefined ? undefined : RateLimit.make({ perMinute, now: clock.now })
    const tell = (use: CredentialUse["use"]) =>
      audit.tell({ id, time: clock.wallTime(), use, host: Url.parse(destination.endpoint)?.host })
    let credential = given
    const onRenewal = (renewed: string) => {
      credential = renewed
      revocations.see(id, renewed)
      tell("renewed")
    }
    const { leave, share } = sharing.join(
      DestinationId.owner(id),
      () => `${destination.protocol} ${destination.compression} ${likenessOf(destination, view)}`
    )
    const exporter = makeExporter({
      id,
      share,
      destination,
      render: rendering.render(view, destination.resource),
      policy,
      rate,
      renew: renewal(id, destination, view, onRenewal),
      onUse: tell,
      onWarning: () => ledger.count("partial_success_warning")
    })
    return {
      exporter,
      rate,
      leave,
      credential: () => credential,
      isFresh: () => rate === undefined && destination.auth._tag !== "Token" && credential === given
    }
  }
}

/** The exporter of real life: our own OTLP over the transport. */
export const otlp =
  (transport: Transport["Type"]): MakeExporter =>
  ({ destination, onUse, onWarning, policy, rate, render, renew, share }) => {
    const writer = Writer.of(destination.protocol)
    return OtlpExporter.make({
      endpoint: destination.endpoint,
      protocol: destination.protocol,
      compression: destination.compression,
      auth: destination.auth,
      tls: destination.tls,
      limits: destination.limits,
      policy,
      rate,
      renew,
      onUse,
      onWarning,
      share,
      transport,
      encode: (batch: ReadonlyArray<RecordedSpan>) =>
        Effect.map(render(batch, writer.begin), ({ count, dropped, out }) => ({ body: out, count, dropped }))
    })
  }
