/** What a vendor's page says of its endpoint, beside the rules that the receiver plays, and a tracer that takes the receiver for the vendor. */
import { Receiver, VendorRules } from "@tenant-tracer/receiver"
import { Context, Effect, Either, Layer, Option, Redacted } from "effect"
import {
  type Destination,
  TenantTracer,
  Tracing,
  type TracingConfig,
  Transport,
  UndiciTransport,
  Vendors
} from "tenant-tracer"

export interface Contract {
  readonly vendor: string
  readonly rules: VendorRules.VendorRules
  /** One of those that the vendor has. */
  readonly endpoint: string
  readonly credentials: Readonly<Record<string, unknown>>
}

/** Where a vendor takes traces, and what of the credentials says that it is there. */
type Place = readonly [endpoint: string, credentials: Readonly<Record<string, unknown>>]

const at = (
  vendor: string,
  rules: VendorRules.VendorRules,
  credentials: Readonly<Record<string, unknown>>,
  places: ReadonlyArray<Place>
): ReadonlyArray<Contract> =>
  places.map(([endpoint, place]) => ({ vendor, rules, endpoint, credentials: { ...credentials, ...place } }))

/** The vendor's own installations: that they are where its page says is shown with the vendors. */
const installations = (vendor: string, field = "region"): ReadonlyArray<Place> =>
  Object.entries(Option.getOrThrow(Vendors.find(vendor)).regions).map(([name, { endpoint }]) => [
    endpoint,
    { [field]: name }
  ])

const grafana = "https://otlp-gateway-prod-eu-west-2.grafana.net"
const dynatrace = "/api/v2/otlp/v1/traces"
const honeycomb: ReadonlyArray<Place> = [
  ...installations("honeycomb"),
  ["https://refinery.example.com/v1/traces", { endpoint: "https://refinery.example.com" }]
]
const collector: ReadonlyArray<Place> = [
  ["https://collector.example.com/v1/traces", { endpoint: "https://collector.example.com" }]
]

/** Each vendor, in each of its installations and in one of a tenant's own. */
const installed: ReadonlyArray<ReadonlyArray<Contract>> = [
  at("langfuse_otel", VendorRules.langfuse, { publicKey: "pk-lf-1", secretKey: "sk-lf-1" }, [
    ...installations("langfuse_otel"),
    ["https://langfuse.example.com/api/public/otel/v1/traces", { host: "https://langfuse.example.com" }]
  ]),
  at("arize", VendorRules.arize, { apiKey: "ak-1", spaceId: "space-1", project: "checkout" }, [
    ...installations("arize"),
    ["https://arize.example.com/v1/traces", { endpoint: "https://arize.example.com/v1" }]
  ]),
  at("arize_phoenix", VendorRules.phoenix, { apiKey: "px-1", project: "checkout" }, [
    ["https://phoenix.example.com/v1/traces", { endpoint: "https://phoenix.example.com" }]
  ]),
  at("langsmith", VendorRules.langsmith, { apiKey: "ls-1", project: "checkout" }, [
    ...installations("langsmith"),
    ["https://langsmith.example.com/api/v1/otel/v1/traces", { host: "https://langsmith.example.com" }]
  ]),
  at("braintrust", VendorRules.braintrust, { apiKey: "bt-1", parent: "project_name:checkout" }, [
    ...installations("braintrust"),
    ["https://braintrust.example.com/otel/v1/traces", { host: "https://braintrust.example.com" }]
  ]),
  at("weave_otel", VendorRules.weave, { apiKey: "wb-1", project: "acme/checkout" }, [
    ["https://trace.wandb.ai/otel/v1/traces", {}],
    ["https://trace.wandb.ai/agents/otel/v1/traces", { view: "agents" }],
    ["https://acme.wandb.io/traces/otel/v1/traces", { host: "https://acme.wandb.io" }]
  ]),
  at("datadog", VendorRules.datadog, { apiKey: "dd-1" }, [
    ...installations("datadog", "site"),
    ["https://otlp.datadoghq.eu/v1/traces", { site: "datadoghq.eu", product: "apm" }]
  ]),
  at("honeycomb", VendorRules.honeycomb, { apiKey: "hc-1" }, honeycomb),
  at(
    "honeycomb",
    VendorRules.honeycombClassic,
    { apiKey: "0123456789abcdef".repeat(2), dataset: "checkout" },
    honeycomb
  ),
  at("newrelic", VendorRules.newrelic, { licenseKey: "nr-1" }, [
    ["https://otlp.nr-data.net/v1/traces", {}],
    ...installations("newrelic")
  ]),
  at("grafana_cloud", VendorRules.grafanaCloud, { instanceId: "12", token: "glc" }, [
    [`${grafana}/otlp/v1/traces`, { endpoint: `${grafana}/otlp` }],
    [
      "https://otlp-gateway-prod-us-east-0.grafana.net/otlp/v1/traces",
      { endpoint: "otlp-gateway-prod-us-east-0.grafana.net" }
    ]
  ]),
  at("tempo", VendorRules.tempo, { tenantId: "acme" }, [
    ["https://tempo.example.com/v1/traces", { endpoint: "https://tempo.example.com" }]
  ]),
  at("dynatrace", VendorRules.dynatrace, { apiToken: "dt0c01.1" }, [
    [`https://abc12345.live.dynatrace.com${dynatrace}`, { environmentId: "abc12345" }],
    // An ActiveGate has more of a path before it, which is not the API's.
    [`https://dynatrace.example.com${dynatrace}`, { endpoint: "https://dynatrace.example.com" }]
  ]),
  at("otlp", VendorRules.otlp, { headers: { "x-key": "k-1" } }, collector),
  at("otlp", VendorRules.collector, { headers: { "x-key": "k-1" } }, collector)
]

/** Each vendor in one of its places. */
export const contracts: ReadonlyArray<Contract> = installed.flatMap((places) => places.slice(0, 1))

/** Each vendor in all of them. */
export const places: ReadonlyArray<Contract> = installed.flat()

/** For `describe.each`: each with a name of its own. */
export const named = contracts.map((contract) => [`${contract.vendor}, ${contract.rules.vendor}`, contract] as const)

export const contractOf = (vendor: string): Contract => {
  const found = contracts.find((contract) => contract.vendor === vendor)
  if (found === undefined) throw new Error(`there is no contract of ${vendor}`)
  return found
}

export const made = ({ credentials, vendor }: Pick<Contract, "credentials" | "vendor">): Destination.Destination =>
  Either.getOrThrow(Vendors.destination(vendor, credentials, { content: "full" }))

export const headersOf = ({ auth }: Destination.Destination): Readonly<Record<string, string>> =>
  auth._tag === "Headers"
    ? Object.fromEntries(Object.entries(auth.headers).map(([k, v]) => [k, Redacted.value(v)]))
    : {}

/** The headers by which the vendor tells one account from another. */
const proofOf = ({ rules }: Contract, headers: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  rules.requiredHeaders.length === 0 ? Object.keys(headers) : rules.requiredHeaders.map(({ name }) => name)

/** A transport for which every host is the receiver; it keeps the URLs that were asked for. */
export const to = (receiver: Receiver.Receiver.Service, asked: Array<string>) =>
  Layer.map(UndiciTransport.layer(), (services) => {
    const real = Context.get(services, Transport.Transport)
    // Its own address is one that a policy for tenants does not allow.
    const there = <Target extends Transport.TransportTarget>(target: Target): Target => {
      const { pathname, search } = new URL(target.url)
      return { ...target, url: receiver.url + pathname + search, policy: undefined }
    }
    return Context.make(Transport.Transport, {
      ...real,
      hold: (target) => real.hold(there(target)),
      send: (request) => {
        asked.push(request.url)
        return real.send(there(request))
      }
    })
  })

/** A receiver that plays the vendor and knows this account alone, and a tracer that takes it for the vendor. */
export const playing = (
  contract: Contract,
  config: TracingConfig.TracingConfig = {},
  options: Receiver.Options & Pick<Receiver.Account, "mayWrite"> = {}
) =>
  Effect.gen(function* () {
    const destination = made(contract)
    const headers = headersOf(destination)
    const proof = proofOf(contract, headers)
    const path = new URL(destination.endpoint).pathname
    const known = Object.fromEntries(proof.map((name) => [name, headers[name] ?? ""]))
    const receiver = yield* Receiver.make({
      ...options,
      accounts: [{ id: "acme", headers: known, mayWrite: options.mayWrite, rules: contract.rules, path }]
    })
    const asked: Array<string> = []
    const tracing = Layer.provide(TenantTracer.layer({ content: "full", ...config }), [
      Tracing.vocabularies,
      to(receiver, asked)
    ])
    return { asked, destination, headers, proof, receiver, tracing }
  })
