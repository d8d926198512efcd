/**
 * Which hosts a tenant's destination may reach. Whoever chooses an endpoint chooses where the process connects to, so that it is judged twice: as
 * text, when a route is decided and before each request, and as the address that a name resolved to, when a connection is opened.
 *
 * @since 0.1.0
 */
import { BlockList, isIP } from "node:net"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Url from "../internal/url.js"

/**
 * What the operator opens; a rule applies where all that it says applies. One with a `host` opens that host whatever its address, one with a `cidr`
 * the addresses in it, one with both only what is both. One with neither opens public addresses only: `{ scheme: "http" }`.
 *
 * @since 0.1.0
 * @category models
 */
export interface AllowRule {
  /** Default: both. */
  readonly scheme?: "http" | "https" | undefined
  /** A name or an address, `*.suffix` for every name below one, or `*` for all. Default: any. */
  readonly host?: string | undefined
  /** Addresses, such as `10.0.0.0/8` or `fd00::/8`. Default: see above. */
  readonly cidr?: string | undefined
  /** Default: any. */
  readonly port?: number | undefined
}

/**
 * What is opened beside public addresses over https, or in their place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: nothing. */
  readonly allow?: ReadonlyArray<AllowRule> | undefined
  /** Whether https to public addresses needs no rule. Default `true`. */
  readonly public?: boolean | undefined
}

/**
 * An endpoint's parts: the host in lower case and ASCII, without brackets or a dot at its end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly scheme: "http" | "https"
  readonly host: string
  readonly port: number
}

/**
 * An endpoint that passed. It is `settled` when no address need be judged any more: its host is an address, or may have any.
 *
 * @since 0.1.0
 * @category models
 */
export interface Judged extends Target {
  readonly settled: boolean
}

/**
 * Why an endpoint may not be reached. It depends on nothing but the endpoint's text and the policy, so that it tells nothing about the network.
 *
 * @since 0.1.0
 * @category errors
 */
export class EndpointRejected extends Schema.TaggedError<EndpointRejected>()("EndpointRejected", {
  reason: Schema.Literal("invalid", "scheme", "user_info", "host", "address"),
  /** As it was read, without anything that could be a credential; empty if it could not be. */
  host: Schema.String
}) {
  override get message(): string {
    return `${this.host === "" ? "the endpoint" : `the endpoint's host "${this.host.slice(0, 253)}"`} ${sentences[this.reason]}`
  }
}

const sentences: Record<EndpointRejected["reason"], string> = {
  invalid: "is not part of a valid URL: give the full https:// URL of the traces endpoint",
  scheme: "may be reached over https only: use https, or ask the operator to allow it",
  user_info: "comes with a user name or a password: put credentials into headers",
  host: "may not be reached: use a public host, or ask the operator to allow this one",
  address: "is not a public address: use a public host, or ask the operator to allow this one"
}

/**
 * A rule of the operator's that cannot be understood.
 *
 * @since 0.1.0
 * @category errors
 */
export class AllowRuleError extends Schema.TaggedError<AllowRuleError>()("AllowRuleError", {
  field: Schema.Literal("rule", "scheme", "host", "cidr", "port"),
  detail: Schema.String
}) {
  override get message(): string {
    return `endpoint policy: ${this.field} ${this.detail}`
  }
}

/**
 * A policy; both functions are total. Policies of one name are taken to be one, and share connections.
 *
 * @since 0.1.0
 * @category models
 */
export interface EndpointPolicy {
  readonly name: string
  readonly judge: (url: string) => Either.Either<Judged, EndpointRejected>
  /** Judges an address that the target's name resolved to. */
  readonly judgeAddress: (address: string, target: Target) => Either.Either<string, EndpointRejected>
}

const listOf = (...cidrs: ReadonlyArray<string>): BlockList => {
  const list = new BlockList()
  for (const cidr of cidrs) add(list, cidr)
  return list
}

/** Throws where the length of the prefix does not fit. */
const add = (list: BlockList, cidr: string): void => {
  const [network = "", prefix] = cidr.split("/")
  list.addSubnet(network, Number(prefix), isIP(network) === 6 ? "ipv6" : "ipv4")
}

// From IANA's registries of special-purpose addresses. The lists of the two families are apart: an IPv4 address matches IPv6 rules as if mapped.
const special4 = listOf(
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // shared by carriers (CGNAT); a cloud's metadata
  "127.0.0.0/8", // loopback
  "168.63.129.16/32", // a cloud's metadata behind a public address
  "169.254.0.0/16", // link-local; clouds' metadata
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments; a cloud's metadata
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/3" // multicast, reserved, broadcast
)

/** All else is loopback, mapped (::ffff:0:0/96), NAT64 (64:ff9b::), discarded, local (fc00::, fe80::, fec0::), multicast or not assigned. */
const unicast6 = listOf("2000::/3")

const special6 = listOf(
  "2001::/23", // protocol assignments: Teredo, benchmarks, ORCHID
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4
  "3fff::/20" // documentation
)

const isPublic = (address: string): boolean => {
  const family = isIP(address)
  if (family === 4) return !special4.check(address, "ipv4")
  return family === 6 && unicast6.check(address, "ipv6") && !special6.check(address, "ipv6")
}

/** Names that are not in the public DNS: a name without a dot, and what RFC 6761, 6762, 7686, 8375 and ICANN keep for local use. */
const isLocalName = (host: string): boolean =>
  !host.includes(".") || /\.(localhost|local|onion|home\.arpa|internal)$/.test(host)

const plainHost = (url: URL): string => {
  const { hostname } = url
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname.replace(/\.$/, "")
}

const ports = { http: 80, https: 443 } as const

interface Rule {
  readonly admits: (target: Target) => boolean
  /** Any address will do. */
  readonly any: boolean
  readonly covers: (address: string) => boolean
}

const compile = (rule: AllowRule): Either.Either<Rule, AllowRuleError> => {
  const { cidr, host, port, scheme } = rule
  const wrong = (field: AllowRuleError["field"], detail: string) => Either.left(new AllowRuleError({ field, detail }))
  // A rule made without types must not open more than was meant.
  const unknown = Object.keys(rule).find((key) => !["scheme", "host", "cidr", "port"].includes(key))
  if (unknown !== undefined) return wrong("rule", `has an unknown field "${unknown}": use scheme, host, cidr and port`)
  if (scheme !== undefined && !Object.hasOwn(ports, scheme)) return wrong("scheme", `is not "http" or "https"`)
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536))
    return wrong("port", "is not a whole number from 1 to 65535")
  const named = host === undefined ? undefined : hostRule(host)
  if (host !== undefined && named === undefined)
    return wrong("host", `"${host}" is not a host name, an address, "*.suffix" or "*": leave scheme, port and path out`)
  const covers = cidr === undefined ? undefined : coverage(cidr)
  if (cidr !== undefined && covers === undefined)
    return wrong("cidr", `"${cidr}" is not a range of addresses such as 10.0.0.0/8 or fd00::/8`)
  const any = named !== undefined && covers === undefined
  return Either.right({
    admits: (target) =>
      (scheme === undefined || scheme === target.scheme) &&
      (port === undefined || port === target.port) &&
      (named === undefined || named(target.host)),
    any,
    covers: covers ?? (any ? (address) => isIP(address) !== 0 : isPublic)
  })
}

const hostRule = (pattern: string): ((host: string) => boolean) | undefined => {
  if (pattern === "*") return () => true
  const below = pattern.startsWith("*.")
  const given = below ? pattern.slice(2) : pattern.replace(/^\[(.*)\]$/, "$1")
  if (isIP(given) !== 6 && /[\s:/?#@*\\%[\]]/.test(given)) return undefined
  const url = Url.parse(`http://${isIP(given) === 6 ? `[${given}]` : given}`)
  const plain = url && plainHost(url)
  if (!plain || (below && isIP(plain) !== 0)) return undefined
  return below ? (host) => host.endsWith(`.${plain}`) : (host) => host === plain
}

const coverage = (cidr: string): ((address: string) => boolean) | undefined => {
  const [network = "", prefix = "", ...more] = cidr.split("/")
  const family = isIP(network)
  if (family === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128) || more.length > 0)
    return undefined
  const list = listOf(cidr)
  return (address) => {
    const of = isIP(address)
    // A mapped address is in the range of the address that it stands for, and no IPv4 address in a range of IPv6.
    return of === 6 ? list.check(address, "ipv6") : of === 4 && family === 4 && list.check(address, "ipv4")
  }
}

const maxVerdicts = 256

/**
 * A policy of the operator's: https to public addresses, and what the rules open. A rule that cannot be understood throws an `AllowRuleError`,
 * since the program is wrong then; text from outside goes through `parseRule` first.
 *
 * @example
 * ```ts
 * import { EndpointPolicy } from "@tenant-tracer/tracer"
 *
 * export const endpoints = EndpointPolicy.make({
 *   allow: [{ scheme: "http", host: "collector.observability.svc", port: 4318 }, { cidr: "10.20.0.0/16", port: 443 }]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): EndpointPolicy => {
  const { allow = [], public: isOpen = true } = options
  const rules = allow.map((rule) => Either.getOrThrowWith(compile(rule), (error) => error))

  const judgeAddress: EndpointPolicy["judgeAddress"] = (address, target) => {
    if (rules.some((rule) => rule.admits(target) && rule.covers(address))) return Either.right(address)
    const reachable = isOpen && isPublic(address)
    if (reachable && target.scheme === "https") return Either.right(address)
    const reason = reachable ? "scheme" : isOpen || !isPublic(address) ? "address" : "host"
    return Either.left(new EndpointRejected({ reason, host: target.host }))
  }

  const decide: EndpointPolicy["judge"] = (text) => {
    const url = Url.parse(text)
    const host = url === undefined ? "" : plainHost(url)
    const reject = (reason: EndpointRejected["reason"]) => Either.left(new EndpointRejected({ reason, host }))
    if (url === undefined) return reject("invalid")
    const scheme = url.protocol.slice(0, -1)
    if (scheme !== "https" && scheme !== "http") return reject("scheme")
    if (url.username !== "" || url.password !== "") return reject("user_info")
    if (host.split(".").includes("")) return reject("invalid")
    const target = { scheme, host, port: url.port === "" ? ports[scheme] : Number(url.port) } as const
    if (isIP(host) !== 0) return Either.map(judgeAddress(host, target), () => ({ ...target, settled: true }))
    const admitting = rules.filter((rule) => rule.admits(target))
    if (admitting.length > 0) return Either.right({ ...target, settled: admitting.some(({ any }) => any) })
    if (!isOpen || isLocalName(host)) return reject("host")
    return scheme === "https" ? Either.right({ ...target, settled: false }) : reject("scheme")
  }

  /** Most tenants have one of a few endpoints, which is judged with every batch. */
  const verdicts = new Map<string, ReturnType<typeof decide>>()
  const judge: EndpointPolicy["judge"] = (text) => {
    const known = verdicts.get(text)
    if (known !== undefined) return known
    const verdict = decide(text)
    if (verdicts.size >= maxVerdicts) verdicts.clear()
    // Tenants can think of any number of them, of any length.
    if (text.length <= 512) verdicts.set(text, verdict)
    return verdict
  }

  return { name: JSON.stringify([isOpen, allow]), judge, judgeAddress }
}

/**
 * https to public addresses and nothing else: what holds for tenants' destinations unless the operator says otherwise.
 *
 * @since 0.1.0
 * @category policies
 */
export const publicOnly: EndpointPolicy = make()

/**
 * Every host over http and https: for tests and demonstrations on one machine.
 *
 * @since 0.1.0
 * @category policies
 */
export const permissive: EndpointPolicy = make({ allow: [{ host: "*" }] })

/**
 * Reads a rule from text: a range of addresses (`10.0.0.0/8`), or `[scheme://]host[:port]` with a host as in a rule. As in any URL, a scheme without
 * a port means the scheme's own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parseRule = (text: string): Either.Either<AllowRule, AllowRuleError> => {
  const rule = readRule(text.trim())
  return rule === undefined
    ? Either.left(
        new AllowRuleError({
          field: "rule",
          detail: `"${text}" is neither a range such as 10.0.0.0/8 nor scheme://host:port, such as http://collector.internal:4318`
        })
      )
    : Either.map(compile(rule), () => rule)
}

const readRule = (text: string): AllowRule | undefined => {
  if (/^[^/]+\/\d+$/.test(text)) return { cidr: text }
  const [, scheme, host, port] = /^(?:(https?):\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?$/i.exec(text) ?? []
  if (host === undefined) return undefined
  const lower = scheme?.toLowerCase()
  if (lower !== "http" && lower !== "https") return { host, ...(port !== undefined && { port: Number(port) }) }
  return { scheme: lower, host, port: port === undefined ? ports[lower] : Number(port) }
}
