/**
 * From an owner to destinations: takes each ended span and offers it to every destination that its route allows. A destination that cannot be
 * reached is denied, counted with its reason, and nobody else's credentials stand in for it.
 *
 * @since 0.1.0
 */
import { isDeepStrictEqual } from "node:util"
import * as Destination from "@tenant-tracer/model/Destination"
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import * as Either from "effect/Either"
import type { ByteBudget } from "../deliver/ByteBudget.js"
import * as DestinationId from "../deliver/DestinationId.js"
import type { Ledger } from "../deliver/Ledger.js"
import type { Provider } from "../deliver/Provider.js"
import type { Account } from "../internal/fates.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import type { SpanSink } from "../record/Recorder.js"
import type { RequestTrace } from "../record/RequestTrace.js"
import * as TenantView from "../render/TenantView.js"
import * as OperatorPolicy from "./OperatorPolicy.js"
import * as Sampler from "./Sampler.js"
import * as SharedAccount from "./SharedAccount.js"

/**
 * A destination that is ready to take spans: `provider` finds it, or builds it again, at the moment a span ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Outlet {
  readonly id: DestinationId.DestinationId
  readonly view: TenantView.View
  readonly account: Account
  /** Absent where it receives every trace. */
  readonly sampling?: Sampler.Rates | undefined
  /** A reason when no provider can be had just now: the span is dropped under it. It is `needed` for a trace of which it has taken spans already. */
  provider(isNeeded: boolean): Either.Either<Pick<Provider<RecordedSpan>, "offer">, { readonly reason: string }>
}

/**
 * One of the operator's own exporters. `vendor` decides for which tenants it stands down; `destination` is absent for exporters that are not OTLP.
 *
 * @since 0.1.0
 * @category models
 */
export interface OperatorOutlet extends Outlet {
  readonly vendor: string
  readonly destination: Destination.Destination | undefined
}

/**
 * What a route comes to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Plan {
  readonly outlets: ReadonlyArray<Outlet>
  readonly denied: ReadonlyArray<Denial>
}

/**
 * Why a destination of a route receives nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Denial {
  readonly id: DestinationId.DestinationId
  /** From a closed set: a name for counters. */
  readonly reason: string
  /** For whoever configures the destination. */
  readonly detail: string
}

/**
 * Sends each ended span on its way.
 *
 * @since 0.1.0
 * @category models
 */
export interface Router {
  readonly sink: SpanSink
  /** The decision for a route, made once per route object. */
  readonly plan: (route: TenantRoute) => Plan
  /** Decides about traces that have waited too long to be sampled; to be called about once a second. */
  readonly sweep: (now: bigint) => void
  /** Decides about all traces that wait to be sampled; to be called before the providers are closed. */
  readonly close: () => void
}

/**
 * `open` judges a tenant's destination and makes its outlet; `merged` when the operator has the same account. `random` draws from 0 to 1, once for
 * each trace of a destination that is sampled.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly ledger: Ledger
  readonly operator: ReadonlyArray<OperatorOutlet>
  readonly random: () => number
  readonly budget: ByteBudget
  readonly open: (
    id: DestinationId.DestinationId,
    destination: Destination.Destination,
    audience: "tenant" | "merged"
  ) => Outlet | Denial
  /** Told of each trace of a tenant's, before its first span goes anywhere; of one that has no destination, with each span. */
  readonly onTrace?: ((request: RequestTrace, route: TenantRoute, plan: Plan) => void) | undefined
}): Router => {
  const { budget, ledger, onTrace, operator, random } = options
  const operatorAccounts = operator.flatMap(({ destination }) => destination ?? [])
  const plans = new WeakMap<TenantRoute, Plan>()

  const decide = (route: TenantRoute): Plan => {
    const outlets: Array<Outlet> = []
    const denied: Array<Denial> = []
    const delivered: Array<Destination.Destination> = []
    const wanted: Array<Destination.Destination> = []
    const names = new Set<string>()
    for (const destination of route.destinations) {
      // A destination that was made by hand costs itself, and none of the others.
      const invalid = invalidity(destination)
      if (invalid !== undefined) {
        denied.push({ id: DestinationId.make({ tenant: route.tenant, name: invalid.name }), ...invalid })
        continue
      }
      if (names.has(destination.name)) {
        denied.push({
          id: DestinationId.make({ tenant: route.tenant, name: destination.name }),
          reason: "duplicate_name",
          detail: `a second destination is named "${destination.name}"; rename one of them`
        })
        continue
      }
      names.add(destination.name)
      const outside = residency(destination, route)
      if (outside !== undefined) {
        denied.push({ id: DestinationId.make({ tenant: route.tenant, name: destination.name }), ...outside })
        continue
      }
      wanted.push(destination)
    }
    for (const [index, destination] of wanted.entries()) {
      const id = DestinationId.make({ tenant: route.tenant, name: destination.name })
      const twin = delivered.find((other) => isSameTarget(other, destination))
      if (twin !== undefined) {
        denied.push({
          id,
          reason: "duplicate_account",
          detail: `it is the same account as "${twin.name}", which receives what either of them may see; remove one of them`
        })
        continue
      }
      const later = wanted.slice(index + 1).filter((other) => isSameTarget(other, destination))
      const merged = OperatorPolicy.isAdditive(route)
        ? operatorAccounts.filter((own) => OperatorPolicy.isSameAccount(own, destination))
        : []
      const shared = merged.reduce(SharedAccount.widest, later.reduce(SharedAccount.joined, destination))
      const opened = options.open(id, shared, merged.length > 0 ? "merged" : "tenant")
      if ("reason" in opened) denied.push(opened)
      else {
        outlets.push(opened)
        delivered.push(destination)
      }
    }
    for (const denial of denied) ledger.denied(denial.id, denial.reason)
    for (const own of operator) if (OperatorPolicy.receives(own, route, delivered)) outlets.push(own)
    return { outlets, denied }
  }

  const attempt = (route: TenantRoute): Plan => {
    try {
      return decide(route)
    } catch {
      // A route made without types: its spans end inside requests, which must not fail for it.
      ledger.count("invalid_route")
      return { outlets: operator, denied: [] }
    }
  }

  const plan = (route: TenantRoute): Plan => {
    const known = plans.get(route)
    if (known !== undefined) return known
    const made = attempt(route)
    plans.set(route, made)
    return made
  }

  const deliver = (outlet: Outlet, span: RecordedSpan): void => {
    const { account } = outlet
    const found = outlet.provider(account.hasTaken(span.request))
    if (Either.isRight(found)) found.right.offer(span)
    else {
      account.queued(span)
      account.dropped([span], found.left.reason)
    }
  }

  const sampler = Sampler.make({ ledger, budget, random, deliver })

  return {
    plan,
    sweep: sampler.sweep,
    close: sampler.close,
    sink: (span, route) => {
      const planned = route === undefined ? undefined : plan(route)
      if (route !== undefined && planned !== undefined && span.request.fates.isEmpty)
        onTrace?.(span.request, route, planned)
      const outlets = planned?.outlets ?? operator
      if (outlets.length === 0) return ledger.unrouted("no_destination", 1)
      for (const outlet of outlets) {
        const { account, sampling, view } = outlet
        account.made(span)
        if (!TenantView.isVisible(view, span.ancestry)) account.hidden(span)
        else if (sampling === undefined) deliver(outlet, span)
        else sampler.offer(outlet, sampling, span)
      }
      sampler.settle(span.request)
    }
  }
}

/**
 * Why a destination cannot be used, whoever made it; `name` is empty where it has none that is fit to be shown.
 *
 * @since 0.1.0
 * @category denials
 */
export const invalidity = (
  destination: Destination.Destination
): (Omit<Denial, "id"> & { readonly name: string }) | undefined => {
  const checked = Destination.validate(destination)
  if (Either.isRight(checked)) return undefined
  const { destination: name, field, message } = checked.left
  return { name, reason: `invalid_${field.replace(/\..*$/s, "")}`, detail: message }
}

/** Why a destination is outside the regions in which its tenant's traces may be kept. */
const residency = (
  { name, region }: Destination.Destination,
  { regions }: TenantRoute
): Omit<Denial, "id"> | undefined => {
  // Of a route made without types text must not pass for a list of one.
  if (regions === undefined || regions.some((allowed) => allowed === region)) return undefined
  const where =
    region === undefined
      ? `it is not known in which region "${name}" keeps what it receives`
      : `"${name}" keeps what it receives in region "${region}"`
  const allowed = regions.length === 0 ? "no region" : `${regions.slice(0, 8).join(", ")} only`
  return { reason: "region", detail: `${where}, and this tenant allows ${allowed}; use a destination there` }
}

/** One account with two resources may be two projects: some back ends tell them apart by the resource alone. */
const isSameTarget = (self: Destination.Destination, that: Destination.Destination): boolean =>
  OperatorPolicy.isSameAccount(self, that) && isDeepStrictEqual(self.resource, that.resource)
