/** Where the spans of a route must go, worked out from the world alone: what the library's own decision is held against. */
import type { DestinationId } from "tenant-tracer"
import { type Account, isSame } from "../world/Account.js"
import type { TenantPlan } from "../world/World.js"

/** One destination that gets the spans of a route, and what it may see. `version` is of the credential that the route names. */
export interface Outlet {
  readonly id: DestinationId.DestinationId
  readonly account: Account
  readonly audience: "tenant" | "merged" | "operator"
  readonly version: number
}

/** A tenant's settings at the moment that its route was made. */
export interface Settings {
  readonly tenant: TenantPlan
  readonly accounts: ReadonlyArray<{
    readonly account: Account
    readonly version: number
    /** Those of the operator that are the same account. */
    readonly sameAs: ReadonlyArray<Account>
  }>
}

/** Whether a credential may not be used any more. */
export type IsRevoked = (id: DestinationId.DestinationId, version: number) => boolean

/** The settings as they are now. */
export const settings = (
  tenant: TenantPlan,
  accounts: ReadonlyArray<Account>,
  operators: ReadonlyArray<Account>
): Settings => ({
  tenant,
  accounts: accounts.map((account) => ({
    account,
    version: account.version,
    sameAs: operators.filter((operator) => isSame(operator, account))
  }))
})

const ofOperator = (account: Account): Outlet => ({
  id: account.id,
  account,
  audience: "operator",
  version: account.version
})

/** What belongs to nobody goes to the operator. */
export const unowned = (operators: ReadonlyArray<Account>): ReadonlyArray<Outlet> => operators.map(ofOperator)

/** What becomes of a tenant's trace. */
export const owned = (
  { accounts, tenant }: Settings,
  operators: ReadonlyArray<Account>,
  isRevoked: IsRevoked
): ReadonlyArray<Outlet> => {
  const allowed = accounts.filter(({ account, version }) => !account.plan.isDenied && !isRevoked(account.id, version))
  const isAdditive = tenant.policy !== "override"
  const standsDown = (operator: Account) =>
    allowed.some(({ sameAs }) => sameAs.includes(operator)) ||
    (!isAdditive &&
      operator.plan.vendor !== "otlp" &&
      allowed.some(({ account }) => account.plan.vendor === operator.plan.vendor))
  return [
    ...allowed.map(
      ({ account, sameAs, version }): Outlet => ({
        id: account.id,
        account,
        audience: isAdditive && sameAs.length > 0 ? "merged" : "tenant",
        version
      })
    ),
    ...operators.filter((operator) => !standsDown(operator)).map(ofOperator)
  ]
}

/** Whether a destination with this audience receives a span at all; others are hidden and closed over. */
export const isVisible = ({ audience }: Outlet, hasRole: boolean): boolean => audience !== "tenant" || hasRole
