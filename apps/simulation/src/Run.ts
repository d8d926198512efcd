/** A history as it happens: the world as it stands, what was set going, and what was seen. Steps work on it, and nothing else does. */
import { createHash } from "node:crypto"
import type { DestinationId } from "tenant-tracer"
import { TenantRoute } from "tenant-tracer"
import type * as Callers from "./Callers.js"
import type { Issued } from "./checks/Arrivals.js"
import type { Breach } from "./checks/Breach.js"
import * as Writes from "./checks/Writes.js"
import * as Launch from "./Launch.js"
import type * as Model from "./model/Model.js"
import * as Plan from "./model/Plan.js"
import type * as Process from "./Process.js"
import * as Dice from "./virtual/Dice.js"
import type * as VirtualClock from "./virtual/VirtualClock.js"
import * as Account from "./world/Account.js"
import type * as Answers from "./world/Answers.js"
import * as Canary from "./world/Canary.js"
import * as Disk from "./world/Disk.js"
import type { TenantPlan, World } from "./world/World.js"

/** A tenant now: its settings, and what they must come to. */
export interface Tenant {
  readonly plan: TenantPlan
  readonly accounts: ReadonlyArray<Account.Account>
  route: TenantRoute.TenantRoute
  settings: Plan.Settings
  /** The process in which it was removed; `undefined` while it is there. */
  removedIn: number | undefined
}

/** How the operator's store of credentials answers. */
export type Resolver = "current" | "none" | "fails" | "slow" | "never"

/** A history under way. */
export interface Run {
  readonly world: World
  /** In few histories canaries are looked for after each step in all that is public, and in metrics, too, which a process keeps for ever. */
  readonly looksFurther: boolean
  readonly dice: Dice.Dice
  readonly time: VirtualClock.Time
  readonly tenants: ReadonlyMap<string, Tenant>
  readonly accounts: ReadonlyMap<DestinationId.DestinationId, Account.Account>
  /** What is paused, and since when. */
  readonly paused: Map<DestinationId.DestinationId, number>
  /** Scripts of back ends: of a host by its number, of a destination by its id. */
  readonly scripts: Map<number | DestinationId.DestinationId, Answers.Name | "anything">
  resolver: Resolver
  /** Credentials of each destination by version: those that the process has used, and those that it must not use any more. */
  readonly used: Map<DestinationId.DestinationId, Set<number>>
  readonly revoked: Map<DestinationId.DestinationId, Set<number>>
  /** Destinations of removed tenants of which nothing is in memory any more: since when, and what was made for them by then. */
  readonly dormant: Map<DestinationId.DestinationId, { readonly since: number; readonly made: number }>
  /** Under the spool, where there is one. */
  readonly disk: Disk.Disk | undefined
  /** Whose credential is in a request, by a secret in it. */
  readonly issued: ReadonlyMap<string, ReadonlyArray<Issued>>
  /** Spans of all processes by id. */
  readonly spans: Map<string, Model.Span>
  /** How many targets the process holds, which it has to let go of when it closes. */
  targets: number
  process: Process.Process
  /** What was set going in the process, by label. */
  readonly handles: Map<string, Callers.Handle>
  readonly breaches: Array<Breach>
  readonly onBreach: (check: string, message: string) => void
  readonly report: (breach: Breach | undefined) => void
  /** How often what happened. */
  readonly counts: Map<string, number>
  readonly count: (what: string, times?: number) => void
  /** One line for whatever happens, the same in every run of the history. */
  readonly note: (line: string) => void
  readonly digest: () => string
  readonly onCredential: Account.OnCredential
  /** Lets time pass. */
  readonly advance: (millis: number) => void
  /** Starts the next process in the place of one that has closed, or is gone from one moment to the next. */
  readonly start: () => void
}

/** The route of a tenant and where its spans must go, as its destinations are now. */
export const decide = (run: Pick<Run, "accounts">, tenant: Tenant): void => {
  const { accounts, plan } = tenant
  tenant.route = TenantRoute.make({
    tenant: plan.id,
    destinations: accounts.map(({ destination }) => destination),
    facts: { endUser: Canary.make(plan.id, "fact", "user"), sessionId: Canary.make(plan.id, "fact", "session") },
    operatorPolicy: plan.policy
  })
  tenant.settings = Plan.settings(plan, accounts, Launch.operatorsOf(run))
}

/** The world before the first step, with its first process. */
export const begin = (world: World, seed: number, onLine: (line: string) => void = () => {}): Run => {
  const issued = new Map<string, Array<Issued>>()
  const onCredential: Account.OnCredential = (account, credential) => {
    const [first] = Canary.find(Object.values(credential.headers).join(" "))
    if (first === undefined) throw new Error(`the credential of ${account.id} has no canary in it`)
    const known = issued.get(first.text)
    if (known === undefined) issued.set(first.text, [{ account, credential }])
    else known.push({ account, credential })
  }
  const operators = world.operator.map((plan) => Account.open(undefined, plan, onCredential))
  const accounts = new Map(operators.map((account) => [account.id, account]))
  const tenants = new Map<string, Tenant>()
  for (const plan of world.tenants) {
    const own = plan.destinations.map((destination) => Account.open(plan.id, destination, onCredential))
    for (const account of own) accounts.set(account.id, account)
    const route = TenantRoute.make({ tenant: plan.id, destinations: [] })
    const settings = Plan.settings(plan, own, operators)
    const tenant: Tenant = { plan, accounts: own, route, settings, removedIn: undefined }
    decide({ accounts }, tenant)
    tenants.set(plan.id, tenant)
  }
  const hash = createHash("sha256")
  const counts = new Map<string, number>()
  const breaches: Array<Breach> = []
  const time = { now: Launch.epoch }
  const dice = Dice.make(seed, 2)
  let processes = 0
  const run: Omit<Run, "process"> & { process: Process.Process | undefined } = {
    world,
    looksFurther: seed % 250 === 0,
    dice,
    time,
    tenants,
    accounts,
    paused: new Map(),
    scripts: new Map(),
    resolver: "current",
    used: new Map(),
    revoked: new Map(),
    dormant: new Map(),
    disk: world.settings.hasSpool
      ? Disk.make({ dice, now: () => time.now, onWrite: (id, bytes) => whole.report(Writes.breach(whole, id, bytes)) })
      : undefined,
    issued,
    spans: new Map(),
    targets: 0,
    process: undefined,
    handles: new Map(),
    breaches,
    onBreach: (check, message) => {
      breaches.push({ check, message })
    },
    report: (breach) => {
      if (breach !== undefined) breaches.push(breach)
    },
    counts,
    count: (what, times = 1) => {
      if (times > 0) counts.set(what, (counts.get(what) ?? 0) + times)
    },
    note: (line) => {
      hash.update(line).update("\n")
      onLine(line)
    },
    digest: () => hash.copy().digest("hex"),
    onCredential,
    advance: (millis) => whole.process.advance(whole.time.now + millis),
    start: () => {
      run.disk?.unmount(run.process?.state() !== "closed")
      run.process?.kill()
      for (const state of [whole.handles, whole.paused, whole.used, whole.revoked, whole.dormant]) state.clear()
      whole.targets = 0
      whole.process = Launch.start(whole, seed, ++processes)
    }
  }
  // Whole as soon as its first process has started.
  const whole = run as Run
  whole.start()
  return whole
}
