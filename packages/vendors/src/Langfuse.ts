/**
 * Langfuse: keys belong to one host, so a tenant names its host or its region.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { nameOf, secret, url } from "./internal/fields.js"
import { invalid, make, missing, parameter, present } from "./internal/vendor.js"

const hosts: Readonly<Record<string, string>> = {
  eu: "https://cloud.langfuse.com",
  us: "https://us.cloud.langfuse.com",
  jp: "https://jp.cloud.langfuse.com",
  hipaa: "https://hipaa.cloud.langfuse.com"
}

const path = "/api/public/otel/v1/traces"

/** Version 4 shows traces at once; without it they may take ten minutes. */
const ingestionVersion = "4"

const basic = (publicKey: string, secretKey: string): string =>
  `Basic ${Encoding.encodeBase64(`${publicKey}:${secretKey}`)}`

const Credentials = Schema.Struct({
  publicKey: secret.pipe(
    Schema.filter((key) => !Redacted.value(key).includes(":") || "has a colon in it: give the public key alone")
  ),
  secretKey: secret,
  host: Schema.optional(url.pipe(Schema.filter((host) => !host.includes("?") || "has a query (?): remove it"))),
  region: Schema.optional(nameOf(hosts))
})

/** Takes a host, a host with a base path, and a URL that someone copied with the API's path on it. */
const endpointOf = (host: string): string =>
  host.replace(/\/+$/, "").replace(/\/api\/public\/otel(?:\/v1\/traces)?$/, "") + path

/**
 * Credentials: `publicKey`, `secretKey`, and one of `host` and `region` (`eu`, `us`, `jp`, `hipaa`). There is no default host: keys of the EU would
 * go to the US. A request takes at most 5 MB.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "langfuse_otel",
  title: "Langfuse",
  page: "https://langfuse.com/docs/opentelemetry/introduction",
  credentials: Credentials,
  settings: ({ host, publicKey, region, secretKey }) => {
    if (host !== undefined && region !== undefined)
      return invalid("region", "and host are both given: give one of them")
    const base = host ?? (region === undefined ? undefined : hosts[region])
    if (base === undefined) {
      return missing(
        "host",
        `or region (${Object.keys(hosts).join(", ")}) must be given: a key pair belongs to one host`
      )
    }
    return Either.right({
      endpoint: endpointOf(base),
      headers: {
        authorization: Redacted.make(basic(Redacted.value(publicKey), Redacted.value(secretKey))),
        "x-langfuse-ingestion-version": Redacted.make(ingestionVersion)
      },
      limits: { bytesPerRequest: 5_000_000 },
      vocabularies: [{ name: "langfuse" }]
    })
  },
  dynamicHeaders: (params) => {
    const publicKey = parameter(params, "langfuse_public_key")
    const secretKey = parameter(params, "langfuse_secret_key")
    return present(
      publicKey === undefined || secretKey === undefined
        ? {}
        : { Authorization: basic(publicKey, secretKey), "x-langfuse-ingestion-version": ingestionVersion }
    )
  }
})
