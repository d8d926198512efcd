/** Steps that go wrong: back ends that fail, credentials that change, tenants that go. */
import type { DestinationId } from "tenant-tracer"
import * as Run from "../Run.js"
import * as Account from "../world/Account.js"
import * as Answers from "../world/Answers.js"
import type * as Disk from "../world/Disk.js"
import { type Draft, kind } from "./Step.js"

const drawDestination = (draft: Draft): { readonly tenant: string; readonly name: string } | undefined => {
  const tenant = draft.dice.pick(draft.world.tenants)
  const destination = tenant && draft.dice.pick(tenant.destinations)
  return tenant && destination && { tenant: tenant.id, name: destination.name }
}

const accountOf = (run: Run.Run, of: { readonly tenant: string; readonly name: string }): Account.Account | undefined =>
  run.tenants.get(of.tenant)?.accounts.find(({ plan }) => plan.name === of.name)

/** Someone in the middle of something, so that what happens to it matters. */
const busyTenant = (draft: Draft): string | undefined => draft.dice.pick(draft.requests)?.tenant

const drawBusy = (draft: Draft): { readonly tenant: string; readonly name: string } | undefined => {
  const id = draft.dice.chance(0.7) ? busyTenant(draft) : undefined
  const tenant = draft.world.tenants.find((tenant) => tenant.id === id)
  const destination = tenant && draft.dice.pick(tenant.destinations)
  return tenant && destination ? { tenant: tenant.id, name: destination.name } : drawDestination(draft)
}

type Script = Answers.Name | "anything"

interface Scripted {
  readonly script: Script
  readonly host: number | undefined
  readonly destination: { readonly tenant: string; readonly name: string } | undefined
}

const placeOf = (run: Run.Run, { destination, host }: Scripted): number | DestinationId.DestinationId | undefined =>
  host ?? (destination && accountOf(run, destination)?.id)

/** A back end answers like this from now on: a whole host, or one account there. */
const script = kind<Scripted>({
  name: "back end fails",
  weight: 10,
  isFault: true,
  draw: (draft) => {
    const { dice } = draft
    const isHost = dice.chance(0.5)
    return {
      script: dice.chance(0.25) ? "anything" : (dice.pick(Answers.names.slice(1)) ?? "ok"),
      host: isHost ? dice.below(24) : undefined,
      destination: isHost ? undefined : drawBusy(draft)
    }
  },
  apply: (run, data) => {
    const place = placeOf(run, data)
    if (place === undefined) return false
    run.scripts.set(place, data.script)
    return true
  },
  show: ({ destination, host, script }) =>
    `${host === undefined ? `${destination?.tenant}/${destination?.name}` : `host ${host}`}: ${script}`
})

/** Some of them are well again. */
const heal = kind<{ readonly share: number }>({
  name: "heal",
  weight: 5,
  draw: ({ dice }) => ({ share: dice.one([0.3, 0.6, 1]) }),
  apply: (run, { share }) => {
    const places = [...run.scripts.keys()]
    for (const place of places.slice(0, Math.ceil(places.length * share))) run.scripts.delete(place)
    return places.length > 0
  },
  show: ({ share }) => `${share * 100} % of the back ends that fail`
})

/** A tenant gets a new credential; the old one goes on being taken, or not. */
const rotate = kind<{ readonly tenant: string; readonly name: string; readonly isOldAccepted: boolean }>({
  name: "rotate",
  weight: 6,
  isFault: true,
  draw: (draft) => {
    const of = drawBusy(draft)
    return of && { ...of, isOldAccepted: draft.dice.chance(0.5) }
  },
  apply: (run, { isOldAccepted, ...of }) => {
    const tenant = run.tenants.get(of.tenant)
    const account = accountOf(run, of)
    if (tenant === undefined || account === undefined) return false
    Account.rotate(account, isOldAccepted, run.onCredential)
    Run.decide(run, tenant)
    return true
  },
  show: ({ isOldAccepted, name, tenant }) =>
    `${tenant}/${name}, the old one is ${isOldAccepted ? "still" : "not"} taken`
})

/** The tokens that were minted so far are not taken any more. */
const expire = kind<{ readonly tenant: string; readonly name: string }>({
  name: "token expires",
  weight: 3,
  isFault: true,
  draw: (draft) => {
    const of = drawBusy(draft)
    const tenant = draft.world.tenants.find(({ id }) => id === of?.tenant)
    return tenant?.destinations.find(({ name }) => name === of?.name)?.auth === "token" ? of : undefined
  },
  apply: (run, of) => {
    const account = accountOf(run, of)
    if (account?.plan.auth !== "token") return false
    for (const credential of account.credentials) credential.hasExpired = true
    return account.credentials.length > 0
  },
  show: ({ name, tenant }) => `${tenant}/${name}`
})

/** The store of credentials answers like this from now on. */
const resolver = kind<{ readonly resolver: Run.Resolver }>({
  name: "store answers badly",
  weight: 2,
  isFault: true,
  draw: ({ dice, world }) =>
    world.settings.hasResolver || world.settings.asksStore
      ? { resolver: dice.one(["current", "none", "fails", "slow", "never"]) }
      : undefined,
  apply: (run, { resolver }) => {
    run.resolver = resolver
    return resolver !== "current"
  },
  show: ({ resolver }) => resolver
})

/** Minting takes its time. */
const slowToken = kind<{ readonly tenant: string; readonly name: string; readonly millis: number }>({
  name: "slow token",
  weight: 2,
  isFault: true,
  draw: (draft) => {
    const of = drawBusy(draft)
    return of && { ...of, millis: draft.dice.one([200, 4000, 20_000]) }
  },
  apply: (run, { millis, ...of }) => {
    const account = accountOf(run, of)
    if (account?.plan.auth !== "token") return false
    account.patience = millis
    run.process.model.rowOf(account.id).isDisturbed = true
    return true
  },
  show: ({ millis, name, tenant }) => `${tenant}/${name}: ${millis} ms`
})

/** A tenant is removed: no request of it comes any more. */
const remove = kind<{ readonly tenant: string }>({
  name: "remove",
  weight: 2,
  isFault: true,
  draw: (draft) => {
    const tenant = busyTenant(draft)
    // Most of them have to stay.
    if (tenant === undefined || draft.removed.size > 5) return undefined
    draft.removed.add(tenant)
    return { tenant }
  },
  apply: (run, { tenant }) => {
    const whose = run.tenants.get(tenant)
    if (whose === undefined || whose.removedIn !== undefined) return false
    whose.removedIn = run.process.number
    return true
  },
  show: ({ tenant }) => tenant
})

/** A tenant that was removed is there again. */
const restore = kind<{ readonly tenant: string }>({
  name: "restore",
  weight: 2,
  draw: (draft) => {
    const tenant = draft.dice.pick([...draft.removed])
    if (tenant === undefined) return undefined
    draft.removed.delete(tenant)
    return { tenant }
  },
  apply: (run, { tenant }) => {
    const whose = run.tenants.get(tenant)
    if (whose === undefined) return false
    whose.removedIn = undefined
    return true
  },
  show: ({ tenant }) => tenant
})

/** A credential is taken out of use: the older ones, or the one in use, too. */
const revoke = kind<{ readonly tenant: string; readonly name: string; readonly isCurrentKept: boolean }>({
  name: "revoke",
  weight: 4,
  isFault: true,
  draw: (draft) => {
    const of = drawBusy(draft)
    const { hasResolver, hasSpool } = draft.world.settings
    // Where a store may bring a credential into use, only the library knows that it did.
    return of && { ...of, isCurrentKept: hasResolver || hasSpool || draft.dice.chance(0.6) }
  },
  apply: (run, { isCurrentKept, ...of }) => {
    const account = accountOf(run, of)
    if (account === undefined) return false
    const { id, version } = account
    run.process.model.rowOf(id).isDisturbed = true
    const keep = isCurrentKept ? account.destination : undefined
    const revoking = run.process.fork(run.process.service.revoke(id, { keep }))
    run.process.turns.drain(() => revoking.unsafePoll() !== null)
    const answer = revoking.unsafePoll()
    if (answer?._tag !== "Success" || !answer.value) run.onBreach("revoke", `${id} could not be revoked`)
    const versions = [...(run.used.get(id) ?? [])].filter((used) => !(isCurrentKept && used === version))
    run.revoked.set(id, new Set([...(run.revoked.get(id) ?? []), ...versions]))
    return versions.length > 0
  },
  show: ({ isCurrentKept, name, tenant }) => `${tenant}/${name}${isCurrentKept ? " but for its latest credential" : ""}`
})

/** The disk is full, broken, slow, or well again. */
const disk = kind<{ readonly condition: Disk.Condition }>({
  name: "disk fails",
  weight: 3,
  isFault: true,
  draw: ({ dice, world }) =>
    world.settings.hasSpool ? { condition: dice.one(["well", "full", "damaged", "slow"]) } : undefined,
  apply: (run, { condition }) => {
    if (run.disk === undefined) return false
    run.disk.condition = condition
    return condition !== "well"
  },
  show: ({ condition }) => condition
})

/** Nobody mints or signs any more, and what went wrong names a secret. */
const brokenAuth = kind<{ readonly tenant: string; readonly name: string }>({
  name: "token cannot be had",
  weight: 2,
  isFault: true,
  draw: drawBusy,
  apply: (run, of) => {
    const account = accountOf(run, of)
    if (account === undefined || (account.plan.auth !== "token" && account.plan.auth !== "signer")) return false
    account.isBroken = true
    run.process.model.rowOf(account.id).isDisturbed = true
    return true
  },
  show: ({ name, tenant }) => `${tenant}/${name}`
})

/** Kinds of this file. */
export const kinds = [script, heal, rotate, expire, resolver, slowToken, brokenAuth, revoke, disk, remove, restore]
