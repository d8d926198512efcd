/**
 * A way of tracing per tenant, as the benchmark uses it. Each is written as its documentation says and a careful engineer would, with its defaults;
 * batch size, age and compression are the same for all, and queues are large enough to lose nothing.
 */
import type { Duration, Effect, Scope } from "effect"

/** Those that are compared, and the same work with tracing off. */
export const kinds = ["untraced", "native", "effect-otel", "lru-effect", "lru-otel", "effect-otlp", "ours"] as const

/** One of them. */
export type Kind = (typeof kinds)[number]

/** How each is called in tables. */
export const titles: Record<Kind, string> = {
  untraced: "0 the same requests, untraced",
  native: "1 Effect's native tracer, no export",
  "effect-otel": "2 `@effect/opentelemetry`, batch processor, OTLP: one tenant",
  "lru-effect": "3a OTel JS, a provider per tenant in an LRU, through Effect",
  "lru-otel": "3b the same on the bare OTel API, without Effect",
  "effect-otlp": "4 Effect's `OtlpTracer`, one per tenant",
  ours: "5 TenantTracer"
}

/** How spans are written on the wire. */
export const encodings = ["protobuf", "json"] as const

/** One of them. */
export type Encoding = (typeof encodings)[number]

/** What a peer is told. */
export interface Options {
  /** Where the spans of a tenant go. */
  readonly endpoint: string
  readonly tenants: number
  /** Tenants that are set up at a time; the one that was used least recently is evicted. */
  readonly capacity: number
  readonly encoding: Encoding
  readonly compression: "gzip" | "none"
  /** Whether each model call carries 8 KB of messages. */
  readonly messages: boolean
  /** Milliseconds after which a batch goes that is not full. */
  readonly batchAge: number
  /** Where the spans of these tenants go instead. */
  readonly elsewhere?: Readonly<Record<number, string>> | undefined
  /** Of TenantTracer: how long the provider of an idle tenant stays. Default: what it does by itself. */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
  /** Of TenantTracer: the vocabularies of a tenant's destinations, one for each. Default: one destination, `genai`. */
  readonly vocabularies?: ReadonlyArray<string> | undefined
  /**
   * Of TenantTracer: what may wait. `default` is what it does by itself; a number is the quota of one tenant in bytes. Default: room for more than any
   * run makes, as the others have.
   */
  readonly room?: "default" | number | undefined
}

/** How many spans arrive of so many that were made. */
export const arriving = (kind: Kind, { vocabularies = ["genai"] }: Options, spans: number): number => {
  if (kind === "untraced" || kind === "native") return 0
  return kind === "ours" ? spans * vocabularies.length : spans
}

/** How large a span is: 2 attributes, 25, or 25 and 8 KB of messages. */
export type Size = "small" | "large" | "messages"

/** Where the spans of a tenant go. */
export const endpointOf = ({ elsewhere, endpoint }: Options, tenant: number): string => elsewhere?.[tenant] ?? endpoint

/** Spans of a full batch, everywhere. */
export const batchSpans = 512

/** Spans that may wait for one tenant, everywhere: more than any run makes. */
export const queueSpans = 2_000_000

/** A peer at work; closing its scope shuts it down. */
export interface Peer {
  /** Runs a request of a tenant to its end. `index` makes it differ from the others. */
  readonly request: (tenant: number, index: number) => void
  /** Runs a request with so many spans of one size below its root. */
  readonly sized: (tenant: number, size: Size, count: number) => void
  /** Runs an effect inside one span, where there are effects. */
  readonly inSpan: (tenant: number, work: Effect.Effect<void>) => void
  /** Sends what waits, and waits until it is answered. */
  readonly drain: Effect.Effect<void>
  /** Spans that it says it has lost, if it says so. */
  readonly lost: () => number
}

/** Starts a peer. */
export type Make = (options: Options) => Effect.Effect<Peer, never, Scope.Scope>

/** The header by which a receiver knows whose spans they are. */
export const tenantHeader = "x-tenant"
