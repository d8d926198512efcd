/** A history as it happens: the world as it stands, what was set going, and what was seen. Steps work on it, and nothing else does. */
import { createHash } from "node:crypto"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { DestinationId, TracingConfig } from "tenant-tracer"
import { TenantRoute } from "tenant-tracer"
import type * as Callers from "./Callers.js"
import type { Arrival, Issued } from "./checks/Arrivals.js"
import * as Arrivals from "./checks/Arrivals.js"
import type { Breach } from "./checks/Breach.js"
import * as Model from "./model/Model.js"
import * as Plan from "./model/Plan.js"
import * as Process from "./Process.js"
import * as Dice from "./virtual/Dice.js"
import * as Turns from "./virtual/Turns.js"
import * as VirtualClock from "./virtual/VirtualClock.js"
import * as Account from "./world/Account.js"
import * as Answers from "./world/Answers.js"
import * as Canary from "./world/Canary.js"
import * as Network from "./world/Network.js"
import type { TenantPlan, World } from "./world/World.js"

/** A tenant now: its settings, and what they must come to. */
export interface Tenant {
  readonly plan: TenantPlan
  readonly accounts: ReadonlyArray<Account.Account>
  route: TenantRoute.TenantRoute
  outlets: ReadonlyArray<Plan.Outlet>
  isRemoved: boolean
}

/** How the operator's store of credentials answers. */
export type Resolver = "current" | "none" | "fails" | "slow" | "never"

/** A history under way. */
export interface Run {
  readonly world: World
  readonly dice: Dice.Dice
  readonly time: VirtualClock.Time
  readonly tenants: ReadonlyMap<string, Tenant>
  readonly accounts: ReadonlyMap<DestinationId.DestinationId, Account.Account>
  /** What is paused, and since when. */
  readonly paused: Map<DestinationId.DestinationId, number>
  /** Scripts of back ends: of a host by its number, of a destination by its id. */
  readonly scripts: Map<number | DestinationId.DestinationId, Answers.Name | "anything">
  resolver: Resolver
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
  /** Starts the next process in the place of one that is gone. */
  readonly start: () => void
}

const epoch = Date.UTC(2026, 0, 1)

/** The route of a tenant and where its spans must go, as its destinations are now. */
export const decide = (run: Pick<Run, "world" | "accounts">, tenant: Tenant): void => {
  const { accounts, plan } = tenant
  tenant.route = TenantRoute.make({
    tenant: plan.id,
    destinations: accounts.map(({ destination }) => destination),
    facts: { endUser: Canary.make(plan.id, "fact", "user"), sessionId: Canary.make(plan.id, "fact", "session") },
    operatorPolicy: plan.policy
  })
  tenant.outlets = Plan.owned(plan, accounts, operatorsOf(run))
}

const operatorsOf = ({ accounts }: Pick<Run, "accounts">): ReadonlyArray<Account.Account> =>
  Array.from(accounts.values()).filter(({ tenant }) => tenant === undefined)

const configOf = (run: Run): TracingConfig.TracingConfig => {
  const { settings } = run.world
  return {
    resource: { "service.name": "gateway" },
    operator: operatorsOf(run).map(({ destination }) => destination),
    content: settings.content,
    incoming: settings.incoming,
    cache: { capacity: settings.capacity, idleTimeToLive: Duration.seconds(settings.idleSeconds) },
    batch: { maxSpans: settings.batchSpans, maxAge: Duration.millis(settings.batchAgeMillis) },
    queue: { maxSpans: settings.queueSpans },
    hold: { maxSpans: settings.holdSpans, maxTime: Duration.seconds(settings.holdSeconds) },
    breaker: { failures: settings.breakerFailures, maxWait: Duration.seconds(settings.breakerMaxSeconds) },
    maxElapsed: Duration.seconds(settings.maxElapsedSeconds),
    ...(settings.hasResolver && { credentials: { resolve: (id) => resolve(run, id) } })
  }
}

const resolve = (run: Run, id: DestinationId.DestinationId) => {
  const current = Effect.sync(() => Option.map(Option.fromNullable(run.accounts.get(id)), (a) => a.destination.auth))
  run.count("credential asked for")
  switch (run.resolver) {
    case "current":
      return current
    case "none":
      return Effect.succeedNone
    case "fails":
      return Effect.fail(new Error(Canary.make("store", "secret", "failure")))
    case "slow":
      return Effect.delay(current, "3 seconds")
    case "never":
      return Network.silence
  }
}

const startProcess = (run: Run, seed: number, number: number, issued: ReadonlyMap<string, ReadonlyArray<Issued>>) => {
  const { dice, time, world } = run
  const { settings } = world
  const model = Model.make(
    { holdSpans: settings.holdSpans, holdMillis: settings.holdSeconds * 1000 },
    Plan.unowned(operatorsOf(run)),
    time.now
  )
  const transport = Network.make({
    dice,
    now: () => time.now,
    judge: (request) => {
      const judged = Arrivals.judge(request, { issued, model, settings })
      if (Either.isLeft(judged)) run.report(judged.left)
      return Either.getOrUndefined(judged)
    },
    script: ({ account }) => {
      const script = run.scripts.get(account.id) ?? run.scripts.get(account.plan.host) ?? "ok"
      return script === "anything" ? (dice.pick(Answers.names) ?? "ok") : script
    },
    rowOf: ({ account }) => model.rowOf(account.id),
    onAnswer: (arrival, name) => {
      if (name !== "ok") run.count(`answer: ${name}`)
      if (isHeldBack(run, arrival) && !arrival.copies.some((copy) => tried.has(copy)))
        run.onBreach("pause", `${arrival.account.id} is paused, and was sent ${labels(arrival)}`)
      for (const copy of arrival.copies) tried.add(copy)
      run.note(
        `     ${time.now - epoch} ms: ${arrival.account.id} v${arrival.credential.version} ${labels(arrival)}: ${name}`
      )
    },
    onTaken: ({ account, copies }, index) => {
      const copy = copies[index]
      if (copy === undefined) return
      if (copy.isAcknowledged)
        run.onBreach("duplicate", `${copy.span.label} came again to ${account.id}, which had said that it has it`)
      copy.taken++
    }
  })
  const tried = new WeakSet<Model.Copy>()
  for (const { id, patience } of run.accounts.values()) if (patience > 0) model.rowOf(id).isDisturbed = true
  return Process.start({
    number,
    seed,
    config: configOf(run),
    time,
    clock: VirtualClock.make(time, settings.drift),
    turns: Turns.make(dice, settings.disorder),
    model,
    transport,
    onLog: (line) => {
      run.count("log line")
      const [canary] = Canary.find(line)
      const found = canary?.text ?? Canary.disguised(line)
      if (found !== undefined) run.onBreach("canary in a log", `${found} in: ${line}`)
    }
  })
}

/** A batch that was on its way when the pause began may arrive, at once or when its token has been minted; half of one that was too large, too. */
const isHeldBack = (run: Run, { account }: Arrival): boolean => {
  const since = run.paused.get(account.id)
  return since !== undefined && since < run.time.now && account.patience === 0
}

const labels = ({ copies }: Arrival): string => copies.map(({ span }) => span.label).join(" ")

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
    const tenant: Tenant = { plan, accounts: own, route, outlets: [], isRemoved: false }
    decide({ accounts, world }, tenant)
    tenants.set(plan.id, tenant)
  }
  const hash = createHash("sha256")
  const counts = new Map<string, number>()
  const breaches: Array<Breach> = []
  let processes = 0
  const run: Omit<Run, "process"> & { process: Process.Process | undefined } = {
    world,
    dice: Dice.make(seed, 2),
    time: { now: epoch },
    tenants,
    accounts,
    paused: new Map(),
    scripts: new Map(),
    resolver: "current",
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
      run.process?.kill()
      whole.handles.clear()
      whole.paused.clear()
      whole.process = startProcess(whole, seed, ++processes, issued)
    }
  }
  // Whole as soon as its first process has started.
  const whole = run as Run
  whole.start()
  return whole
}
