/** What a vendor's page says of its endpoint, beside the rules that the receiver plays, and a tracer that takes the receiver for the vendor. */
import { Receiver, VendorRules } from "@tenant-tracer/receiver"
import { Context, Effect, Either, Layer, Redacted } from "effect"
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
  /** The origin that the vendor's page names. */
  readonly origin: string
  readonly credentials: Readonly<Record<string, unknown>>
}

const contract = (
  vendor: string,
  rules: VendorRules.VendorRules,
  origin: string,
  credentials: Contract["credentials"]
): Contract => ({ vendor, rules, origin, credentials })

const grafana = "https://otlp-gateway-prod-eu-west-2.grafana.net"
const collector = { endpoint: "https://collector.example.com", headers: { "x-key": "k-1" } }

export const contracts: ReadonlyArray<Contract> = [
  contract("langfuse_otel", VendorRules.langfuse, "https://cloud.langfuse.com", {
    publicKey: "pk-lf-1",
    secretKey: "sk-lf-1",
    region: "eu"
  }),
  contract("arize", VendorRules.arize, "https://otlp.arize.com", {
    apiKey: "ak-1",
    spaceId: "space-1",
    project: "checkout",
    region: "us"
  }),
  contract("arize_phoenix", VendorRules.phoenix, "https://phoenix.example.com", {
    endpoint: "https://phoenix.example.com",
    apiKey: "px-1",
    project: "checkout"
  }),
  contract("langsmith", VendorRules.langsmith, "https://eu.api.smith.langchain.com", {
    apiKey: "ls-1",
    project: "checkout",
    region: "eu"
  }),
  contract("braintrust", VendorRules.braintrust, "https://api.braintrust.dev", {
    apiKey: "bt-1",
    parent: "project_name:checkout",
    region: "us"
  }),
  contract("weave_otel", VendorRules.weave, "https://trace.wandb.ai", { apiKey: "wb-1", project: "acme/checkout" }),
  contract("datadog", VendorRules.datadog, "https://otlp.datadoghq.eu", { apiKey: "dd-1", site: "datadoghq.eu" }),
  contract("honeycomb", VendorRules.honeycomb, "https://api.honeycomb.io", { apiKey: "hc-1", region: "us" }),
  contract("newrelic", VendorRules.newrelic, "https://otlp.eu01.nr-data.net", { licenseKey: "nr-1", region: "eu" }),
  contract("grafana_cloud", VendorRules.grafanaCloud, grafana, {
    endpoint: `${grafana}/otlp`,
    instanceId: "12",
    token: "glc"
  }),
  contract("tempo", VendorRules.tempo, "https://tempo.example.com", {
    endpoint: "https://tempo.example.com",
    tenantId: "acme"
  }),
  contract("dynatrace", VendorRules.dynatrace, "https://abc12345.live.dynatrace.com", {
    apiToken: "dt0c01.1",
    environmentId: "abc12345"
  }),
  contract("otlp", VendorRules.otlp, collector.endpoint, collector),
  contract("otlp", VendorRules.collector, collector.endpoint, collector)
]

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
export const playing = (contract: Contract, config: TracingConfig.TracingConfig = {}, options: Receiver.Options = {}) =>
  Effect.gen(function* () {
    const destination = made(contract)
    const headers = headersOf(destination)
    const proof = proofOf(contract, headers)
    const path = new URL(destination.endpoint).pathname
    const known = Object.fromEntries(proof.map((name) => [name, headers[name] ?? ""]))
    const receiver = yield* Receiver.make({
      ...options,
      accounts: [{ id: "acme", headers: known, rules: contract.rules, path }]
    })
    const asked: Array<string> = []
    const tracing = Layer.provide(TenantTracer.layer({ content: "full", ...config }), [
      Tracing.vocabularies,
      to(receiver, asked)
    ])
    return { asked, destination, headers, proof, receiver, tracing }
  })
