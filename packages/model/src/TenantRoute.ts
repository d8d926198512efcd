/**
 * Whose request it is and where its trace goes: what `TenantTracer.bind` takes once the tenant is known.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Destination } from "./Destination.js"
import * as DestinationModule from "./Destination.js"
import { readableIssue } from "./internal/readableIssue.js"
import { property } from "./internal/untrusted.js"
import type { TraceFacts } from "./TraceFacts.js"
import * as TraceFactsModule from "./TraceFacts.js"

/**
 * What becomes of the operator's own copy. `override`: the operator's exporter for the same vendor stands down;
 * `additive`: both receive; `metadata_only`: both receive, and the operator gets the structure, the timing and the counts
 * of the trace alone, without content, log lines and the texts of errors.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OperatorPolicy = Schema.Literal("override", "additive", "metadata_only")

/**
 * @since 0.1.0
 * @category models
 */
export type OperatorPolicy = typeof OperatorPolicy.Type

/**
 * A tenant with its destinations. Build it once per tenant and keep it: what is derived from it is computed once per
 * object.
 *
 * @since 0.1.0
 * @category models
 */
export interface TenantRoute {
  readonly tenant: string
  readonly destinations: ReadonlyArray<Destination>
  readonly facts: TraceFacts
  readonly operatorPolicy: OperatorPolicy
  /**
   * `none`: nobody, the operator included, receives content of this tenant's requests, whatever a destination says. It
   * may only forbid: `full` is as good as absent.
   */
  readonly content?: "none" | "full" | undefined
  /**
   * Where its traces may be kept: a destination whose region is none of these, or not known, is denied. Default:
   * anywhere. What the operator keeps is the operator's affair.
   */
  readonly regions?: ReadonlyArray<string> | undefined
}

/**
 * Makes a route. `operatorPolicy` is `override` unless said otherwise.
 *
 * @example
 * ```ts
 * import { Either } from "effect"
 * import { Destination, TenantRoute } from "@tenant-tracer/model"
 *
 * const destination = Destination.make({ name: "main", endpoint: "https://otlp.example.com/v1/traces" })
 * const route = Either.map(destination, (main) =>
 *   TenantRoute.make({ tenant: "acme", destinations: [main], facts: { team: { id: "t1" } } })
 * )
 * if (Either.isLeft(route)) throw route.left
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly tenant: string
  readonly destinations: ReadonlyArray<Destination>
  readonly facts?: TraceFacts | undefined
  readonly operatorPolicy?: OperatorPolicy | undefined
  readonly content?: TenantRoute["content"]
  readonly regions?: TenantRoute["regions"]
}): TenantRoute => ({
  tenant: options.tenant,
  destinations: options.destinations,
  facts: options.facts ?? TraceFactsModule.empty,
  operatorPolicy: options.operatorPolicy ?? "override",
  ...(options.content === undefined ? {} : { content: options.content }),
  ...(options.regions === undefined ? {} : { regions: options.regions })
})

/**
 * The most destinations that `decode` accepts for one tenant.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxDestinations = 32

/**
 * Why something is not a route. `path` leads to what is wrong, such as `destinations[0].endpoint`. No value is shown.
 *
 * @since 0.1.0
 * @category errors
 */
export class TenantRouteError extends Schema.TaggedError<TenantRouteError>()("TenantRouteError", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `route: ${this.path === "" ? "" : `${this.path} `}${this.detail}`
  }
}

/** Says what is expected and keeps quiet about what was given, which may be a credential in the wrong place. */
const quiet = (message: string) => ({ message: () => message })

const Configuration = Schema.Struct({
  tenant: Schema.String.pipe(
    Schema.pattern(/^(?!\s*$)[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u, quiet("must be 1 to 128 printable characters"))
  ),
  destinations: Schema.Array(DestinationModule.schema),
  facts: Schema.optional(TraceFactsModule.TraceFacts),
  operatorPolicy: Schema.optional(OperatorPolicy),
  content: Schema.optional(Schema.Literal("none", "full")),
  regions: Schema.optional(
    Schema.Array(
      Schema.String.pipe(
        Schema.filter(DestinationModule.isRegion, quiet("must be 1 to 32 lower-case letters, digits or dashes"))
      )
    ).pipe(Schema.maxItems(64, quiet("must be a list of at most 64 regions")))
  )
}).annotations(quiet("is not a record of tenant, destinations, facts, operatorPolicy, content and regions"))

const decodeConfiguration = Schema.decodeUnknownEither(Configuration, { onExcessProperty: "error" })

/**
 * Decodes a tenant's stored settings, which nobody has checked: destinations as in `Destination.schema`, facts bounded
 * as by `TraceFacts.read`. Two destinations with one name are an error. Never throws.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode = (input: unknown): Either.Either<TenantRoute, TenantRouteError> => {
  try {
    // Before they are read: that takes its time.
    const given = property(input, "destinations")
    if (Array.isArray(given) && given.length > maxDestinations)
      return Either.left(
        new TenantRouteError({ path: "destinations", detail: `has more than ${maxDestinations} entries` })
      )
    const decoded = decodeConfiguration(input)
    if (Either.isLeft(decoded)) return Either.left(new TenantRouteError(readableIssue(decoded.left.issue)))
    const { content, destinations, facts, operatorPolicy, regions, tenant } = decoded.right
    const names = destinations.map(({ name }) => name)
    const repeated = names.findIndex((name, i) => names.indexOf(name) < i)
    return repeated === -1
      ? Either.right(
          make({ tenant, destinations, facts: TraceFactsModule.read(facts), operatorPolicy, content, regions })
        )
      : Either.left(
          new TenantRouteError({
            path: `destinations[${repeated}].name`,
            detail: `"${names[repeated]}" is used twice: give each destination of a tenant a name of its own`
          })
        )
  } catch {
    // A getter or a proxy threw.
    return Either.left(new TenantRouteError({ path: "", detail: "is not plain data: a property of it cannot be read" }))
  }
}
