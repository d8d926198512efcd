/** Who takes part: tenants, what they have set up, the operator, and how the library is configured. Plain data, drawn from the seed. */
import type { Dice } from "../virtual/Dice.js"

/** One back end of somebody's, as it was set up. */
export interface DestinationPlan {
  readonly name: string
  /** The number of its host, which others may share. */
  readonly host: number
  /** Whose secrets its credential is made of. It differs from the tenant where tenants share an account. */
  readonly secretsOf: string
  readonly vendor: "otlp" | "langfuse" | "arize"
  /** How it proves who sends: fixed headers of some shape, a minted token, a signature. */
  readonly auth: "bearer" | "key_and_project" | "two_keys" | "token" | "signer"
  /** The account's name, for tokens and signers; tenants may share one and be different accounts all the same. */
  readonly account: string
  readonly protocol: "http/protobuf" | "http/json"
  readonly vocabulary: "genai" | "openinference"
  readonly content: "none" | "full"
  readonly callerTrace: "continue" | "link" | "ignore"
  /** An endpoint that the policy refuses is denied; nothing may ever go there. */
  readonly isDenied: boolean
  readonly bytesPerRequest: number | undefined
}

/** A tenant with its destinations. */
export interface TenantPlan {
  readonly id: string
  readonly policy: "override" | "additive" | "metadata_only"
  readonly destinations: ReadonlyArray<DestinationPlan>
}

/** How the library is set up: the numbers of its configuration, small so that every limit is met. */
export interface Settings {
  readonly incoming: "continue" | "link" | "ignore"
  readonly content: "none" | "full"
  readonly capacity: number
  readonly idleSeconds: number
  readonly batchSpans: number
  readonly batchAgeMillis: number
  readonly queueSpans: number
  readonly holdSpans: number
  readonly holdSeconds: number
  readonly breakerFailures: number
  readonly breakerMaxSeconds: number
  readonly maxElapsedSeconds: number
  readonly hasResolver: boolean
  /** Of all spans in the process, and of one tenant's. */
  readonly budgetBytes: number
  readonly quotaBytes: number
  /** Whether what waits is kept on a disk as well, and whether somebody says where it may go later. */
  readonly hasSpool: boolean
  readonly asksStore: boolean
  /** By how much a process's monotonic clock is ahead of the time of day, in milliseconds. */
  readonly drift: number
  /** How often a fiber goes before its turn. */
  readonly disorder: number
}

/** Everything that is there before the first step. */
export interface World {
  readonly tenants: ReadonlyArray<TenantPlan>
  readonly operator: ReadonlyArray<DestinationPlan>
  readonly settings: Settings
}

/** The name under which the operator's secrets are known. */
export const operator = "operator"

const hosts = 24

/** The host of the operator's first destination, whose account some tenants have, too. */
const operatorHost = 0

/** The URL of a destination's traces endpoint. Those who share an account share it; a path of its own tells nobody's secret. */
export const endpointOf = (plan: DestinationPlan): string =>
  plan.isDenied ? `https://10.0.0.${plan.host}/v1/traces` : `https://${hostName(plan.host)}/v1/traces`

/** The name of a host. */
export const hostName = (host: number): string => `backend-${host}.example.com`

const drawDestination = (dice: Dice, tenant: string, name: string): DestinationPlan => ({
  name,
  host: 1 + dice.below(hosts - 1),
  secretsOf: tenant,
  vendor: dice.one(["otlp", "otlp", "langfuse", "arize"]),
  auth: dice.one(["bearer", "bearer", "key_and_project", "two_keys", "token", "signer"]),
  account: dice.one(["shared", tenant]),
  protocol: dice.one(["http/protobuf", "http/json"]),
  vocabulary: dice.one(["genai", "genai", "openinference"]),
  content: dice.one(["none", "full"]),
  callerTrace: dice.one(["continue", "link", "ignore"]),
  isDenied: dice.chance(0.03),
  bytesPerRequest: dice.chance(0.05) ? 4000 : undefined
})

const drawTenant = (
  dice: Dice,
  id: string,
  operators: ReadonlyArray<DestinationPlan>,
  hasSpool: boolean
): TenantPlan => {
  const first = drawDestination(dice, id, "main")
  const policy = dice.one(["override", "override", "additive", "metadata_only"])
  const own = operators[0]
  // The operator's own account, in the operator's own way. What it may see there changes with its credential, and what is on a disk does not.
  const isOperators = own !== undefined && !hasSpool && dice.chance(0.05)
  return {
    id,
    policy,
    destinations: [
      isOperators ? { ...first, host: own.host, secretsOf: operator, auth: own.auth, account: own.account } : first,
      ...(dice.chance(0.25) ? [drawDestination(dice, id, dice.one(["second", "archive"]))] : [])
    ]
  }
}

/** A tenant whose first destination is the account of another. */
const sharing = (tenant: TenantPlan, other: TenantPlan): TenantPlan => {
  const [theirs] = other.destinations
  const [first, ...rest] = tenant.destinations
  if (first === undefined || theirs === undefined) return tenant
  const { account, auth, host, secretsOf } = theirs
  return { ...tenant, destinations: [{ ...first, account, auth, host, secretsOf }, ...rest] }
}

/** Draws a world of so many tenants, at least 50. */
export const draw = (dice: Dice): World => {
  const operators = dice
    .shuffled<DestinationPlan["vendor"]>(["otlp", "langfuse", "arize"])
    .slice(0, dice.between(0, 2))
    .map(
      (vendor, index): DestinationPlan => ({
        ...drawDestination(dice, operator, `own-${vendor}`),
        host: operatorHost + index,
        auth: index === 0 ? "bearer" : "two_keys",
        vendor,
        isDenied: false,
        bytesPerRequest: undefined
      })
    )
  const hasSpool = dice.chance(0.4)
  const tenants: Array<TenantPlan> = []
  const count = 50 + dice.below(8)
  for (let number = 0; number < count; number++) {
    const tenant = drawTenant(dice, `t${String(number).padStart(2, "0")}`, operators, hasSpool)
    const other = dice.chance(0.06) ? dice.pick(tenants) : undefined
    tenants.push(other === undefined ? tenant : sharing(tenant, other))
  }
  return {
    tenants,
    operator: operators,
    settings: {
      incoming: dice.one(["continue", "link", "ignore"]),
      content: dice.one(["full", "full", "none"]),
      capacity: dice.one([4, 8, 16, 32, 256]),
      idleSeconds: dice.one([20, 120, 600]),
      batchSpans: dice.one([2, 5, 16, 64]),
      batchAgeMillis: dice.one([200, 1000, 5000]),
      queueSpans: dice.one([12, 40, 200]),
      holdSpans: dice.one([3, 8, 64]),
      holdSeconds: dice.one([2, 10, 30]),
      breakerFailures: dice.one([1, 3, 5]),
      breakerMaxSeconds: dice.one([10, 60]),
      maxElapsedSeconds: dice.one([30, 300, 3600]),
      hasResolver: dice.chance(0.5),
      budgetBytes: dice.one([256 * 1024, 256 * 1024 * 1024]),
      quotaBytes: dice.one([8 * 1024, 64 * 1024 * 1024]),
      hasSpool,
      asksStore: hasSpool && dice.chance(0.7),
      drift: dice.one([0, 0, 42_000]),
      disorder: dice.one([0, 0.1, 0.5])
    }
  }
}
