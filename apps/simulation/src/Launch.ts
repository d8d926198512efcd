/** Starts a process of a history: the library as the world has it set up, wired to the network, the disk and the stores of the world. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { DestinationId, TracingConfig } from "tenant-tracer"
import type { Arrival } from "./checks/Arrivals.js"
import * as Arrivals from "./checks/Arrivals.js"
import * as Model from "./model/Model.js"
import * as Process from "./Process.js"
import type { Run } from "./Run.js"
import * as Turns from "./virtual/Turns.js"
import * as VirtualClock from "./virtual/VirtualClock.js"
import type * as Account from "./world/Account.js"
import * as Answers from "./world/Answers.js"
import * as Canary from "./world/Canary.js"
import * as Network from "./world/Network.js"

/** When every history begins. */
export const epoch = Date.UTC(2026, 0, 1)

/** The operator's own destinations. */
export const operatorsOf = ({ accounts }: Pick<Run, "accounts">): ReadonlyArray<Account.Account> =>
  Array.from(accounts.values()).filter(({ tenant }) => tenant === undefined)

const configOf = (run: Run): TracingConfig.TracingConfig => {
  const { settings } = run.world
  return {
    resource: { "service.name": "gateway" },
    operator: operatorsOf(run).map(({ destination }) => destination),
    content: settings.content,
    metrics: run.looksFurther ? {} : undefined,
    incoming: settings.incoming,
    cache: { capacity: settings.capacity, idleTimeToLive: Duration.seconds(settings.idleSeconds) },
    batch: { maxSpans: settings.batchSpans, maxAge: Duration.millis(settings.batchAgeMillis) },
    queue: { maxSpans: settings.queueSpans },
    budget: { maxBytes: settings.budgetBytes, perTenant: settings.quotaBytes },
    hold: { maxSpans: settings.holdSpans, maxTime: Duration.seconds(settings.holdSeconds) },
    breaker: { failures: settings.breakerFailures, maxWait: Duration.seconds(settings.breakerMaxSeconds) },
    maxElapsed: Duration.seconds(settings.maxElapsedSeconds),
    spool: settings.asksStore ? { resolve: (id) => destinationNow(run, id) } : {},
    ...(settings.hasResolver && { credentials: { resolve: (id) => credentialNow(run, id) } })
  }
}

/** What the operator's stores answer, in the way in which they answer just now. */
const answered = <A>(run: Run, answer: Effect.Effect<Option.Option<A>>): Effect.Effect<Option.Option<A>, Error> => {
  switch (run.resolver) {
    case "current":
      return answer
    case "none":
      return Effect.succeedNone
    case "fails":
      return Effect.fail(new Error(Canary.make("store", "secret", "failure")))
    case "slow":
      return Effect.delay(answer, "3 seconds")
    case "never":
      return Network.silence
  }
}

const credentialNow = (run: Run, id: DestinationId.DestinationId) => {
  run.count("credential asked for")
  const auth = Effect.sync(() => Option.map(Option.fromNullable(run.accounts.get(id)), (a) => a.destination.auth))
  return answered(run, auth)
}

/** Of a tenant that was removed there is no destination; a store that knows nothing for the moment does not answer. */
const destinationNow = (run: Run, id: DestinationId.DestinationId) => {
  run.count("destination asked for")
  const found = Effect.sync(() => {
    const account = run.accounts.get(id)
    const tenant = account?.tenant === undefined ? undefined : run.tenants.get(account.tenant)
    return account === undefined || tenant?.removedIn !== undefined ? Option.none() : Option.some(account.destination)
  })
  return run.resolver === "none" ? found : answered(run, found)
}

/** A batch that was on its way when the pause began may arrive, at once or when its token has been minted; half of one that was too large, too. */
const isHeldBack = (run: Run, { account }: Arrival): boolean => {
  const since = run.paused.get(account.id)
  return since !== undefined && since < run.time.now && account.patience === 0
}

const labels = ({ copies }: Arrival): string => copies.map(({ span }) => span.label).join(" ")

/** What must not be sent now, though everything about the request is as it should be. */
const untimely = (run: Run, number: number, arrival: Arrival): string | undefined => {
  const { account, credential } = arrival
  if (run.revoked.get(account.id)?.has(credential.version)) return "its credential was revoked"
  const tenant = account.tenant === undefined ? undefined : run.tenants.get(account.tenant)
  if (tenant?.removedIn !== undefined && tenant.removedIn < number) return "it was removed before this process began"
  const dormant = run.dormant.get(account.id)
  return dormant !== undefined && run.time.now - dormant.since > storeMillis
    ? "it was removed, and nothing was left of it but what is on the disk"
    : undefined
}

/** A store may have been asked before, and is waited for so long; what it answered then is believed a little longer. */
const storeMillis = 15_000

const networkOf = (run: Run, model: Model.Model, number: number) => {
  const { dice, issued, time, world } = run
  const tried = new WeakSet<Model.Copy>()
  return Network.make({
    dice,
    now: () => time.now,
    judge: (request) => {
      const judged = Arrivals.judge(request, { issued, model, settings: world.settings })
      if (Either.isLeft(judged)) run.report(judged.left)
      return Either.getOrUndefined(judged)
    },
    script: ({ account }) => {
      const script = run.scripts.get(account.id) ?? run.scripts.get(account.plan.host) ?? "ok"
      return script === "anything" ? (dice.pick(Answers.names) ?? "ok") : script
    },
    rowOf: ({ account }) => model.rowOf(account.id),
    onAnswer: (arrival, name) => {
      const { account, copies, credential } = arrival
      if (name !== "ok") run.count(`answer: ${name}`)
      const problem = untimely(run, number, arrival)
      if (problem !== undefined)
        run.onBreach("untimely", `${account.id} was sent ${labels(arrival)}, though ${problem}`)
      if (isHeldBack(run, arrival) && !copies.some((copy) => tried.has(copy)))
        run.onBreach("untimely", `${account.id} is paused, and was sent ${labels(arrival)}`)
      for (const copy of copies) tried.add(copy)
      run.note(`     ${time.now - epoch} ms: ${account.id} v${credential.version} ${labels(arrival)}: ${name}`)
    },
    onTaken: ({ account, copies }, index) => {
      const copy = copies[index]
      if (copy === undefined) return
      // After a crash it may not be known any more that it arrived.
      if (copy.isAcknowledged && copy.span.process === number)
        run.onBreach("duplicate", `${copy.span.label} came again to ${account.id}, which had said that it has it`)
      copy.taken++
    },
    onHold: () => {
      run.targets++
      return () => {
        run.targets--
      }
    }
  })
}

const addTo = <K>(sets: Map<K, Set<number>>, key: K, value: number): void => {
  sets.set(key, (sets.get(key) ?? new Set()).add(value))
}

/** Starts the process of this number. */
export const start = (run: Run, seed: number, number: number): Process.Process => {
  const { dice, time, world } = run
  const { settings } = world
  const model = Model.make({
    process: number,
    startedAt: time.now,
    holdSpans: settings.holdSpans,
    holdMillis: settings.holdSeconds * 1000,
    operators: operatorsOf(run),
    spans: run.spans,
    isRevoked: (id, version) => run.revoked.get(id)?.has(version) ?? false,
    onUse: ({ id, version }) => addTo(run.used, id, version)
  })
  for (const { id, isBroken, patience } of run.accounts.values())
    if (patience > 0 || isBroken) model.rowOf(id).isDisturbed = true
  for (const { count, id } of run.disk?.left() ?? []) model.madeAgain(id, count)
  return Process.start({
    number,
    seed,
    config: configOf(run),
    time,
    clock: VirtualClock.make(time, settings.drift),
    turns: Turns.make(dice, settings.disorder),
    model,
    transport: networkOf(run, model, number),
    spool: run.disk?.mount(),
    onLog: (line) => {
      run.count("log line")
      const [canary] = Canary.find(line)
      const found = canary?.text ?? Canary.disguised(line)
      if (found !== undefined) run.onBreach("canary", `${found} in the log: ${line}`)
    }
  })
}
