/**
 * One destination of somebody's through time: its credential as it is rotated, what the back end accepts of it, and the `Destination` that the
 * library is given.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { Destination, DestinationId } from "tenant-tracer"
import * as Canary from "./Canary.js"
import { type DestinationPlan, endpointOf, operator } from "./World.js"

/** A credential: the headers that prove who sends. One that has expired is refused, whatever its version. */
export interface Credential {
  readonly version: number
  readonly headers: Readonly<Record<string, string>>
  hasExpired: boolean
}

/** A destination of a tenant, or of the operator where `tenant` is `undefined`. */
export interface Account {
  readonly id: DestinationId.DestinationId
  readonly tenant: string | undefined
  readonly plan: DestinationPlan
  readonly endpoint: string
  readonly resource: string
  /** Of the credential that is in force; those before it have lower numbers. */
  version: number
  /** The oldest version that the back end still takes. */
  oldestAccepted: number
  /** What the library is given now. */
  destination: Destination.Destination
  /** Every credential that there ever was; of a token one for each time that it was minted. */
  readonly credentials: Array<Credential>
  /** How long minting and signing take, in milliseconds. */
  patience: number
  /** Neither can be had. */
  isBroken: boolean
}

/** Told of each new credential, so that it can be known where it turns up. */
export type OnCredential = (account: Account, credential: Credential) => void

const redacted = (headers: Readonly<Record<string, string>>): Record<string, Redacted.Redacted<string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Redacted.make(value)]))

/** Destinations with this name, or the operator's, may be one account with those of others: it has no part in their secrets. */
const isNameless = (name: string): boolean => name === "main" || name.startsWith("own-")

const secretOf = ({ plan, tenant, version }: Account, tag: string): string => {
  // What is shared is shared until it is rotated; tokens and signatures are everybody's own.
  const isShared = version === 0 && plan.auth !== "token" && plan.auth !== "signer"
  const place = isNameless(plan.name) ? plan.host : plan.name
  return Canary.make(isShared ? plan.secretsOf : (tenant ?? operator), "secret", `${place}v${version}${tag}`)
}

const fixedHeaders = (account: Account): Record<string, string> => {
  const secret = (tag: string) => secretOf(account, tag)
  switch (account.plan.auth) {
    case "key_and_project":
      return { "x-api-key": secret("a"), "x-project": secret("b") }
    case "two_keys":
      return { "public-key": secret("a"), "secret-key": secret("b") }
    default:
      return { authorization: `Bearer ${secret("a")}` }
  }
}

const authOf = (account: Account, onCredential: OnCredential): Destination.Destination["auth"] => {
  const { version } = account
  const learn = (headers: Readonly<Record<string, string>>) => {
    const credential: Credential = { version, headers, hasExpired: false }
    account.credentials.push(credential)
    onCredential(account, credential)
    return headers
  }
  const name = Redacted.make(`${account.plan.account}-v${version}`)
  const failure = Effect.fail(new Error(secretOf(account, "e")))
  // As it is now: the account goes on to further versions.
  const issuer = { ...account }
  let minted = 0
  switch (account.plan.auth) {
    case "token": {
      return {
        _tag: "Token",
        account: name,
        mint: Effect.suspend(() =>
          account.isBroken
            ? failure
            : Effect.as(
                account.patience === 0 ? Effect.void : Effect.sleep(account.patience),
                redacted(learn({ authorization: `Bearer ${secretOf(issuer, `m${minted++}`)}` }))
              )
        )
      }
    }
    case "signer": {
      const key = learn({ "x-signature": secretOf(account, "s") })
      return {
        _tag: "Signer",
        account: name,
        sign: ({ body }) =>
          Effect.suspend(() =>
            account.isBroken ? failure : Effect.succeed(redacted({ ...key, "x-length": String(body.length) }))
          )
      }
    }
    default:
      return { _tag: "Headers", headers: redacted(learn(fixedHeaders(account))) }
  }
}

const destinationOf = (account: Account, onCredential: OnCredential): Destination.Destination => {
  const { endpoint, plan, resource } = account
  return Either.getOrThrow(
    Destination.make({
      name: plan.name,
      vendor: plan.vendor,
      endpoint,
      protocol: plan.protocol,
      // Compression runs on threads, whose order nobody can foretell.
      compression: "none",
      auth: authOf(account, onCredential),
      resource: { project: resource },
      vocabularies: [{ name: plan.vocabulary }],
      content: plan.content,
      callerTrace: plan.callerTrace,
      limits: { bytesPerRequest: plan.bytesPerRequest }
    })
  )
}

/** Opens the account of a destination, with its first credential. */
export const open = (tenant: string | undefined, plan: DestinationPlan, onCredential: OnCredential): Account => {
  const owner = tenant ?? operator
  const account: Omit<Account, "destination"> & { destination: Destination.Destination | undefined } = {
    id: tenant === undefined ? DestinationId.operator(plan.name) : DestinationId.make({ tenant, name: plan.name }),
    tenant,
    plan,
    endpoint: endpointOf(plan),
    resource: Canary.make(owner, "resource", plan.name.replace(/\W/g, "")),
    version: 0,
    oldestAccepted: 0,
    destination: undefined,
    credentials: [],
    patience: 0,
    isBroken: false
  }
  // Whole from here on: nothing looks at the destination before it is there.
  const whole = account as Account
  whole.destination = destinationOf(whole, onCredential)
  return whole
}

/** Puts a new credential in the place of the old one, which the back end goes on taking, or not. */
export const rotate = (account: Account, isOldAccepted: boolean, onCredential: OnCredential): void => {
  account.version++
  if (!isOldAccepted) account.oldestAccepted = account.version
  account.destination = destinationOf(account, onCredential)
}

/** Whether two accounts are one to their back end: the same place and the same credential. */
export const isSame = (self: Account, that: Account): boolean => {
  if (self.endpoint !== that.endpoint || self.plan.auth !== that.plan.auth) return false
  const [own, theirs] = [fixedHeaders(self), fixedHeaders(that)]
  return self.plan.auth !== "token" && self.plan.auth !== "signer"
    ? Object.entries(own).every(([name, value]) => theirs[name] === value)
    : self.plan.account === that.plan.account && self.version === that.version
}
