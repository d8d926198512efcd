/** A file of tenants and keys that is read into the database at start, for a gateway that nobody administers. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { VirtualKeys } from "../keys/VirtualKeys.js"
import { DestinationOptions, Settings } from "./Tenant.js"
import { Tenants } from "./Tenants.js"

/** What the file holds: `{"tenants":[{"id","name","settings","destinations":[…],"keys":[{"alias","key"}]}]}`. */
export const TenantsFile = Schema.Struct({
  tenants: Schema.Array(
    Schema.Struct({
      id: Schema.NonEmptyString.pipe(Schema.maxLength(64)),
      name: Schema.String,
      settings: Schema.optional(Schema.encodedSchema(Settings)),
      destinations: Schema.optional(
        Schema.Array(
          Schema.Struct({
            name: Schema.String,
            vendor: Schema.String,
            credentials: Schema.Unknown,
            content: Schema.optional(Schema.Literal("none", "full")),
            ...DestinationOptions.fields
          })
        )
      ),
      keys: Schema.optional(
        Schema.Array(
          Schema.Struct({
            alias: Schema.String,
            key: Schema.Redacted(Schema.String.pipe(Schema.minLength(16))),
            expiresAt: Schema.optional(Schema.Date)
          })
        )
      )
    })
  )
})

/** A file that cannot be used; the message names the field and shows no value of it. */
export class TenantsFileError extends Schema.TaggedError<TenantsFileError>()("TenantsFileError", {
  file: Schema.String,
  field: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {
  override get message(): string {
    return this.field === ""
      ? `The tenants file ${this.file} cannot be read: check the path, and that it is JSON`
      : `The tenants file ${this.file} is invalid at ${this.field}`
  }
}

const decode = Schema.decodeUnknown(Schema.parseJson(TenantsFile))

/** Stores what the file holds. A tenant that is there already is replaced; a key that is there already stays. */
export const load = (file: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const tenants = yield* Tenants
    const keys = yield* VirtualKeys
    const text = yield* Effect.mapError(
      files.readFileString(file),
      (cause) => new TenantsFileError({ file, field: "", cause })
    )
    const content = yield* Effect.mapError(decode(text), (error) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      return new TenantsFileError({ file, field: issue?.path.join(".") ?? "" })
    })
    yield* Effect.forEach(content.tenants, ({ keys: issued = [], ...tenant }) =>
      Effect.zipRight(
        tenants.put(tenant),
        Effect.forEach(issued, (key) => keys.issue({ tenant: tenant.id, ...key }))
      )
    )
  })

/** Loads the file that `GATEWAY_TENANTS` names, if it does. */
export const layerConfig = Layer.effectDiscard(
  Effect.flatMap(
    Config.option(Config.nonEmptyString("GATEWAY_TENANTS")),
    Option.match({ onNone: () => Effect.void, onSome: load })
  )
)
