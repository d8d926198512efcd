/** What the demo claims, checked against what the back ends received. Pure: evidence in, verdicts out. */
import type { TenantTracer } from "tenant-tracer"
import * as Canaries from "./Canaries.js"
import type { Tenant } from "./Cast.js"
import * as Expected from "./Expected.js"
import { bytesOf, type Received, requestsOf } from "./Received.js"
import type { Result } from "./Traffic.js"

/** What is known after a run. */
export interface Evidence {
  readonly tenants: ReadonlyArray<{ readonly tenant: Tenant; readonly received: Received }>
  readonly operator: Received
  readonly results: ReadonlyArray<Result>
  /** The canaries of those who are no tenants. */
  readonly strangers: ReadonlyArray<Canaries.Canary>
  readonly ledger: TenantTracer.Status["ledger"]
}

/** A claim, and what speaks against it. */
export interface Check {
  readonly claim: string
  readonly problems: ReadonlyArray<string>
}

type Ledger = TenantTracer.Status["ledger"]
type Row = Ledger["total"]

/** The sum of counts by reason. */
export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0)

const accounted = (row: Row): number =>
  row.hidden + row.delivered + total(row.rejected) + total(row.dropped) + row.held + row.spooled

/** How often each text occurs. */
export const tally = (texts: Iterable<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** Where two lists of pictures differ, whatever their order. */
const differences = (expected: ReadonlyArray<string>, actual: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [wanted, got] = [tally(expected), tally(actual)]
  return Array.from(new Set([...wanted.keys(), ...got.keys()])).flatMap((picture) => {
    const [want, have] = [wanted.get(picture) ?? 0, got.get(picture) ?? 0]
    return want === have ? [] : [`expected ${want}, received ${have} of:\n${picture}`]
  })
}

const scenesOf = (evidence: Evidence, tenant: string): ReadonlyArray<Result> =>
  evidence.results.filter((result) => result.tenant === tenant)

const expectedTrees = (evidence: Evidence, tenant: string): ReadonlyArray<string> =>
  scenesOf(evidence, tenant).flatMap(({ scene }) => (scene === "wrong key" ? [] : [Expected.trees[scene]]))

/** Everybody's canaries. */
export const allCanaries = (evidence: Evidence): ReadonlyArray<Canaries.Canary> => [
  ...evidence.tenants.flatMap(({ tenant }) => tenant.canaries),
  ...evidence.strangers
]

/** The canaries at a tenant's back end that must not be there. */
export const foreignAt = (evidence: Evidence, tenant: string, received: Received): ReadonlyArray<Canaries.Sighting> =>
  Canaries.find(Canaries.foreignTo(tenant, allCanaries(evidence)), bytesOf(received.deliveries))

const sighted = (where: string) => (sighting: Canaries.Sighting) =>
  `${sighting.canary.owner}'s ${sighting.canary.what} is at ${where} (${sighting.form})`

/** At the operator's there must be no canary at all but the ids of callers, which link the trees. */
const atOperator = (evidence: Evidence): ReadonlyArray<string> =>
  Canaries.find(
    allCanaries(evidence).filter(({ what }) => !what.endsWith("of its caller")),
    bytesOf(evidence.operator.deliveries)
  ).map(sighted("the operator's"))

/** Plants a canary of one tenant in the bytes of another, in each disguise; gives the disguises that the search misses. */
const missedPlants = (evidence: Evidence): ReadonlyArray<string> => {
  const [victim, host] = evidence.tenants
  const [canary] = victim?.tenant.canaries ?? []
  if (canary === undefined || host === undefined) return ["there is nobody to plant a canary on"]
  const [bytes = new Uint8Array()] = bytesOf(host.received.deliveries)
  const at = Math.floor(bytes.length / 2)
  return Canaries.disguisesOf(canary.text).flatMap(({ form, bytes: planted }) => {
    const haystack = Buffer.concat([bytes.subarray(0, at), planted, bytes.subarray(at)])
    return Canaries.find([canary], [haystack]).length === 1 ? [] : [`${form}: not found`]
  })
}

const forTenants = (
  evidence: Evidence,
  problems: (tenant: Tenant, received: Received) => ReadonlyArray<string>
): ReadonlyArray<string> =>
  evidence.tenants.flatMap(({ tenant, received }) => problems(tenant, received).map((text) => `${tenant.id}: ${text}`))

const callerIdOf = (tenant: Tenant, id: "trace" | "span"): string =>
  tenant.canaries.find(({ what }) => what === `${id} id of its caller`)?.text ?? ""

/** A count and what is counted. */
export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`

/** All verdicts. */
export const verdicts = (evidence: Evidence): ReadonlyArray<Check> => {
  const { ledger, operator, results, tenants } = evidence
  const delivered = new Map(ledger.rows.map((row) => [String(row.id), row.delivered]))
  const spans = tenants.reduce((sum, { received }) => sum + received.spans.length, 0)
  const canaries = allCanaries(evidence)
  const wrongKeys = operator.traces.filter(({ picture }) => picture === Expected.treesAtOperator["wrong key"])
  const deliveredTo = (id: string, { spans }: Received): ReadonlyArray<string> =>
    delivered.get(id) === spans.length ? [] : [`the ledger says ${delivered.get(id) ?? 0}, ${spans.length} arrived`]
  return [
    {
      claim: `${plural(results.length, "request")} got the answer they should get`,
      problems: results.flatMap(({ expected, outcome, scene, tenant }) =>
        outcome === expected ? [] : [`${tenant}, ${scene}: expected "${expected}", got "${outcome}"`]
      )
    },
    {
      claim: `${plural(
        tenants.reduce((sum, { received }) => sum + received.traces.length, 0),
        "trace"
      )} arrived, each exactly as written down`,
      problems: forTenants(evidence, (tenant, received) =>
        differences(
          expectedTrees(evidence, tenant.id),
          received.traces.map(({ picture }) => picture)
        )
      )
    },
    {
      claim: `${plural(spans, "span")} arrived, as many as the ledger says were delivered; none is missing, none is an orphan`,
      problems: forTenants(evidence, (tenant, received) => [
        ...(received.orphans === 0 ? [] : [plural(received.orphans, "orphan")]),
        ...deliveredTo(`${tenant.id}/main`, received)
      ])
    },
    {
      claim: "no back end refused anything: credentials, paths, formats and resource attributes are as its vendor asks",
      problems: [
        ...forTenants(evidence, (_, received) => received.refusals.map(({ reason, status }) => `${status} ${reason}`)),
        ...operator.refusals.map(({ reason, status }) => `operator: ${status} ${reason}`)
      ]
    },
    {
      claim: `not one of ${canaries.length} canaries (prompts, keys, headers, query values) is where it must not be`,
      problems: [
        ...forTenants(evidence, (tenant, received) =>
          foreignAt(evidence, tenant.id, received).map(sighted("its back end"))
        ),
        ...atOperator(evidence)
      ]
    },
    {
      claim: "prompts are at the back end whose tenant asked for content, and at no other",
      problems: forTenants(evidence, (tenant, received) => {
        const prompts = tenant.canaries.filter(({ what }) => what.endsWith("prompt") && !what.startsWith("blocked"))
        const found = Canaries.find(prompts, bytesOf(received.deliveries)).length
        const wanted = tenant.content === "full" ? prompts.length : 0
        return found === wanted ? [] : [`${found} of ${prompts.length} prompts are there, expected ${wanted}`]
      })
    },
    { claim: "a planted canary is found, in every disguise", problems: missedPlants(evidence) },
    {
      claim: "the request that came with a trace of its own is linked to it",
      problems: forTenants(evidence, (tenant, received) => {
        const links = received.spans
          .flatMap((span) => span.links)
          .filter(
            ({ spanId, traceId }) => traceId === callerIdOf(tenant, "trace") && spanId === callerIdOf(tenant, "span")
          )
        return links.length === 1 ? [] : [plural(links.length, "link")]
      })
    },
    {
      claim: "the request with the wrong key is the operator's alone",
      problems: wrongKeys.length === 1 ? [] : [`the operator received ${plural(wrongKeys.length, "such trace")}`]
    },
    {
      claim: "the operator received every request with all of its inner spans, and no orphan",
      problems: [
        ...differences(
          results.map(({ scene }) => Expected.treesAtOperator[scene]),
          requestsOf(operator.traces).map(({ picture }) => picture)
        ),
        ...(operator.orphans === 0 ? [] : [plural(operator.orphans, "orphan")]),
        ...deliveredTo("operator/collector", operator)
      ]
    },
    {
      claim: "the ledger balances, and nothing was dropped, rejected or left behind",
      problems: [ledger.total, ...ledger.rows].flatMap((row) => [
        ...(row.made === accounted(row) ? [] : [`${row.id}: made ${row.made}, accounted for ${accounted(row)}`]),
        ...(row.made === row.hidden + row.delivered
          ? []
          : [`${row.id}: ${row.made - row.hidden - row.delivered} not delivered`])
      ])
    }
  ]
}

/** What the last line of `--json` says. */
export const summary = (evidence: Evidence, checks: ReadonlyArray<Check>) => {
  const { dropped, rejected, made, hidden, delivered, held, spooled } = evidence.ledger.total
  return {
    ok: checks.every(({ problems }) => problems.length === 0),
    tenants: evidence.tenants.map(({ tenant, received }) => ({
      tenant: tenant.id,
      vendor: tenant.vendor,
      traces: received.traces.length,
      spans: received.spans.length,
      orphans: received.orphans,
      foreign: foreignAt(evidence, tenant.id, received).length
    })),
    ledger: { made, hidden, delivered, rejected: total(rejected), dropped: total(dropped), held, spooled }
  }
}
