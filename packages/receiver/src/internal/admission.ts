/** Which account a request belongs to, and whether the account's rules take it. */
import { Effect } from "effect"
import type { AttributeValue, Encoding, ExportRequest, ReceivedSpan } from "../Otlp.js"
import type { Compression, VendorRules } from "../VendorRules.js"
import { Refused } from "./refused.js"
import type { Throttle } from "./throttle.js"

/** An account with all its defaults filled in; header names are lower-case. */
export interface Admittance {
  readonly id: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly mayWrite: boolean
  readonly rules: VendorRules
  readonly throttle: Throttle
}

/** The headers of a request, names in lower case. */
export type Headers = Readonly<Record<string, string>>

const broken = (status: number, rules: VendorRules, rule: string, what: string) =>
  new Refused({ status, reason: `${what} (rule "${rule}" of ${rules.vendor}, see ${rules.page})` })

/** The accounts on a path, for a method that can deliver there: else 404, what a vendor says instead, or 405. */
export const route = (
  accounts: Iterable<Admittance>,
  method: string,
  path: string
): Effect.Effect<ReadonlyArray<Admittance>, Refused> => {
  const all = Array.from(accounts)
  const here = all.filter((account) => account.path === path)
  if (here.length === 0) {
    for (const { rules } of all) {
      const other = rules.otherPaths.find((other) => other.path === path)
      if (other !== undefined) {
        const refused = broken(other.status, rules, "otherPaths", `${path} takes nothing`)
        return other.status === 405 ? new Refused({ ...refused, headers: { allow: "" } }) : refused
      }
    }
    return new Refused({ status: 404, reason: `nothing is at ${path}: check the endpoint's path` })
  }
  return method === "POST"
    ? Effect.succeed(here)
    : new Refused({ status: 405, reason: `${method} is not allowed, send POST`, headers: { allow: "POST" } })
}

/** Passes a request with every header that the vendor asks for: else 401, or what the vendor says instead. */
export const checkHeaders = (rules: VendorRules, headers: Headers): Effect.Effect<void, Refused> => {
  const refused = (what: string) => broken(rules.unauthorizedStatus, rules, "requiredHeaders", what)
  for (const { name, pattern } of rules.requiredHeaders) {
    const value = headers[name]
    if (value === undefined || value === "") return refused(`header ${name} is missing`)
    if (pattern !== undefined && !new RegExp(pattern).test(value)) {
      return refused(`header ${name} does not match ${pattern}`)
    }
  }
  return Effect.void
}

/** The account whose headers the request has; of several, the one that asks for most. Else 401, or what the vendor of all says instead. */
export const authenticate = (
  candidates: ReadonlyArray<Admittance>,
  headers: Headers
): Effect.Effect<Admittance, Refused> => {
  let best: Admittance | undefined
  let most = -1
  for (const account of candidates) {
    const wanted = Object.entries(account.headers)
    if (wanted.length > most && wanted.every(([name, value]) => headers[name] === value)) {
      best = account
      most = wanted.length
    }
  }
  if (best !== undefined) return Effect.succeed(best)
  const names = Array.from(new Set(candidates.flatMap((account) => Object.keys(account.headers)))).join(", ")
  const [status = 401, ...others] = new Set(candidates.map(({ rules }) => rules.unauthorizedStatus))
  return new Refused({
    status: others.length === 0 ? status : 401,
    reason: `no account here has these headers: send the right value of ${names}`
  })
}

/** Passes a request of an account that may write traces: else 403, or what the vendor says instead. */
export const checkRights = ({ id, mayWrite, rules }: Admittance): Effect.Effect<void, Refused> =>
  mayWrite ? Effect.void : broken(rules.forbiddenStatus, rules, "forbiddenStatus", `account ${id} may not write traces`)

/** The encoding that a content type names, parameters aside. */
export const encodingOf = (headers: Headers): Encoding | undefined => {
  switch (headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase()) {
    case "application/x-protobuf":
      return "protobuf"
    case "application/json":
      return "json"
    default:
      return undefined
  }
}

/** The encoding and compression of a request, if the rules take them: else 415. */
export const mediaOf = (
  rules: VendorRules,
  headers: Headers
): Effect.Effect<{ readonly encoding: Encoding; readonly compression: Compression | "identity" }, Refused> => {
  const encoding = encodingOf(headers)
  const type = headers["content-type"] ?? "none"
  if (encoding === undefined) {
    return new Refused({
      status: 415,
      reason: `content type ${type} is not OTLP: send application/x-protobuf or application/json`
    })
  }
  if (!rules.encodings.includes(encoding)) {
    return broken(415, rules, "encodings", `${rules.vendor} takes ${rules.encodings.join(" and ")}, not ${encoding}`)
  }
  const written = headers["content-encoding"]?.trim().toLowerCase() ?? ""
  if (written === "" || written === "identity") return Effect.succeed({ encoding, compression: "identity" })
  const compression = rules.compressions.find((known) => known === written)
  return compression === undefined
    ? broken(415, rules, "compressions", `content encoding ${written} is not among ${rules.compressions.join(", ")}`)
    : Effect.succeed({ encoding, compression })
}

const isText = (value: AttributeValue | undefined): boolean => typeof value === "string" && value !== ""

/** Passes a request that comes within the vendor's rate: else 429. */
export const checkRate = ({ rules, throttle }: Admittance, now: number): Effect.Effect<void, Refused> => {
  const seconds = throttle(now)
  if (seconds === 0) return Effect.void
  const refused = broken(429, rules, "requestsPerMinute", `more than ${rules.requestsPerMinute} requests in a minute`)
  return new Refused({ ...refused, headers: { "retry-after": String(seconds) } })
}

/** Passes a request whose every resource names what the vendor asks for: else 400, or what the vendor says instead. */
export const checkResources = (rules: VendorRules, request: ExportRequest): Effect.Effect<void, Refused> => {
  for (const names of rules.requiredResourceAttributes) {
    const without = request.resourceSpans.findIndex(
      ({ resource }) => !names.some((name) => isText(resource.attributes[name]))
    )
    if (without >= 0) {
      const what = `resourceSpans[${without}].resource must have ${names.join(" or ")}`
      return broken(rules.missingResourceStatus, rules, "requiredResourceAttributes", what)
    }
  }
  return Effect.void
}

/** Wherever that is: a part of a character is left of the last, which shows. */
const firstBytes = (text: string, length: number): string => Buffer.from(text).subarray(0, length).toString()

/** A span as the vendor keeps it, which cuts what is too long, drops lists with too many entries, and says nothing of it. */
export const cut = (
  { keyLength, lengthUnit, listLength, valueLength }: VendorRules,
  span: ReceivedSpan
): ReceivedSpan => {
  const first = (text: string, length: number) =>
    lengthUnit === "bytes" ? firstBytes(text, length) : text.slice(0, length)
  const fits = (key: string, value: AttributeValue | undefined) =>
    first(key, keyLength) === key &&
    !(typeof value === "string" && first(value, valueLength) !== value) &&
    !(Array.isArray(value) && value.length > listLength)
  const entries = Object.entries(span.attributes)
  return entries.every(([key, value]) => fits(key, value))
    ? span
    : {
        ...span,
        attributes: Object.fromEntries(
          entries.flatMap(([key, value]) =>
            Array.isArray(value) && value.length > listLength
              ? []
              : [[first(key, keyLength), typeof value === "string" ? first(value, valueLength) : value]]
          )
        )
      }
}

/** The spans that the vendor does not find too old at a time in milliseconds. */
export const fresh = (
  rules: VendorRules,
  spans: ReadonlyArray<ReceivedSpan>,
  now: number
): ReadonlyArray<ReceivedSpan> =>
  spans.filter(({ endTimeUnixNano }) => now - Number(endTimeUnixNano / 1_000_000n) <= rules.oldestSpan * 1000)
