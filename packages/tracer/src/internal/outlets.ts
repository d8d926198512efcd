/**
 * How a destination becomes an outlet of the router: judged once, and a provider found or built for it whenever a span ends.
 */
import type * as Destination from "@tenant-tracer/model/Destination"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Inspectable from "effect/Inspectable"
import type * as Scope from "effect/Scope"
import type { DeadLetters } from "../deliver/DeadLetters.js"
import * as DestinationId from "../deliver/DestinationId.js"
import * as DestinationKey from "../deliver/DestinationKey.js"
import * as fingerprint from "../deliver/internal/fingerprint.js"
import type { Ledger } from "../deliver/Ledger.js"
import * as Provider from "../deliver/Provider.js"
import * as ProviderCache from "../deliver/ProviderCache.js"
import type { Revocations } from "../deliver/Revocations.js"
import type { Transport } from "../deliver/Transport.js"
import * as RecordedSpan from "../record/RecordedSpan.js"
import * as SpanExporterAdapter from "../render/SpanExporterAdapter.js"
import type { View } from "../render/TenantView.js"
import * as EndpointPolicy from "../route/EndpointPolicy.js"
import type { Denial, OperatorOutlet, Outlet } from "../route/Router.js"
import * as Router from "../route/Router.js"
import * as Sampler from "../route/Sampler.js"
import type { OperatorExporter, TracingConfig } from "../TracingConfig.js"
import type { Destinations, Member } from "./destinations.js"
import type { Exporters, Exporting } from "./exporters.js"
import * as fates from "./fates.js"
import { collect, likenessOf, type Render, type Rendering } from "./rendering.js"
import type { Spooling } from "./spooling.js"
import * as Url from "./url.js"

export interface Outlets {
  readonly open: (
    id: DestinationId.DestinationId,
    destination: Destination.Destination,
    audience: "tenant" | "merged"
  ) => Outlet | Denial
  /** An operator's outlet has a provider of its own, outside the cache, for as long as the scope lives. */
  readonly openOperator: (
    operator: Destination.Destination | OperatorExporter
  ) => Effect.Effect<OperatorOutlet | Denial, never, Scope.Scope>
  readonly flushOperator: Effect.Effect<void>
  readonly unsentOperator: () => ReadonlyArray<ProviderCache.Unsent>
  /** How a tenant's destination receives spans, without an outlet. */
  readonly preview: (destination: Destination.Destination, tenant: string) => Either.Either<Render, string>
}

export const make = (options: {
  readonly config: TracingConfig
  readonly environment: Provider.Environment
  readonly destinations: Destinations
  readonly deadLetters: DeadLetters<RecordedSpan.RecordedSpan>
  readonly ledger: Ledger
  readonly exporters: Exporters
  readonly cache: ProviderCache.ProviderCache<Provider.Provider<RecordedSpan.RecordedSpan>>
  readonly rendering: Rendering
  readonly revocations: Revocations
  readonly spooling: Spooling | undefined
  readonly transport: Transport["Type"]
}): Outlets => {
  const {
    cache,
    config,
    deadLetters,
    destinations,
    environment,
    exporters,
    ledger,
    rendering,
    revocations,
    spooling,
    transport
  } = options
  const policy = config.endpoints ?? EndpointPolicy.publicOnly
  const operators: Array<Provider.Provider<RecordedSpan.RecordedSpan>> = []

  const providerOf = (
    id: DestinationId.DestinationId,
    view: View,
    use: Exporting & {
      readonly destination: Destination.Destination | undefined
      readonly account: fates.Account
      readonly close: Effect.Effect<void>
      /** Its target is not in use any more. Default: nobody has held it. */
      readonly release?: (() => void) | undefined
    }
  ): Effect.Effect<Provider.Provider<RecordedSpan.RecordedSpan>, never, Scope.Scope> => {
    const { account, close, credential, destination, exporter, isFresh, leave, rate, release } = use
    const oldest = destination?.limits.oldestSpan
    let member: Member | undefined
    const made = Provider.make(environment, {
      id,
      exporter,
      account,
      rate,
      isFresh,
      // Else dead letters could not be replayed, and what an older credential could not send would be lost with it.
      isWanted: () => deadLetters.has(id) || (member !== undefined && destinations.isSuccessor(member)),
      lane: destination && laneOf(destination),
      sizeOf: RecordedSpan.sizeOf,
      maxBatchSpans: config.batch?.maxSpans,
      maxBatchBytes: config.batch?.maxBytes,
      maxBatchAge: config.batch?.maxAge,
      maxQueueSpans: config.queue?.maxSpans,
      maxQueueBytes: config.queue?.maxBytes,
      breaker: config.breaker,
      maxElapsed: config.maxElapsed,
      closeDeadline: config.shutdownDeadline,
      tooOld:
        oldest === undefined
          ? undefined
          : (span) => environment.clock.wallTime() - RecordedSpan.endedAt(span) > oldest * 1000,
      overflow: spooling && ((adopt) => spooling.open(id, view, adopt)),
      successor: () => member && destinations.successorOf(member),
      onRefusal: ({ reason, spans = [] }) => {
        const bytes = spans.reduce((sum, span) => sum + RecordedSpan.sizeOf(span), 0)
        if (spans.length > 0) deadLetters.add({ id, reason, time: environment.clock.wallTime(), spans, bytes })
      },
      onClosing: () => member && destinations.retire(member),
      onClosed: () => {
        if (member !== undefined) destinations.remove(member)
        leave?.()
        release?.()
      }
    })
    return Effect.map(made, (provider) => {
      member = { provider, view, account, close, credential }
      // Whoever waits for a newer credential has one now.
      if (destinations.add(member)) environment.run(Effect.sync(() => destinations.look(id)))
      return provider
    })
  }

  const warned = new Set<string>()
  const warnOnce = (id: DestinationId.DestinationId, { host, message }: EndpointPolicy.EndpointRejected): void => {
    // A tenant can think of any number of hosts.
    if (warned.has(host) || warned.size >= maxWarned) return
    warned.add(host)
    environment.run(Effect.logWarning(`The destination ${id} is denied: ${message}`))
  }

  return {
    open: (id, destination, audience) => {
      const judged = policy.judge(destination.endpoint)
      if (Either.isLeft(judged)) {
        warnOnce(id, judged.left)
        return { id, reason: "endpoint_refused", detail: judged.left.message }
      }
      const view = rendering.view(destination, audience, DestinationId.tenant(id))
      if (Either.isLeft(view)) return { id, reason: "unknown_vocabulary", detail: view.left }
      const credential = DestinationKey.ofCredential(destination)
      if (revocations.isRevoked(id, credential)) {
        return { id, reason: "revoked", detail: "its credential was revoked; give it a new one" }
      }
      revocations.see(id, credential)
      const key = cacheKey(id, destination, view.right)
      const account = new fates.Account(ledger, id, view.right)
      const slot = cache.slot(key, () =>
        providerOf(id, view.right, {
          ...exporters(id, destination, view.right, credential, policy),
          destination,
          account,
          close: cache.close(key),
          release: transport.hold({ url: destination.endpoint, tls: destination.tls, policy })
        })
      )
      return new TenantOutlet(
        id,
        view.right,
        account,
        Sampler.ratesOf(destination.sampling),
        slot,
        revocations,
        credential
      )
    },

    openOperator: (operator) =>
      Effect.gen(function* () {
        const id = DestinationId.operator(operator.name)
        const isOtlp = "endpoint" in operator
        const invalid = isOtlp ? Router.invalidity(operator) : undefined
        if (invalid !== undefined) return { id, ...invalid }
        const view = rendering.view(
          isOtlp
            ? operator
            : {
                vocabularies: operator.vocabularies ?? [{ name: "genai" }],
                content: operator.content ?? "none",
                callerTrace: config.incoming ?? "link",
                limits: {}
              },
          "operator",
          undefined
        )
        if (Either.isLeft(view)) return { id, reason: "unknown_vocabulary", detail: view.left }
        const account = new fates.Account(ledger, id, view.right)
        const render = rendering.render(view.right, {})
        const destination = isOtlp ? operator : undefined
        const made = isOtlp
          ? exporters(id, operator, view.right, DestinationKey.ofCredential(operator), undefined)
          : {
              exporter: yield* SpanExporterAdapter.make({
                exporter: operator.exporter,
                render: (batch: ReadonlyArray<RecordedSpan.RecordedSpan>) =>
                  Effect.map(render(batch, collect), ({ dropped, out }) => ({ ...out, dropped }))
              }),
              rate: undefined,
              credential: () => "",
              isFresh: () => true
            }
        const provider = yield* providerOf(id, view.right, {
          ...made,
          destination,
          account,
          close: Effect.void
        })
        operators.push(provider)
        const found = Either.right(provider)
        return {
          id,
          view: view.right,
          account,
          vendor: operator.vendor ?? "otlp",
          destination,
          sampling: Sampler.ratesOf(destination?.sampling),
          provider: () => found
        }
      }),

    flushOperator: Effect.suspend(() =>
      Effect.forEach(operators, (provider) => provider.flush(), { concurrency: "unbounded", discard: true })
    ),

    unsentOperator: () => ProviderCache.unsentOf(operators),

    preview: (destination, tenant) =>
      Either.map(rendering.view(destination, "tenant", tenant), (view) => rendering.render(view, destination.resource))
  }
}

/** A destination of a tenant's. A class, as there is one for each destination of each route that is known. */
class TenantOutlet implements Outlet {
  constructor(
    readonly id: DestinationId.DestinationId,
    readonly view: View,
    readonly account: fates.Account,
    readonly sampling: Sampler.Rates | undefined,
    private readonly slot: ProviderCache.Slot<Provider.Provider<RecordedSpan.RecordedSpan>>,
    private readonly revocations: Revocations,
    private readonly credential: string
  ) {}

  provider(isNeeded: boolean): ReturnType<Outlet["provider"]> {
    // The route may be older than a revocation.
    const isRevoked = this.revocations.isRevoked(this.id, this.credential)
    return isRevoked ? Either.left({ reason: "revoked" }) : this.slot.get(isNeeded)
  }

  /** Whoever prints a plan does not see what waits in its providers. */
  toJSON(): object {
    return { id: this.id }
  }

  [Inspectable.NodeInspectSymbol](): object {
    return this.toJSON()
  }
}

/** Hosts that are warned of; every denial is counted. */
const maxWarned = 1000

/** Who shares connections. */
const laneOf = ({ endpoint }: Destination.Destination): string => Url.parse(endpoint)?.origin ?? endpoint

/** Two views of one account are two providers: what one of them sees must not reach the other's queue. A short text, since each route keeps one. */
const cacheKey = (id: DestinationId.DestinationId, destination: Destination.Destination, view: View): string =>
  fingerprint.make([DestinationKey.forId(id, destination), likenessOf(destination, view)])
