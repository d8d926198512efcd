/** Judges what the library sends: each request on its own, by what it says and proves, before anything becomes of it. */
import * as Otlp from "@tenant-tracer/receiver/Otlp"
import * as Either from "effect/Either"
import type { Transport } from "tenant-tracer"
import type { Copy, Model, Span } from "../model/Model.js"
import type { Account, Credential } from "../world/Account.js"
import * as Canary from "../world/Canary.js"
import type { Settings } from "../world/World.js"
import type { Breach } from "./Breach.js"

/** A request that is as it should be: to whom, with which credential, and which copies are in it. */
export interface Arrival {
  readonly account: Account
  readonly credential: Credential
  readonly copies: ReadonlyArray<Copy>
}

/** A credential and whose it is. */
export interface Issued {
  readonly account: Account
  readonly credential: Credential
}

/** What a request is judged by. `issued` finds credentials by a secret that is in them. */
export interface Known {
  readonly model: Model
  readonly settings: Settings
  readonly issued: ReadonlyMap<string, ReadonlyArray<Issued>>
}

const decoder = new TextDecoder("latin1")

/** Those headers and no others. */
const carries = (headers: Readonly<Record<string, string>>, { credential }: Issued, body: Uint8Array): boolean => {
  let left = Object.keys(headers).length
  for (const [name, value] of Object.entries(credential.headers)) {
    if (headers[name] !== value) return false
    left--
  }
  if ("x-signature" in credential.headers && headers["x-length"] === String(body.length)) left--
  return left === 2 && headers["user-agent"]?.startsWith("tenant-tracer/") === true && "content-type" in headers
}

/** Whose the credential in the headers can be; none where they are mixed, or of nobody. */
const claimants = (request: Transport.TransportRequest, known: Known): ReadonlyArray<Issued> => {
  const [first] = Canary.find(Object.values(request.headers).join(" "))
  const issued = (first && known.issued.get(first.text)) ?? []
  return issued.filter(
    (candidate) => candidate.account.endpoint === request.url && carries(request.headers, candidate, request.body)
  )
}

const label = ({ label, request }: Span): string =>
  `${label} (${request === undefined ? "no request's" : (request.owner ?? "nobody's")})`

/** The trace that a destination must see a span in: the caller's where it continues that, else ours. */
const traceOf = ({ outlet, span }: Copy): string => {
  const caller = span.request?.caller
  return caller !== undefined && outlet.account.plan.callerTrace === "continue" ? caller.traceId : span.traceId
}

const spanProblem = (received: Otlp.ReceivedSpan, copy: Copy, known: Known): string | undefined => {
  const { outlet, span } = copy
  const name = label(span)
  if (!copy.isVisible) return `${name} is hidden from ${outlet.id}`
  if (!span.isEnded) return `${name} has not ended`
  if (received.traceId !== traceOf(copy)) return `${name} is in another trace`
  const parent = received.parentSpanId === "" ? undefined : received.parentSpanId
  const caller = span.request?.caller
  copy.parent = parent
  if (parent !== undefined && parent !== caller?.spanId) {
    const above = known.model.spans.get(parent)
    if (above === undefined || above.request !== span.request)
      return `the parent of ${name}, ${above === undefined ? parent : label(above)}, is of another request`
  }
  for (const link of received.links) {
    if (outlet.audience !== "tenant") continue
    const linked = known.model.spans.get(link.spanId)
    const isOwn = linked === undefined ? link.spanId === caller?.spanId : linked.request === span.request
    if (!isOwn) return `${name} links to what is not its own`
  }
  // What happened outside of any request is not anchored to the wall clock.
  const started = Number(received.startTimeUnixNano / 1_000_000n)
  if (span.request !== undefined && started !== span.startedAt)
    return `${name} started at ${span.startedAt}, it says ${started}`
  return undefined
}

/** Canaries that the body may hold are those of the requests in it, as far as the destination may see them. */
const bodyProblem = (body: Uint8Array, { account, copies }: Arrival, { settings }: Known): string | undefined => {
  const text = decoder.decode(body)
  const disguise = Canary.disguised(text)
  if (disguise !== undefined) return `a canary in disguise (${disguise})`
  const requests = new Set(copies.map(({ span }) => span.label.split(".")[0]))
  const owners = new Set(copies.map(({ span }) => span.request?.owner))
  const mayHaveContent = settings.content === "full" && account.plan.content === "full"
  const isTenants = copies[0]?.outlet.audience === "tenant"
  // Of these the operator gets the structure alone.
  const bare = new Set(
    isTenants
      ? []
      : copies.flatMap(({ span }) =>
          span.request?.settings?.tenant.policy === "metadata_only" ? (span.label.split(".")[0] ?? "") : []
        )
  )
  for (const { kind, owner, text: canary } of Canary.find(text)) {
    const isOfRequest = requests.has(owner) && !bare.has(owner)
    const isRight =
      (kind === "prompt" && mayHaveContent && isOfRequest) ||
      (kind === "error" && !isTenants && isOfRequest) ||
      (kind === "fact" && owners.has(owner)) ||
      (kind === "resource" && canary === account.resource)
    if (!isRight) return `${canary} is in it`
  }
  return undefined
}

const wrong = (check: string, message: string) => Either.left<Breach>({ check, message })

/** Judges a request to an account whose credential it carries. */
const judgeFor = (
  { account, credential }: Issued,
  received: ReadonlyArray<Otlp.ReceivedSpan>,
  copies: ReadonlyArray<Copy>,
  body: Uint8Array,
  known: Known
): Either.Either<Arrival, Breach> => {
  const { id } = account
  const newest = Math.max(...copies.map(({ outlet }) => outlet.version))
  if (credential.version < newest)
    return wrong("older credential", `${id} was sent version ${credential.version} for spans that name ${newest}`)
  for (const [index, copy] of copies.entries()) {
    const span = received[index]
    const problem = span && spanProblem(span, copy, known)
    if (problem !== undefined) return wrong("wrong span", `to ${id}: ${problem}`)
  }
  const arrival: Arrival = { account, credential, copies }
  const problem = bodyProblem(body, arrival, known)
  return problem === undefined ? Either.right(arrival) : wrong("canary", `to ${id}: ${problem}`)
}

/** Judges a request: whether all of it belongs to the one whose credential it carries. */
export const judge = (request: Transport.TransportRequest, known: Known): Either.Either<Arrival, Breach> => {
  const { body, headers, url } = request
  if (Canary.find(url).length > 0) return wrong("canary", `in the URL ${url}`)
  const candidates = claimants(request, known)
  const written = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  if (candidates.length === 0) return wrong("foreign headers", `${url} was sent ${written.join(", ")}`)
  const decoded = Otlp.decode(body, headers["content-type"]?.includes("json") ? "json" : "protobuf")
  if (Either.isLeft(decoded)) return wrong("malformed body", decoded.left.message)
  const received = Otlp.flatten(decoded.right)
  const spans: Array<Span> = []
  for (const { name, spanId } of received) {
    const span = known.model.spans.get(spanId)
    if (span === undefined) return wrong("unknown span", `${url} was sent a span "${name}" that nobody began`)
    spans.push(span)
  }
  for (const candidate of candidates) {
    const copies = spans.flatMap(({ copies }) => copies.get(candidate.account.id) ?? [])
    if (copies.length === spans.length) return judgeFor(candidate, received, copies, body, known)
  }
  const names = candidates.map(({ account }) => account.id).join(" or ")
  const astray = spans.filter(({ copies }) => !candidates.some(({ account }) => copies.has(account.id)))
  return wrong(
    "foreign span",
    `${names} was sent ${astray.map(label).join(", ") || "spans of different destinations in one batch"}`
  )
}
