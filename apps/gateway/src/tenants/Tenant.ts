/** What the gateway stores about a tenant: untrusted until it has been decoded here. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { Destination } from "tenant-tracer"
import * as Guardrail from "../guardrail/Guardrail.js"

const Residency = Schema.Struct({
  regions: Schema.optional(Schema.Array(Schema.String.pipe(Schema.filter(Destination.isRegion))))
})

/**
 * A tenant's settings. `models` lists the models that it may use; without it all of them. With `metadata_only` the operator's own copies tell nothing
 * of what was said, and with `content: "none"` nobody's do. `regions` are those where its traces may be kept, such as `eu`; without it all.
 */
export const Settings = Schema.Struct({
  guardrail: Schema.optionalWith(Guardrail.Policy, { default: () => Schema.decodeSync(Guardrail.Policy)({}) }),
  models: Schema.optional(Schema.Array(Schema.String)),
  operatorPolicy: Schema.optionalWith(Schema.Literal("override", "additive", "metadata_only"), {
    default: () => "override"
  }),
  content: Schema.optionalWith(Schema.Literal("none", "full"), { default: () => "full" }),
  ...Residency.fields
})

/** A tenant's settings. */
export type Settings = typeof Settings.Type

/** What is known of a destination beside its vendor: where a host of the tenant's own is, and what the tenant's plan allows in place of the usual. */
export const DestinationOptions = Schema.Struct({
  region: Schema.optional(Schema.String),
  limits: Schema.optional(Destination.Limits)
})

/** A destination as it is stored; `credentials` is JSON for the vendor to read. */
export const StoredDestination = Schema.Struct({
  name: Schema.String,
  vendor: Schema.String,
  credentials: Schema.parseJson(Schema.Unknown),
  content: Schema.Literal("none", "full"),
  options: Schema.parseJson(DestinationOptions)
})

/** A tenant as its operator writes it down. */
export interface Definition {
  readonly id: string
  readonly name: string
  readonly settings?: typeof Settings.Encoded | undefined
  readonly destinations?:
    | ReadonlyArray<
        {
          readonly name: string
          readonly vendor: string
          readonly credentials: unknown
          readonly content?: "none" | "full" | undefined
        } & typeof DestinationOptions.Type
      >
    | undefined
}

/** Settings that cannot be read: the operator's mistake, not the caller's. */
export class InvalidSettings extends Schema.TaggedError<InvalidSettings>()("InvalidSettings", {
  tenant: Schema.String,
  field: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The settings of tenant ${this.tenant} are invalid: ${this.field === "" ? "" : `'${this.field}' `}${this.detail}`
  }
}

const decode = Schema.decodeUnknown(Schema.parseJson(Settings))

/** Reads a tenant's settings; the error names the field. Nothing is guessed: a guardrail that cannot be read lets nothing pass. */
export const readSettings = (tenant: string, settings: string): Effect.Effect<Settings, InvalidSettings> =>
  Effect.mapError(decode(settings), (error) => {
    const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
    return new InvalidSettings({ tenant, field: issue?.path.join(".") ?? "", detail: issue?.message ?? "unreadable" })
  })

const decodeResidency = Schema.decodeUnknownOption(Schema.parseJson(Residency))

/** Where a tenant's traces may be kept by settings that cannot be read as a whole: nowhere, unless that much of them can. */
export const regionsOf = (settings: string): ReadonlyArray<string> | undefined =>
  Option.match(decodeResidency(settings), { onNone: () => [], onSome: ({ regions }) => regions })
