/**
 * Sentry, which calls an address with its key in one text a DSN.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { quiet } from "./internal/fields.js"
import { headers, invalid, make } from "./internal/vendor.js"

const parse = (dsn: string): URL | undefined => (URL.canParse(dsn) ? new URL(dsn) : undefined)

/** `https://key@host/path/project`: the key is public, and still no text to show. */
const readDsn = (dsn: string) => {
  const url = parse(dsn.trim())
  const found = /^(.*)\/(\d+)\/?$/.exec(url?.pathname ?? "")
  return url === undefined || found === null || !/^https?:$/.test(url.protocol) || !/^[\w-]+$/.test(url.username)
    ? undefined
    : { endpoint: `${url.origin}${found[1]}/api/${found[2]}/integration/otlp/v1/traces`, key: url.username }
}

/**
 * Credentials: `dsn` of the project, such as `https://key@o1.ingest.de.sentry.io/2`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "sentry",
  title: "Sentry",
  tier: "cited",
  page: "https://docs.sentry.io/concepts/otlp/direct/traces/",
  readOn: "2026-11-22",
  endpoint: "{dsn's host}/api/{dsn's project}/integration/otlp/v1/traces",
  hosts: {
    "{organization}.ingest.sentry.io": "us",
    "{organization}.ingest.us.sentry.io": "us",
    "{organization}.ingest.de.sentry.io": "eu"
  },
  host: "required",
  headers: { "x-sentry-auth": "sentry sentry_key= and the dsn's key" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Not said.",
  environment: { dsn: ["SENTRY_DSN"] },
  notes: [
    "An open beta; metrics are not taken.",
    "Where its hosts are: https://docs.sentry.io/security-legal-pii/security/ip-ranges/"
  ],
  credentials: Schema.Struct({
    dsn: Schema.Union(Schema.String, Schema.RedactedFromSelf(Schema.String)).annotations(quiet("must be text"))
  }),
  settings: ({ dsn }) => {
    const read = readDsn(Redacted.isRedacted(dsn) ? Redacted.value(dsn) : dsn)
    return read === undefined
      ? invalid("dsn", "must be written as https://key@host/project: copy it from the project's client keys")
      : Either.right({
          endpoint: read.endpoint,
          headers: headers({ "x-sentry-auth": `sentry sentry_key=${read.key}` })
        })
  }
})
