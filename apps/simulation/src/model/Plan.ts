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

const ofOperator = (account: Account): Outlet => ({
  id: account.id,
  account,
  audience: "operator",
  version: account.version
})

/** What belongs to nobody goes to the operator. */
export const unowned = (operators: ReadonlyArray<Account>): ReadonlyArray<Outlet> => operators.map(ofOperator)

/** What becomes of a tenant's trace as its settings and credentials are now. */
export const owned = (
  tenant: TenantPlan,
  accounts: ReadonlyArray<Account>,
  operators: ReadonlyArray<Account>
): ReadonlyArray<Outlet> => {
  const allowed = accounts.filter(({ plan }) => !plan.isDenied)
  const isAdditive = tenant.policy === "additive"
  const isOperators = (account: Account) => operators.some((operator) => isSame(operator, account))
  const standsDown = (operator: Account) =>
    allowed.some((account) => isSame(account, operator)) ||
    (!isAdditive && operator.plan.vendor !== "otlp" && allowed.some(({ plan }) => plan.vendor === operator.plan.vendor))
  return [
    ...allowed.map(
      (account): Outlet => ({
        id: account.id,
        account,
        audience: isAdditive && isOperators(account) ? "merged" : "tenant",
        version: account.version
      })
    ),
    ...operators.filter((operator) => !standsDown(operator)).map(ofOperator)
  ]
}

/** Whether a destination with this audience receives a span at all; others are hidden and closed over. */
export const isVisible = ({ audience }: Outlet, hasRole: boolean): boolean => audience !== "tenant" || hasRole
