/** Where each vendor's own installations are, and who may name another host: written out by hand, for a tenant's data must not leave its region unseen. */
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Vendors from "../src/Vendors.js"
import { complete } from "./complete.js"

const every = [...Vendors.all, ...Vendors.unverified]

/** A vendor, what credentials call an installation of its, where that is, and its endpoint. */
const installations: ReadonlyArray<readonly [vendor: string, name: string, region: string, endpoint: string]> = [
  ["langfuse_otel", "eu", "eu", "https://cloud.langfuse.com/api/public/otel/v1/traces"],
  ["langfuse_otel", "us", "us", "https://us.cloud.langfuse.com/api/public/otel/v1/traces"],
  ["langfuse_otel", "jp", "jp", "https://jp.cloud.langfuse.com/api/public/otel/v1/traces"],
  ["langfuse_otel", "hipaa", "us", "https://hipaa.cloud.langfuse.com/api/public/otel/v1/traces"],
  ["arize", "us", "us", "https://otlp.arize.com/v1/traces"],
  ["arize", "eu", "eu", "https://otlp.eu-west-1a.arize.com/v1/traces"],
  ["arize", "ca", "ca", "https://otlp.ca-central-1a.arize.com/v1/traces"],
  ["langsmith", "us", "us", "https://api.smith.langchain.com/otel/v1/traces"],
  ["langsmith", "eu", "eu", "https://eu.api.smith.langchain.com/otel/v1/traces"],
  ["langsmith", "apac", "apac", "https://apac.api.smith.langchain.com/otel/v1/traces"],
  ["langsmith", "aws", "us", "https://aws.api.smith.langchain.com/otel/v1/traces"],
  ["braintrust", "us", "us", "https://api.braintrust.dev/otel/v1/traces"],
  ["braintrust", "eu", "eu", "https://api-eu.braintrust.dev/otel/v1/traces"],
  ["datadog", "datadoghq.com", "us", "https://otlp.datadoghq.com/v1/traces"],
  ["datadog", "us3.datadoghq.com", "us", "https://otlp.us3.datadoghq.com/v1/traces"],
  ["datadog", "us5.datadoghq.com", "us", "https://otlp.us5.datadoghq.com/v1/traces"],
  ["datadog", "datadoghq.eu", "eu", "https://otlp.datadoghq.eu/v1/traces"],
  ["datadog", "ap1.datadoghq.com", "jp", "https://otlp.ap1.datadoghq.com/v1/traces"],
  ["datadog", "ap2.datadoghq.com", "au", "https://otlp.ap2.datadoghq.com/v1/traces"],
  ["datadog", "uk1.datadoghq.com", "gb", "https://otlp.uk1.datadoghq.com/v1/traces"],
  ["honeycomb", "us", "us", "https://api.honeycomb.io/v1/traces"],
  ["honeycomb", "eu", "eu", "https://api.eu1.honeycomb.io/v1/traces"],
  ["newrelic", "us", "us", "https://otlp.nr-data.net/v1/traces"],
  ["newrelic", "eu", "eu", "https://otlp.eu01.nr-data.net/v1/traces"],
  ["newrelic", "jp", "jp", "https://otlp.jp.nr-data.net/v1/traces"],
  ["newrelic", "gov", "us", "https://gov-otlp.nr-data.net/v1/traces"],
  ["logfire", "us", "us", "https://logfire-us.pydantic.dev/v1/traces"],
  ["logfire", "eu", "eu", "https://logfire-eu.pydantic.dev/v1/traces"],
  ["posthog", "us", "us", "https://us.i.posthog.com/i/v0/ai/otel"],
  ["posthog", "eu", "eu", "https://eu.i.posthog.com/i/v0/ai/otel"],
  ["signoz", "us", "us", "https://ingest.us.signoz.cloud/v1/traces"],
  ["signoz", "eu", "eu", "https://ingest.eu.signoz.cloud/v1/traces"],
  ["signoz", "in", "in", "https://ingest.in.signoz.cloud/v1/traces"],
  ["dash0", "eu-west-1", "eu", "https://ingress.eu-west-1.aws.dash0.com/v1/traces"],
  ["dash0", "eu-central-1", "eu", "https://ingress.eu-central-1.aws.dash0.com/v1/traces"],
  ["dash0", "us-west-2", "us", "https://ingress.us-west-2.aws.dash0.com/v1/traces"],
  ["dash0", "europe-west4", "eu", "https://ingress.europe-west4.gcp.dash0.com/v1/traces"],
  ["axiom", "us", "us", "https://us-east-1.aws.edge.axiom.co/v1/traces"],
  ["axiom", "eu", "eu", "https://eu-central-1.aws.edge.axiom.co/v1/traces"],
  ["coralogix", "eu1", "eu", "https://ingress.eu1.coralogix.com/v1/traces"],
  ["coralogix", "eu2", "eu", "https://ingress.eu2.coralogix.com/v1/traces"],
  ["coralogix", "us1", "us", "https://ingress.us1.coralogix.com/v1/traces"],
  ["coralogix", "us2", "us", "https://ingress.us2.coralogix.com/v1/traces"],
  ["coralogix", "us3", "us", "https://ingress.us3.coralogix.com/v1/traces"],
  ["coralogix", "ap1", "in", "https://ingress.ap1.coralogix.com/v1/traces"],
  ["coralogix", "ap2", "sg", "https://ingress.ap2.coralogix.com/v1/traces"],
  ["coralogix", "ap3", "id", "https://ingress.ap3.coralogix.com/v1/traces"]
]

/** The fields by which credentials name a host of their own. */
const hostFields = ["host", "endpoint", "dsn"]

/** Complete credentials of a vendor, for one of its installations instead of a host. */
const at = (vendor: string, installation: string) => ({
  ...Object.fromEntries(Object.entries(complete[vendor] ?? {}).filter(([field]) => !hostFields.includes(field))),
  [vendor === "datadog" ? "site" : "region"]: installation
})

it.each(installations)("%s, %s is in %s", (vendor, name, region, endpoint) => {
  expect(Either.getOrThrow(Vendors.destination(vendor, at(vendor, name)))).toMatchObject({ region, endpoint })
})

it("no vendor has an installation that is not written here", () => {
  const said = every.flatMap((vendor) =>
    Object.entries(vendor.regions).map(([name, { endpoint, region }]) => [vendor.name, name, region, endpoint])
  )
  expect(said).toEqual(installations)
})

describe("a host that a tenant names", () => {
  const regionOf = (vendor: string, credentials: object, region?: string) =>
    Either.getOrThrow(Vendors.destination(vendor, { ...complete[vendor], ...credentials }, { region })).region

  it.each([
    ["sentry", { dsn: "https://k1@o1.ingest.de.sentry.io/2" }, "eu"],
    ["sentry", { dsn: "https://k1@o1.ingest.us.sentry.io/2" }, "us"],
    ["sentry", { dsn: "https://k1@o1.ingest.sentry.io/2" }, "us"],
    ["sentry", { dsn: "https://k1@O1.Ingest.DE.Sentry.io.:443/2" }, "eu"],
    ["honeyhive", { host: "https://api.dp1.us.prod.honeyhive.ai" }, "us"],
    ["elastic", { endpoint: "https://p1.ingest.eu-west-1.aws.elastic.cloud:443" }, "eu"],
    ["elastic", { endpoint: "p1.ingest.eu-west-2.aws.elastic.cloud" }, "gb"],
    ["elastic", { endpoint: "p1.ingest.us-east-1.aws.elastic.cloud" }, "us"],
    ["elastic", { endpoint: "p1.ingest.ap-south-1.aws.elastic.cloud" }, "in"],
    ["elastic", { endpoint: "p1.ingest.ap-southeast-2.aws.elastic.cloud" }, "au"],
    ["honeycomb", { region: "", endpoint: "https://api.eu1.honeycomb.io" }, "eu"],
    ["dash0", { endpoint: "https://ingress.us-west-2.aws.dash0.com" }, "us"],
    ["dash0", { endpoint: "ingress.europe-west4.gcp.dash0.com" }, "eu"],
    ["axiom", { region: "", endpoint: "eu-central-1.aws.edge.axiom.co" }, "eu"],
    // Whatever vendor's host it is, that vendor's page says where it is.
    ["otlp", { endpoint: "https://us.cloud.langfuse.com/api/public/otel/v1/traces" }, "us"],
    ["otlp", { endpoint: "https://otlp.datadoghq.eu/v1/traces" }, "eu"],
    ["otlp", { endpoint: "https://o1.ingest.de.sentry.io/api/2/integration/otlp/v1/traces" }, "eu"]
  ])("%s with %j is in %s, whatever is said", (vendor, credentials, region) => {
    expect(regionOf(vendor, credentials)).toBe(region)
    const error = Vendors.destination(vendor, { ...complete[vendor], ...credentials }, { region: "moon" })
    expect(Either.getOrThrow(Either.flip(error)).message).toBe(
      `${vendor}: region is ${region} at this endpoint: say so, or nothing`
    )
  })

  it.each([
    ["sentry", { dsn: "https://k1@sentry.example.com/2" }],
    ["sentry", { dsn: "https://k1@o1.fr.ingest.sentry.io/2" }],
    ["sentry", { dsn: "https://k1@o1.ingest.de.sentry.io.evil.example/2" }],
    ["sentry", { dsn: "https://k1@o1-ingest-de.sentry.io/2" }],
    ["honeyhive", { host: "https://api.dp2.us.prod.honeyhive.ai" }],
    ["honeycomb", { region: "", endpoint: "https://refinery.example.com" }],
    ["elastic", { endpoint: "p1.ingest.eu-moon-1.aws.elastic.cloud" }],
    ["elastic", { endpoint: "p1.ingest.europe-west2.gcp.elastic.cloud" }],
    ["elastic", { endpoint: "ingest.eu-west-1.aws.elastic.cloud" }],
    // Its page says how a host is put together, and not where it is.
    ["grafana_cloud", {}],
    ["grafana_cloud", { endpoint: "https://otlp-gateway-prod-moon-1.grafana.net/otlp" }],
    ["grafana_cloud", { endpoint: "https://otlp-gateway-prod-us-.grafana.net/otlp" }],
    ["grafana_cloud", { endpoint: "https://otlp-gateway-prod-us-east-0.grafana.net.evil.example/otlp" }],
    ["opik", { host: "https://opik.example.com/opik" }],
    ["weave_otel", { host: "https://acme.wandb.io" }],
    ["dynatrace", { endpoint: "", environmentId: "abc12345" }],
    ["otlp", {}]
  ])(
    "%s with %j is where it is said to be, and else nowhere known, which a route with regions denies",
    (vendor, credentials) => {
      expect(regionOf(vendor, credentials)).toBeUndefined()
      expect(regionOf(vendor, credentials, "eu")).toBe("eu")
    }
  )
})

describe("a host of grafana's that is named after a part of the world", () => {
  const made = (zone: string, region?: string, vendor = "grafana_cloud") => {
    const endpoint = `https://otlp-gateway-prod-${zone}.grafana.net/otlp`
    return Vendors.destination(vendor, { ...complete[vendor], endpoint }, { region })
  }

  it.each([
    ["us-east-0", "eu", "us"],
    ["eu-west-2", "us", "eu"],
    ["us-east-4.aws-us-east-4-1", "eu", "us"],
    ["ap-south-1", "eu", "ap"]
  ])("%s is not in %s, whoever says so and by whatever vendor", (zone, region, area) => {
    for (const vendor of ["grafana_cloud", "otlp"])
      expect(Either.getOrThrow(Either.flip(made(zone, region, vendor))).message).toBe(
        `${vendor}: region cannot be ${region} at a host that is named after ${area}: say where it is, or nothing`
      )
  })

  it.each([
    ["us-east-0", "us"],
    ["eu-west-2", "eu"],
    ["ap-south-1", "in"]
  ])("%s is in %s where that is said, and else nowhere known", (zone, region) => {
    expect(Either.getOrThrow(made(zone, region)).region).toBe(region)
    expect(Either.getOrThrow(made(zone)).region).toBeUndefined()
  })
})

describe("a host that is sent to where credentials name none, and of which no page says where it is", () => {
  const none = { host: "", endpoint: "", dsn: "", region: "" }
  const hosts = {
    weave_otel: "trace.wandb.ai",
    langwatch: "app.langwatch.ai",
    agentops: "otlp.agentops.ai",
    openlayer: "api.openlayer.com",
    opik: "www.comet.com",
    laminar: "api.lmnr.ai",
    galileo: "api.galileo.ai",
    traceloop: "api.traceloop.com",
    langtrace: "app.langtrace.ai"
  }

  it("nobody can say where it is, named or not, and a route with regions denies it", () => {
    const outcome = ({ destination, name }: (typeof every)[number], region?: string) =>
      destination({ ...complete[name], ...none }, { region })
    for (const [name, host] of Object.entries(hosts)) {
      const vendor = every.find((vendor) => vendor.name === name)
      if (vendor === undefined) throw new Error(`no vendor ${name}`)
      expect(Either.getOrThrow(Either.flip(outcome(vendor, "eu"))).message, name).toBe(
        `${name}: region cannot be said of ${host}, for no page tells where that is: leave it out`
      )
      expect(Either.getOrThrow(outcome(vendor)).region, name).toBeUndefined()
      const { endpoint } = Either.getOrThrow(outcome(vendor))
      expect(Either.isLeft(Vendors.destination("otlp", { endpoint }, { region: "eu" })), name).toBe(true)
    }
    const unknown = every.filter((vendor) =>
      Either.match(outcome(vendor), { onLeft: () => false, onRight: ({ region }) => region === undefined })
    )
    expect(unknown.map(({ name }) => name).sort()).toEqual(Object.keys(hosts).sort())
  })

  it("is the same when it is named", () => {
    const named = Vendors.destination(
      "opik",
      { ...complete.opik, host: "https://WWW.comet.com./opik" },
      { region: "eu" }
    )
    expect(Either.getOrThrow(Either.flip(named)).message).toContain("cannot be said of www.comet.com")
  })
})

describe.each(every.map((vendor) => [vendor.name, vendor.host, vendor] as const))(
  "%s: a host is %s",
  (_, host, vendor) => {
    it("as the fields of its credentials are", () => {
      const found = vendor.fields.filter(({ name }) => hostFields.includes(name))
      expect(found.map(({ isOptional }) => (isOptional ? "optional" : "required"))).toEqual(
        host === "fixed" ? [] : [host]
      )
    })

    it("as its destinations are", () => {
      const place = vendor.fields.find(({ name }) => hostFields.includes(name))?.name
      const own = { dsn: "https://k1@own.example.com/2", host: "own.example.com", endpoint: "own.example.com" }
      const given = Object.entries({ ...complete[vendor.name], ...own, region: "" })
      const outcome = vendor.destination(
        // Of a host that nobody may name each field is unknown.
        Object.fromEntries(
          given.filter(([field]) => place === undefined || field === place || !hostFields.includes(field))
        )
      )
      if (place === undefined) expect(Either.getOrThrow(Either.flip(outcome)).reason).toBe("unknown_field")
      else expect(new URL(Either.getOrThrow(outcome).endpoint).host).toBe("own.example.com")
    })
  }
)
