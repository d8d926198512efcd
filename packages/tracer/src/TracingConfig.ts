/**
 * How tracing is set up: plain options with their defaults, and the same from the environment.
 *
 * @since 0.1.0
 */

import type { SpanExporter } from "@opentelemetry/sdk-trace-base"
import * as Destination from "@tenant-tracer/model/Destination"
import * as OtlpEndpoint from "@tenant-tracer/model/OtlpEndpoint"
import * as OtlpHeaders from "@tenant-tracer/model/OtlpHeaders"
import * as Redaction from "@tenant-tracer/model/Redaction"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { VocabularyRef } from "@tenant-tracer/model/Vocabulary"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type { CredentialResolver } from "./deliver/CredentialResolver.js"
import type { Unsent } from "./deliver/ProviderCache.js"
import type * as Turns from "./deliver/Turns.js"
import { misfit } from "./internal/options.js"
import type { ResolveDestination } from "./internal/reclaim.js"
import * as CallMetrics from "./record/CallMetrics.js"
import type { IncomingTrace } from "./record/TraceContext.js"
import type { Content } from "./render/ContentPolicy.js"
import type { ExceptionEvent } from "./render/ExceptionEvent.js"
import * as EndpointPolicy from "./route/EndpointPolicy.js"

/**
 * An exporter of the operator's that is not one of ours: any `SpanExporter` of the OpenTelemetry SDK.
 *
 * @since 0.1.0
 * @category models
 */
export interface OperatorExporter {
  readonly name: string
  /** Whose back end it writes to: it stands down for a tenant's own of the same vendor. Default `otlp`. */
  readonly vendor?: string | undefined
  readonly exporter: SpanExporter
  /** Default `genai`. */
  readonly vocabularies?: ReadonlyArray<VocabularyRef> | undefined
  /** Default `none`. */
  readonly content?: Content | undefined
}

/**
 * What the operator takes out of the copies that leave, beside what a destination takes out of its own: rules, and an effect that is given each
 * payload with content once more before it is spelled, already reduced to what the destination sees.
 *
 * The effect runs off the request's path, for each copy and again when a batch is sent again; it answers with a payload of the same role. Where it
 * fails, dies, does not answer in time or with anything else, that copy of the span goes without content (`redaction_failed`).
 *
 * @since 0.1.0
 * @category models
 */
export interface RedactionConfig extends Redaction.Rules {
  /** What hashes are made with: without it, what was to be hashed is removed. Each tenant's hashes are its own, and so are the operator's. */
  readonly hashKey?: Redacted.Redacted<string> | undefined
  readonly effect?: ((data: SpanData.Read) => Effect.Effect<SpanData.Read, unknown>) | undefined
  /** For one payload. Default 1 second. */
  readonly deadline?: Duration.DurationInput | undefined
  /** Whether the operator's own copies are redacted, too, or the tenants' alone. Default `all`. */
  readonly scope?: "all" | "tenants" | undefined
}

/**
 * Every option has a default: `{}` is a tracer that keeps nothing for an operator and delivers to the tenants that are bound.
 *
 * @since 0.1.0
 * @category models
 */
export interface TracingConfig {
  /** Resource attributes of every span; a tenant sees the service's and the environment's only. Default `{ "service.name": "unknown_service" }`. */
  readonly resource?: Readonly<Record<string, Destination.AttributeValue>> | undefined
  /** The operator's own back ends. Default none. */
  readonly operator?: ReadonlyArray<Destination.Destination | OperatorExporter> | undefined
  /** The most content that any destination may receive. Default `none`. */
  readonly content?: Content | undefined
  /** What is taken out of what leaves. Default nothing; keys never leave in the text of an error that a tenant reads. */
  readonly redaction?: RedactionConfig | undefined
  /** Which hosts tenants' destinations may reach; the operator's own are not judged. Default `EndpointPolicy.publicOnly`. */
  readonly endpoints?: EndpointPolicy.EndpointPolicy | undefined
  /** What becomes of a caller's trace context at the door. Default `link`. */
  readonly incoming?: IncomingTrace | undefined
  readonly cache?:
    | {
        /** Providers kept at a time. Default 10,000. */
        readonly capacity?: number | undefined
        /** Default 10 seconds; one that has learned something of its back end stays for at least 10 minutes. */
        readonly idleTimeToLive?: Duration.DurationInput | undefined
      }
    | undefined
  readonly batch?:
    | {
        /** Default 512. */
        readonly maxSpans?: number | undefined
        /** Default 1 MiB. */
        readonly maxBytes?: number | undefined
        /** Default 5 seconds. */
        readonly maxAge?: Duration.DurationInput | undefined
      }
    | undefined
  /** Of one destination. */
  readonly queue?:
    | {
        /** Default 8,192. */
        readonly maxSpans?: number | undefined
        /** Default 16 MiB. */
        readonly maxBytes?: number | undefined
      }
    | undefined
  /** What spans may take in memory, in the whole process: those that are held for their owner, queued and on their way. */
  readonly budget?:
    | {
        /** Default 256 MiB. */
        readonly maxBytes?: number | undefined
        /** Of one tenant's destinations together. Default 64 MiB. */
        readonly perTenant?: number | undefined
      }
    | undefined
  /** How much is sent at once, and what counts as slow. */
  readonly sending?: Turns.Options | undefined
  /** Of one request, until it is bound. */
  readonly hold?:
    | {
        /** Default 512. */
        readonly maxSpans?: number | undefined
        /** Default 1 MiB. */
        readonly maxBytes?: number | undefined
        /** Default 30 seconds. */
        readonly maxTime?: Duration.DurationInput | undefined
      }
    | undefined
  /** When a destination that fails is left alone for a while; what is for it waits. */
  readonly breaker?:
    | {
        /** Failed attempts in a row. Default 5. */
        readonly failures?: number | undefined
        /** Until the first probe; it doubles with each that fails. Default 5 seconds. */
        readonly minWait?: Duration.DurationInput | undefined
        /** Default 5 minutes. */
        readonly maxWait?: Duration.DurationInput | undefined
      }
    | undefined
  /** How long a span may have waited when an attempt to send fails; then it is given up. Default 1 hour. */
  readonly maxElapsed?: Duration.DurationInput | undefined
  readonly deadLetters?:
    | {
        /** Of all destinations together. Default 16 MiB; 0 keeps none. */
        readonly maxBytes?: number | undefined
      }
    | undefined
  /** How the `Spool` is used, where one is provided. */
  readonly spool?:
    | {
        /**
         * Asked where to send what an earlier process, or an evicted provider, has left for a destination, and whether that is still allowed. Default:
         * nobody is; it waits for the tenant's next request.
         */
        readonly resolve?: ResolveDestination | undefined
        /** How long after its end a span is written. Default 100 milliseconds. */
        readonly writeAfter?: Duration.DurationInput | undefined
      }
    | undefined
  /** What `TenantTracer.explain` knows of. */
  readonly explain?:
    | {
        /** Default 10,000. */
        readonly maxTraces?: number | undefined
      }
    | undefined
  /** Keeps the ledger as metrics, too, brought up to date every 10 seconds: see `LedgerMetrics`. Default: not. */
  readonly metrics?:
    | {
        /** How many destinations have series of their own. Default 20. */
        readonly destinations?: number | undefined
      }
    | undefined
  /** Keeps the GenAI and MCP metrics of the calls that are recorded: see `CallMetrics`. Default: not. */
  readonly callMetrics?: CallMetrics.Options | undefined
  /**
   * Given the event of each model call that failed, in a trace that is sampled, when it is known whose it is: hand it to the `emit` of a logger of
   * OpenTelemetry's. It must not wait; one that throws is counted (`exception_event_failed`). Default: nobody is.
   */
  readonly onException?: ((event: ExceptionEvent) => void) | undefined
  /** Asked for a destination's credential after its back end has refused the one in use. Default: nobody is, and that one is tried now and then. */
  readonly credentials?: CredentialResolver | undefined
  /** How long closing may take. Default 10 seconds. */
  readonly shutdownDeadline?: Duration.DurationInput | undefined
  /** Told, when everything is closed, how many spans of which destination were not sent, and why. Default: a warning in the log for each of the first 20. */
  readonly onUnsent?: ((report: ReadonlyArray<Unsent>) => Effect.Effect<void>) | undefined
}

const nonEmpty = (name: string): Config.Config<Option.Option<string>> =>
  Config.option(Config.string(name)).pipe(
    Config.map(Option.map((text) => text.trim())),
    Config.map(Option.filter((text) => text !== ""))
  )

/** A value that does not fit is an error that names the variable; one that is blank is as good as absent. */
const parsed = <A>(
  name: string,
  expected: string,
  parse: (text: string) => Option.Option<A>
): Config.Config<Option.Option<A>> =>
  nonEmpty(name).pipe(
    Config.mapOrFail((text) => {
      const value = Option.flatMap(text, parse)
      return Option.isSome(text) && Option.isNone(value)
        ? Either.left(ConfigError.InvalidData([name], `expected ${expected}, got "${text.value}"`))
        : Either.right(value)
    })
  )

const oneOf = <const Name extends string>(
  name: string,
  values: ReadonlyArray<Name>
): Config.Config<Option.Option<Name>> =>
  parsed(name, `one of ${values.join(", ")}`, (text) => Arr.findFirst(values, (value) => value === text.toLowerCase()))

const positive = (name: string): Config.Config<Option.Option<number>> =>
  parsed(name, "a whole number above zero", (text) =>
    Option.filter(Option.some(Number(text)), (value) => Number.isSafeInteger(value) && value > 0)
  )

const duration = (name: string): Config.Config<Option.Option<Duration.Duration>> =>
  parsed(name, `a duration such as "5 seconds"`, Duration.decodeUnknown)

const resource = Config.all({
  attributes: nonEmpty("OTEL_RESOURCE_ATTRIBUTES"),
  service: nonEmpty("OTEL_SERVICE_NAME")
}).pipe(
  Config.map(({ attributes, service }) => ({
    // The same text form as headers, but the names of attributes keep their case.
    ...Option.match(attributes, { onNone: () => ({}), onSome: resourceAttributes }),
    ...Option.match(service, { onNone: () => ({}), onSome: (name) => ({ "service.name": name }) })
  }))
)

const resourceAttributes = (text: string): Record<string, string> => {
  const attributes: Record<string, string> = {}
  for (const entry of text.split(",")) {
    const at = entry.indexOf("=")
    if (at <= 0) continue
    const value = Object.values(OtlpHeaders.parse(`v=${entry.slice(at + 1)}`))[0]
    if (value !== undefined) attributes[entry.slice(0, at).trim()] = value
  }
  return attributes
}

const endpoints = Config.mapOrFail(nonEmpty("TENANT_TRACER_ENDPOINT_ALLOW"), (text) =>
  Option.match(text, {
    onNone: () => Either.right(undefined),
    onSome: (rules) =>
      Either.mapBoth(Either.all(entries(rules).map(EndpointPolicy.parseRule)), {
        onLeft: ({ message }) => ConfigError.InvalidData(["TENANT_TRACER_ENDPOINT_ALLOW"], message),
        onRight: (allow) => EndpointPolicy.make({ allow })
      })
  })
)

const entries = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")

/** A list with a wrong word in it is an error that names its variable. */
const rules = <Field extends keyof Redaction.Rules>(
  name: string,
  field: Field
): Config.Config<Redaction.Rules[Field]> =>
  nonEmpty(name).pipe(
    Config.mapOrFail((text) => {
      const list = Option.getOrUndefined(Option.map(text, entries))
      return Either.mapBoth(Redaction.validate({ [field]: list }), {
        onLeft: ({ detail }) => ConfigError.InvalidData([name], detail),
        onRight: (valid) => valid[field]
      })
    })
  )

const redaction = Config.all({
  keys: rules("TENANT_TRACER_REDACT_KEYS", "keys"),
  hash: rules("TENANT_TRACER_REDACT_HASH", "hash"),
  patterns: rules("TENANT_TRACER_REDACT_PATTERNS", "patterns"),
  hashKey: nonEmpty("TENANT_TRACER_REDACT_HASH_KEY").pipe(
    Config.map(Option.map((key) => Redacted.make(key))),
    Config.map(Option.getOrUndefined)
  )
})

const incoming = oneOf("TENANT_TRACER_INCOMING_TRACE", ["continue", "link", "ignore"])

const operator = Config.all({
  exporter: oneOf("OTEL_TRACES_EXPORTER", ["otlp", "none"]),
  tracesEndpoint: nonEmpty("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
  endpoint: nonEmpty("OTEL_EXPORTER_OTLP_ENDPOINT"),
  tracesHeaders: nonEmpty("OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
  headers: nonEmpty("OTEL_EXPORTER_OTLP_HEADERS"),
  tracesProtocol: oneOf("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", ["http/protobuf", "http/json"]),
  protocol: oneOf("OTEL_EXPORTER_OTLP_PROTOCOL", ["http/protobuf", "http/json"]),
  tracesCompression: oneOf("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", ["gzip", "none"]),
  compression: oneOf("OTEL_EXPORTER_OTLP_COMPRESSION", ["gzip", "none"]),
  content: oneOf("TENANT_TRACER_OPERATOR_CONTENT", ["none", "full"]),
  incoming
}).pipe(
  Config.mapOrFail((env): Either.Either<ReadonlyArray<Destination.Destination>, ConfigError.ConfigError> => {
    const endpoint = env.tracesEndpoint.pipe(
      Option.orElse(() => Option.map(env.endpoint, OtlpEndpoint.traces)),
      // Where the specification has an exporter that was asked for send to when it is told nothing else.
      Option.orElse(() =>
        Option.contains(env.exporter, "otlp") ? Option.some("http://localhost:4318/v1/traces") : Option.none()
      )
    )
    if (Option.isNone(endpoint) || Option.contains(env.exporter, "none")) return Either.right([])
    const headers = Option.orElse(env.tracesHeaders, () => env.headers)
    const made = Destination.make({
      name: "otlp",
      endpoint: endpoint.value,
      protocol: Option.getOrUndefined(Option.orElse(env.tracesProtocol, () => env.protocol)),
      compression: Option.getOrElse(
        Option.orElse(env.tracesCompression, () => env.compression),
        () => "none" as const
      ),
      headers: Record.map(OtlpHeaders.parse(Option.getOrUndefined(headers)), (value) => Redacted.make(value)),
      content: Option.getOrUndefined(env.content),
      // A trace that is continued at the door goes on in the operator's own back end.
      callerTrace: Option.getOrUndefined(env.incoming)
    })
    return Either.mapBoth(made, {
      onLeft: ({ detail, field }) =>
        field === "endpoint"
          ? ConfigError.InvalidData(
              [`OTEL_EXPORTER_OTLP_${env.tracesEndpoint._tag === "Some" ? "TRACES_" : ""}ENDPOINT`],
              detail
            )
          : // The header is not named: what was meant as a value may have been read as one.
            ConfigError.InvalidData(
              [`OTEL_EXPORTER_OTLP_${env.tracesHeaders._tag === "Some" ? "TRACES_" : ""}HEADERS`],
              `a header ${detail}`
            ),
      onRight: (destination) => [destination]
    })
  })
)

const isSecret = (value: unknown): boolean => Redacted.isRedacted(value) && isText(Redacted.value(value))
const isText = (value: unknown): boolean => typeof value === "string" && value !== ""

/**
 * The options that can be used; an error names the first that cannot.
 *
 * @since 0.1.0
 * @category decoding
 */
export const validate = (config: TracingConfig): Either.Either<TracingConfig, ConfigError.ConfigError> => {
  const wrong = misfit(config)
  if (wrong !== undefined) return Either.left(ConfigError.InvalidData([...wrong.path], wrong.detail))
  const attributes = CallMetrics.validate(config.callMetrics ?? {})
  if (Either.isLeft(attributes))
    return Either.left(ConfigError.InvalidData(["callMetrics", attributes.left.path], attributes.left.detail))
  const { hash, hashKey, keys, patterns } = config.redaction ?? {}
  // Not shown: whoever forgot to redact it has given it in plain text.
  if (hashKey !== undefined && !isSecret(hashKey))
    return Either.left(
      ConfigError.InvalidData(["redaction", "hashKey"], "expected text that is not empty, in Redacted.make")
    )
  const rules = Redaction.validate({ keys, hash, patterns })
  if (Either.isLeft(rules))
    return Either.left(ConfigError.InvalidData(["redaction", rules.left.path], rules.left.detail))
  return hash === undefined || hash.length === 0 || hashKey !== undefined
    ? Either.right(config)
    : Either.left(ConfigError.MissingData(["redaction", "hashKey"], "hashes need a key: set it, or use redaction.keys"))
}

/**
 * From the environment: the standard `OTEL_*` variables describe the operator's own exporter and resource (never a tenant's), `TENANT_TRACER_*` the
 * rest: `CONTENT`, `OPERATOR_CONTENT`, `INCOMING_TRACE`, `CACHE_CAPACITY`, `CACHE_IDLE_TIME`, `BATCH_MAX_SPANS`, `BATCH_MAX_AGE`,
 * `QUEUE_MAX_SPANS`, `QUEUE_MAX_BYTES`, `BUDGET_MAX_BYTES`, `BUDGET_PER_TENANT`, `MAX_ELAPSED`, `HOLD_MAX_SPANS`, `HOLD_MAX_TIME`,
 * `SHUTDOWN_DEADLINE`, and `ENDPOINT_ALLOW`: what tenants' destinations may reach beside public hosts over https, as rules of
 * `EndpointPolicy.parseRule` between commas; `REDACT_KEYS`, `REDACT_HASH`, `REDACT_PATTERNS`, each with commas between, and `REDACT_HASH_KEY`. Unset
 * means the default; a value that does not fit is an error that names the variable. `HTTPS_PROXY`, `NO_PROXY` and their kin are not read: an egress
 * proxy is an option of the transport (`EgressProxy`).
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromEnvironment: Config.Config<TracingConfig> = Config.all({
  resource,
  operator,
  content: oneOf("TENANT_TRACER_CONTENT", ["none", "full"]),
  redaction,
  endpoints,
  incoming,
  capacity: positive("TENANT_TRACER_CACHE_CAPACITY"),
  idleTimeToLive: duration("TENANT_TRACER_CACHE_IDLE_TIME"),
  batchSpans: positive("TENANT_TRACER_BATCH_MAX_SPANS"),
  batchAge: duration("TENANT_TRACER_BATCH_MAX_AGE"),
  queueSpans: positive("TENANT_TRACER_QUEUE_MAX_SPANS"),
  queueBytes: positive("TENANT_TRACER_QUEUE_MAX_BYTES"),
  budgetBytes: positive("TENANT_TRACER_BUDGET_MAX_BYTES"),
  budgetPerTenant: positive("TENANT_TRACER_BUDGET_PER_TENANT"),
  maxElapsed: duration("TENANT_TRACER_MAX_ELAPSED"),
  holdSpans: positive("TENANT_TRACER_HOLD_MAX_SPANS"),
  holdTime: duration("TENANT_TRACER_HOLD_MAX_TIME"),
  shutdownDeadline: duration("TENANT_TRACER_SHUTDOWN_DEADLINE")
}).pipe(
  Config.map((env) => ({
    resource: env.resource,
    operator: env.operator,
    content: Option.getOrUndefined(env.content),
    redaction: env.redaction,
    endpoints: env.endpoints,
    incoming: Option.getOrUndefined(env.incoming),
    cache: {
      capacity: Option.getOrUndefined(env.capacity),
      idleTimeToLive: Option.getOrUndefined(env.idleTimeToLive)
    },
    batch: { maxSpans: Option.getOrUndefined(env.batchSpans), maxAge: Option.getOrUndefined(env.batchAge) },
    queue: { maxSpans: Option.getOrUndefined(env.queueSpans), maxBytes: Option.getOrUndefined(env.queueBytes) },
    budget: {
      maxBytes: Option.getOrUndefined(env.budgetBytes),
      perTenant: Option.getOrUndefined(env.budgetPerTenant)
    },
    maxElapsed: Option.getOrUndefined(env.maxElapsed),
    hold: { maxSpans: Option.getOrUndefined(env.holdSpans), maxTime: Option.getOrUndefined(env.holdTime) },
    shutdownDeadline: Option.getOrUndefined(env.shutdownDeadline)
  }))
)

const given = <Options extends object>(options: Options): Partial<Options> =>
  // The same options, only fewer.
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>

/** What is no group stays what it is, for `validate` to tell. */
const merged = <Options extends object>(self: Options | undefined, that: Options | undefined): Options | undefined => {
  if (that === undefined) return self
  // Each option of a group may be left out.
  return Predicate.isRecord(that) ? ({ ...self, ...given<Options>(that) } as Options) : that
}

/**
 * Options over options: each one given wins, also inside a group.
 *
 * @since 0.1.0
 * @category combining
 */
export const override = (self: TracingConfig, that: TracingConfig): TracingConfig => ({
  ...self,
  ...given(that),
  resource: { ...self.resource, ...that.resource },
  cache: merged(self.cache, that.cache),
  batch: merged(self.batch, that.batch),
  queue: merged(self.queue, that.queue),
  hold: merged(self.hold, that.hold),
  budget: merged(self.budget, that.budget),
  sending: merged(self.sending, that.sending),
  spool: merged(self.spool, that.spool),
  explain: merged(self.explain, that.explain),
  metrics: merged(self.metrics, that.metrics),
  callMetrics: merged(self.callMetrics, that.callMetrics),
  breaker: merged(self.breaker, that.breaker),
  deadLetters: merged(self.deadLetters, that.deadLetters),
  redaction: merged(self.redaction, that.redaction)
})
