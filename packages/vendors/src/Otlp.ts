/**
 * Any OTLP/HTTP back end: an OpenTelemetry Collector, or a vendor that has no module of its own.
 *
 * @since 0.1.0
 */
import { AttributeValue } from "@tenant-tracer/model/Destination"
import * as OtlpEndpoint from "@tenant-tracer/model/OtlpEndpoint"
import * as OtlpHeaders from "@tenant-tracer/model/OtlpHeaders"
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { label, quiet, url } from "./internal/fields.js"
import * as Named from "./internal/named.js"
import { invalid, make, type Problem } from "./internal/vendor.js"

const Value = Schema.Union(Schema.String, Schema.RedactedFromSelf(Schema.String))

const Headers = Schema.Union(Value, Schema.Record({ key: Schema.String, value: Value }))

const VocabularyName = Schema.Union(
  Schema.transform(label, Schema.Struct({ name: Schema.String, version: Schema.optional(Schema.String) }), {
    strict: true,
    decode: (name) => ({ name }),
    encode: ({ name }) => name
  }),
  Schema.Struct({ name: label, version: Schema.optional(label) })
)

const pem = Schema.String.annotations(quiet("must be PEM text"))

const Credentials = Schema.Struct({
  endpoint: url,
  headers: Schema.optional(
    Headers.annotations(quiet("must be a record of header to text, or text such as name=value,name=value"))
  ),
  protocol: Schema.optional(
    Schema.Literal("http/protobuf", "http/json").annotations(quiet("must be http/protobuf or http/json"))
  ),
  compression: Schema.optional(Schema.Literal("gzip", "none").annotations(quiet("must be gzip or none"))),
  tls: Schema.optional(
    Schema.Struct({
      ca: Schema.optional(pem),
      certificate: Schema.optional(pem),
      key: Schema.optional(Schema.Union(Schema.Redacted(Schema.String), Schema.RedactedFromSelf(Schema.String)))
    }).annotations(quiet("must be a record of ca, certificate and key, each PEM text"))
  ),
  resource: Schema.optional(
    Schema.Record({ key: Schema.String, value: AttributeValue }).annotations(
      quiet("must be a record of attribute to text, a finite number, a boolean, or a list of one of them")
    )
  ),
  vocabularies: Schema.optional(
    Schema.Array(VocabularyName).annotations(quiet("must be a list of names, or of records with name and version"))
  )
})

const recordOf = (headers: typeof Headers.Type): Either.Either<ReadonlyArray<readonly [string, string]>, Problem> => {
  const reveal = (value: typeof Value.Type): string => (Redacted.isRedacted(value) ? Redacted.value(value) : value)
  if (typeof headers !== "string" && !Redacted.isRedacted(headers)) {
    return Either.right(
      Object.entries(headers).map(([name, value]) => [name.trim().toLowerCase(), reveal(value).trim()])
    )
  }
  const text = reveal(headers)
  const lost = text.split(",").some((entry) => entry.trim() !== "" && entry.indexOf("=") < 1)
  return lost
    ? invalid("headers", "has an entry without a name and =: write name=value,name=value, values percent-encoded")
    : Either.right(Object.entries(OtlpHeaders.parse(text)))
}

const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

const headersOf = (
  headers: typeof Headers.Type
): Either.Either<Readonly<Record<string, Redacted.Redacted<string>>>, Problem> =>
  Either.gen(function* () {
    const entries = yield* recordOf(headers)
    const seen = new Set<string>()
    for (const [name, value] of entries) {
      // What is no name may be a pasted secret, and is not shown.
      if (!headerName.test(name))
        return yield* invalid("headers", "has an entry whose name is no header's: write name=value")
      const field = `headers.${name.slice(0, 64)}`
      if (seen.has(name)) return yield* invalid(field, "is given twice: give it once")
      if (value === "") return yield* invalid(field, "is empty: give it a value or remove it")
      seen.add(name)
    }
    return Object.fromEntries(entries.map(([name, value]) => [name, Redacted.make(value)]))
  })

const endpointOf = (endpoint: string): string => {
  const { pathname, search } = new URL(endpoint)
  return /^\/+$/.test(pathname) && search === "" ? OtlpEndpoint.traces(endpoint) : endpoint
}

/**
 * Credentials: `endpoint` (used as it is; where it is a host alone, `/v1/traces` is added), `headers` (a record, or a line as in
 * `OTEL_EXPORTER_OTLP_HEADERS`), `protocol` (`http/protobuf`, `http/json`), `compression` (`gzip`, `none`), `tls` (`ca`, `certificate`, `key`),
 * `resource` attributes, `vocabularies` by name or name and version. All but the endpoint may be left out.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "otlp",
  title: "OTLP and the OpenTelemetry Collector",
  tier: "contract",
  page: "https://opentelemetry.io/docs/specs/otlp/#otlphttp",
  readOn: "2026-11-21",
  endpoint: "{endpoint}",
  host: "required",
  headers: { "{headers}": "those of the credentials" },
  resource: { "{resource}": "those of the credentials" },
  protocols: ["http/protobuf", "http/json"],
  compressions: ["gzip", "deflate", "zstd"],
  limits: { bytesPerRequest: 20 * 1024 * 1024 },
  success: "any 2xx",
  orphans: "As the back end behind it does.",
  notes: [
    "Where its endpoint is a host of another vendor's, its region is what that vendor's page says.",
    "A collector in a private network is reached only where the operator's endpoint policy allows it.",
    "These compressions and this limit are a collector's, unless its operator says otherwise; limits of the destination's own go before it: https://github.com/open-telemetry/opentelemetry-collector/blob/main/config/confighttp/README.md"
  ],
  credentials: Credentials,
  others: [...Named.contract, ...Named.cited, ...Named.unverified],
  settings: ({ endpoint, headers = {}, ...settings }) =>
    Either.map(headersOf(headers), (checked) => ({ ...settings, endpoint: endpointOf(endpoint), headers: checked }))
})
