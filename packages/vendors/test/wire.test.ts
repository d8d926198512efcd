/** What each vendor's destination sends and where to, written out once more by hand from the vendor's page. */
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Levo from "../src/Levo.js"
import * as Vendors from "../src/Vendors.js"
import { complete } from "./complete.js"
import { headersOf, problem } from "./reveal.js"

interface Wire {
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly region?: string
  readonly resource?: Readonly<Record<string, string>>
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A vendor, credentials beside those that are not optional, and what they come to. */
const cases: ReadonlyArray<readonly [vendor: string, credentials: Readonly<Record<string, unknown>>, wire: Wire]> = [
  [
    "langsmith",
    { apiKey: "ls-1", region: "us" },
    { endpoint: "https://api.smith.langchain.com/otel/v1/traces", headers: { "x-api-key": "ls-1" }, region: "us" }
  ],
  [
    "langsmith",
    { apiKey: "ls-1", region: "apac", project: "p", workspaceId: "w" },
    {
      endpoint: "https://apac.api.smith.langchain.com/otel/v1/traces",
      headers: { "x-api-key": "ls-1", "langsmith-project": "p", "x-tenant-id": "w" },
      region: "apac"
    }
  ],
  [
    "langsmith",
    { apiKey: "ls-1", host: "https://eu.api.smith.langchain.com" },
    { endpoint: "https://eu.api.smith.langchain.com/otel/v1/traces", headers: { "x-api-key": "ls-1" }, region: "eu" }
  ],
  [
    "langsmith",
    { apiKey: "ls-1", host: "langsmith.example.com/" },
    { endpoint: "https://langsmith.example.com/api/v1/otel/v1/traces", headers: { "x-api-key": "ls-1" } }
  ],
  [
    "braintrust",
    { apiKey: "bt-1", parent: "project_id:7", region: "eu" },
    {
      endpoint: "https://api-eu.braintrust.dev/otel/v1/traces",
      headers: { ...bearer("bt-1"), "x-bt-parent": "project_id:7" },
      region: "eu"
    }
  ],
  [
    "weave_otel",
    { apiKey: "wb-1", project: "acme/checkout" },
    {
      endpoint: "https://trace.wandb.ai/otel/v1/traces",
      headers: { "wandb-api-key": "wb-1" },
      resource: { "wandb.entity": "acme", "wandb.project": "checkout" }
    }
  ],
  [
    "weave_otel",
    { apiKey: "wb-1", project: "acme/checkout", view: "agents" },
    {
      endpoint: "https://trace.wandb.ai/agents/otel/v1/traces",
      headers: { "wandb-api-key": "wb-1" },
      resource: { "wandb.entity": "acme", "wandb.project": "checkout" }
    }
  ],
  [
    "weave_otel",
    { apiKey: "wb-1", project: "acme/checkout", host: "acme.wandb.io" },
    {
      endpoint: "https://acme.wandb.io/traces/otel/v1/traces",
      headers: { "wandb-api-key": "wb-1" },
      resource: { "wandb.entity": "acme", "wandb.project": "checkout" }
    }
  ],
  [
    "datadog",
    { apiKey: "dd-1", site: "us3.datadoghq.com" },
    {
      endpoint: "https://otlp.us3.datadoghq.com/v1/traces",
      headers: { "dd-api-key": "dd-1", "dd-otlp-source": "llmobs" },
      region: "us"
    }
  ],
  [
    "datadog",
    { apiKey: "dd-1", site: "datadoghq.eu", product: "apm" },
    {
      endpoint: "https://otlp.datadoghq.eu/v1/traces",
      headers: { "dd-api-key": "dd-1", compute_stats: "true" },
      region: "eu"
    }
  ],
  [
    "datadog",
    { apiKey: "dd-1", site: "uk1.datadoghq.com" },
    {
      endpoint: "https://otlp.uk1.datadoghq.com/v1/traces",
      headers: { "dd-api-key": "dd-1", "dd-otlp-source": "llmobs" },
      region: "gb"
    }
  ],
  [
    "honeycomb",
    { apiKey: "hc-1", region: "eu" },
    { endpoint: "https://api.eu1.honeycomb.io/v1/traces", headers: { "x-honeycomb-team": "hc-1" }, region: "eu" }
  ],
  [
    "newrelic",
    { licenseKey: "nr-1" },
    { endpoint: "https://otlp.nr-data.net/v1/traces", headers: { "api-key": "nr-1" }, region: "us" }
  ],
  [
    "newrelic",
    { licenseKey: "nr-1", region: "EU" },
    { endpoint: "https://otlp.eu01.nr-data.net/v1/traces", headers: { "api-key": "nr-1" }, region: "eu" }
  ],
  [
    "newrelic",
    { licenseKey: "nr-1", region: "jp" },
    { endpoint: "https://otlp.jp.nr-data.net/v1/traces", headers: { "api-key": "nr-1" }, region: "jp" }
  ],
  [
    "grafana_cloud",
    { endpoint: "https://otlp-gateway-prod-eu-west-2.grafana.net", instanceId: "12", token: "glc" },
    {
      endpoint: "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/traces",
      headers: { authorization: "Basic MTI6Z2xj" }
    }
  ],
  [
    "tempo",
    { endpoint: "tempo.example.com", tenantId: "acme" },
    { endpoint: "https://tempo.example.com/v1/traces", headers: { "x-scope-orgid": "acme" } }
  ],
  [
    "dynatrace",
    { apiToken: "dt0c01.1", environmentId: "abc12345" },
    {
      endpoint: "https://abc12345.live.dynatrace.com/api/v2/otlp/v1/traces",
      headers: { authorization: "Api-Token dt0c01.1" }
    }
  ],
  [
    "dynatrace",
    { apiToken: "dt0c01.1", endpoint: "https://gate.example.com:9999/e/abc/api/v2/otlp" },
    {
      endpoint: "https://gate.example.com:9999/e/abc/api/v2/otlp/v1/traces",
      headers: { authorization: "Api-Token dt0c01.1" }
    }
  ],
  [
    "langwatch",
    { apiKey: "lw-1" },
    { endpoint: "https://app.langwatch.ai/api/otel/v1/traces", headers: bearer("lw-1") }
  ],
  [
    "langwatch",
    { apiKey: "lw-1", host: "langwatch.example.com/api/otel/" },
    { endpoint: "https://langwatch.example.com/api/otel/v1/traces", headers: bearer("lw-1") }
  ],
  [
    "openlayer",
    { apiKey: "sk-ol-123", pipelineId: "p-1" },
    {
      endpoint: "https://api.openlayer.com/v1/otel/v1/traces",
      headers: { ...bearer("sk-ol-123"), "x-bt-parent": "pipeline_id:p-1" }
    }
  ],
  [
    "opik",
    { apiKey: "op-1", workspace: "acme", project: "p" },
    {
      endpoint: "https://www.comet.com/opik/api/v1/private/otel/v1/traces",
      headers: { authorization: "op-1", "comet-workspace": "acme", projectname: "p" }
    }
  ],
  [
    "opik",
    { host: "http://localhost:5173/api" },
    { endpoint: "http://localhost:5173/api/v1/private/otel/v1/traces", headers: {} }
  ],
  [
    "logfire",
    { writeToken: "lf-1", region: "eu" },
    { endpoint: "https://logfire-eu.pydantic.dev/v1/traces", headers: { authorization: "lf-1" }, region: "eu" }
  ],
  [
    "logfire",
    { writeToken: "pylf_v1_eu_1" },
    {
      endpoint: "https://logfire-eu.pydantic.dev/v1/traces",
      headers: { authorization: "pylf_v1_eu_1" },
      region: "eu"
    }
  ],
  ["laminar", { apiKey: "lm-1" }, { endpoint: "https://api.lmnr.ai/v1/traces", headers: bearer("lm-1") }],
  [
    "honeyhive",
    { apiKey: "hh-1", host: "api.dp1.us.prod.honeyhive.ai" },
    {
      endpoint: "https://api.dp1.us.prod.honeyhive.ai/opentelemetry/v1/traces",
      headers: bearer("hh-1"),
      region: "us"
    }
  ],
  [
    "galileo",
    { apiKey: "ga-1", project: "p", logStream: "s" },
    {
      endpoint: "https://api.galileo.ai/otel/traces",
      headers: { "galileo-api-key": "ga-1", project: "p", logstream: "s" }
    }
  ],
  ["traceloop", { apiKey: "tl-1" }, { endpoint: "https://api.traceloop.com/v1/traces", headers: bearer("tl-1") }],
  [
    "posthog",
    { projectToken: "phc_1", region: "eu" },
    { endpoint: "https://eu.i.posthog.com/i/v0/ai/otel", headers: bearer("phc_1"), region: "eu" }
  ],
  [
    "posthog",
    { projectToken: "phc_1", region: "us", spans: "all" },
    { endpoint: "https://us.i.posthog.com/i/v1/traces", headers: bearer("phc_1"), region: "us" }
  ],
  [
    "sentry",
    { dsn: "https://k1@o1.ingest.de.sentry.io/2" },
    {
      endpoint: "https://o1.ingest.de.sentry.io/api/2/integration/otlp/v1/traces",
      headers: { "x-sentry-auth": "sentry sentry_key=k1" },
      region: "eu"
    }
  ],
  [
    "sentry",
    { dsn: "https://k1@sentry.example.com/under/here/2" },
    {
      endpoint: "https://sentry.example.com/under/here/api/2/integration/otlp/v1/traces",
      headers: { "x-sentry-auth": "sentry sentry_key=k1" }
    }
  ],
  [
    "signoz",
    { ingestionKey: "sn-1", region: "in" },
    { endpoint: "https://ingest.in.signoz.cloud/v1/traces", headers: { "signoz-ingestion-key": "sn-1" }, region: "in" }
  ],
  [
    "signoz",
    { endpoint: "http://signoz.example.com:4318" },
    { endpoint: "http://signoz.example.com:4318/v1/traces", headers: {} }
  ],
  [
    "dash0",
    { authToken: "d0-1", region: "eu-west-1", dataset: "d" },
    {
      endpoint: "https://ingress.eu-west-1.aws.dash0.com/v1/traces",
      headers: { ...bearer("d0-1"), "dash0-dataset": "d" },
      region: "eu"
    }
  ],
  [
    "axiom",
    { apiToken: "xaat-1", dataset: "d", region: "us" },
    {
      endpoint: "https://us-east-1.aws.edge.axiom.co/v1/traces",
      headers: { ...bearer("xaat-1"), "x-axiom-dataset": "d" },
      region: "us"
    }
  ],
  [
    "elastic",
    { endpoint: "p1.ingest.eu-west-1.aws.elastic.cloud", apiKey: "el-1" },
    {
      endpoint: "https://p1.ingest.eu-west-1.aws.elastic.cloud/v1/traces",
      headers: { authorization: "ApiKey el-1" },
      region: "eu"
    }
  ],
  [
    "coralogix",
    { apiKey: "cx-1", region: "ap2", application: "a", subsystem: "s" },
    {
      endpoint: "https://ingress.ap2.coralogix.com/v1/traces",
      headers: bearer("cx-1"),
      region: "sg",
      resource: { "cx.application.name": "a", "cx.subsystem.name": "s" }
    }
  ]
]

it.each(cases)("%s with %j", (name, credentials, { endpoint, headers, region, resource = {} }) => {
  const destination = Either.getOrThrow(Vendors.destination(name, credentials))
  expect(destination.endpoint).toBe(endpoint)
  expect(headersOf(destination)).toEqual(headers)
  expect(destination.region).toBe(region)
  expect(destination.resource).toEqual(resource)
})

it("each vendor is here but those with a test of their own", () => {
  const own = ["langfuse_otel", "arize", "arize_phoenix", "otlp", "agentops"]
  expect(new Set([...cases.map(([name]) => name), ...own])).toEqual(new Set(Vendors.all.map(({ name }) => name)))
})

describe("what a vendor's page says", () => {
  const made = [...Vendors.all, ...Vendors.unverified].map(
    (vendor) => [vendor.name, vendor, Either.getOrThrow(vendor.destination(complete[vendor.name]))] as const
  )

  /** What is sent in place of something else. */
  const otherwise: Readonly<Record<string, object>> = { datadog: { product: "apm" } }

  it.each(made.filter(([name]) => name !== "otlp" && name !== "agentops"))(
    "of %s: the headers and attributes are those that are sent, all of them",
    (name, vendor, destination) => {
      const other = Either.getOrThrow(vendor.destination({ ...complete[name], ...otherwise[name] }))
      const sent = { ...headersOf(destination), ...headersOf(other) }
      expect(Object.keys(sent).sort()).toEqual(Object.keys(vendor.headers).sort())
      expect(Object.keys(destination.resource).sort()).toEqual(Object.keys(vendor.resource).sort())
    }
  )

  it.each(made)(
    "of %s: what it takes, its limits and where its installations are hold for its destination",
    (_, vendor, destination) => {
      expect(vendor.protocols).toContain(destination.protocol)
      expect(destination.compression).toBe(vendor.compressions[0] ?? "none")
      expect(destination.limits).toEqual(vendor.limits)
      expect(vendor.readOn).toMatch(/^2026-\d\d-\d\d$/)
      expect(new URL(vendor.page).protocol).toBe("https:")
      for (const { endpoint } of Object.values(vendor.regions)) expect(new URL(endpoint).protocol).toBe("https:")
      expect(destination.endpoint).toMatch(/^https:/)
      const fields = vendor.fields.map(({ name }) => name)
      const filled = [vendor.environment, vendor.environmentHeaders, vendor.defaults].flatMap(Object.keys)
      // No credential, but what the operator's own copies may hold.
      for (const field of filled) if (field !== "content") expect(fields).toContain(field)
    }
  )
})

it("levo is sent to exactly where it says", () => {
  const credentials = {
    apiKey: "lv-1",
    organizationId: "o",
    workspaceId: "w",
    endpoint: "https://levo.example.com/exactly/this"
  }
  const destination = Either.getOrThrow(Levo.vendor.destination(credentials))
  expect(destination.endpoint).toBe("https://levo.example.com/exactly/this")
  const ids = { "x-levo-organization-id": "o", "x-levo-workspace-id": "w" }
  expect(headersOf(destination)).toEqual({ ...bearer("lv-1"), ...ids })
  expect(problem(Levo.vendor.destination({ apiKey: "k" }))).toBe(
    "levo: organizationId, workspaceId, endpoint must be given"
  )
})

it("case 249: agentops has its token posted for, and does nothing before", () => {
  const { auth, endpoint, resource } = Either.getOrThrow(Vendors.destination("agentops", { apiKey: "ao-1" }))
  expect(endpoint).toBe("https://otlp.agentops.ai/v1/traces")
  expect(resource).toEqual({ "telemetry.sdk.name": "agentops", "service.name": "agentops" })
  if (auth._tag !== "Token" || !("url" in auth.mint)) throw new Error("it has another auth")
  expect(auth.mint).toMatchObject({ url: "https://api.agentops.ai/v3/auth/token", field: "token" })
  expect(JSON.parse(Redacted.value(auth.mint.body))).toEqual({ api_key: "ao-1" })
  expect(JSON.stringify(auth)).not.toContain("ao-1")
  expect(Either.getOrThrow(Vendors.destination("agentops", complete.agentops)).resource).toEqual({
    "telemetry.sdk.name": "agentops",
    "service.name": "checkout",
    "deployment.environment": "prod"
  })
})

it.each(["", "/", "/i/v0/ai/otel", "/i/v0/ai/otel/", "/i/v0", "/i/v1/traces", "/i/v1"])(
  "posthog at a host that is given with %j is sent to one of its two addresses, whichever that was",
  (path) => {
    const endpoint = (host: string, spans: string) =>
      Either.getOrThrow(Vendors.destination("posthog", { projectToken: "phc_1", host: host + path, spans })).endpoint
    for (const host of ["https://us.i.posthog.com", "https://example.com/posthog"]) {
      expect(endpoint(host, "ai")).toBe(`${host}/i/v0/ai/otel`)
      expect(endpoint(host, "all")).toBe(`${host}/i/v1/traces`)
    }
  }
)

describe("half of what a vendor needs", () => {
  it.each([
    ["langsmith", { apiKey: "k" }, "host or region (us, eu, apac, aws) must be given: a key belongs to one region"],
    ["braintrust", { apiKey: "k", region: "us" }, "parent must be given"],
    ["braintrust", { apiKey: "k", region: "us", parent: "checkout" }, "parent must be project_id:…"],
    ["weave_otel", { apiKey: "k" }, "project must be given"],
    ["weave_otel", { project: "a/b" }, "apiKey must be given"],
    ["weave_otel", { apiKey: "k", project: "b" }, "project must be written as entity/project"],
    ["weave_otel", { apiKey: "k", project: "a/b/c" }, "project must be written as entity/project"],
    ["weave_otel", { apiKey: "k", project: "a/b", view: "agents", host: "h" }, "view is for the shared cloud"],
    ["datadog", { apiKey: "k" }, "site must be given"],
    ["datadog", { apiKey: "k", site: "evil.example" }, "site must be one of datadoghq.com"],
    ["honeycomb", { apiKey: "k" }, "endpoint or region (us, eu) must be given"],
    ["axiom", { apiToken: "k", dataset: "d" }, "endpoint or region (us, eu) must be given"],
    ["honeycomb", { apiKey: "a".repeat(32), region: "us" }, "dataset must be given with a classic key"],
    ["newrelic", { region: "eu" }, "licenseKey must be given"],
    ["newrelic", { licenseKey: "eu01xx1", region: "jp" }, "region is not where the license key is from"],
    ["logfire", { writeToken: "k" }, "host or region (us, eu) must be given: a project is in one region"],
    [
      "logfire",
      { writeToken: "pylf_v1_moon_1" },
      "host must be given: the token is from a region of which no page tells the host"
    ],
    ["logfire", { writeToken: "pylf_v1_eu_1", region: "us" }, "region is not where the token is from: leave it out"],
    ["logfire", { writeToken: "k", region: "us", host: "h.example" }, "region and host are both given"],
    ["newrelic", { licenseKey: "k", region: "mars" }, "region must be one of us, eu, jp, gov"],
    ["grafana_cloud", { endpoint: "https://g.example", token: "t" }, "instanceId must be given"],
    ["grafana_cloud", { endpoint: "https://g.example", token: "t", instanceId: "me" }, "instanceId must be the number"],
    [
      "grafana_cloud",
      { endpoint: "https://s.grafana.net/tempo", token: "t", instanceId: "1" },
      "endpoint is for queries"
    ],
    ["dynatrace", { apiToken: "k" }, "environmentId or endpoint must be given"],
    [
      "dynatrace",
      { apiToken: "k", environmentId: "evil.example/#" },
      "environmentId must be letters, digits and dashes"
    ],
    ["dynatrace", { apiToken: "k", environmentId: "a", endpoint: "b" }, "environmentId and endpoint are both given"],
    [
      "dynatrace",
      { apiToken: "k", endpoint: "https://ABC.apps.dynatrace.com./" },
      "endpoint is where people look at it: give https://{environment}.live.dynatrace.com"
    ],
    [
      "opik",
      { apiKey: "k", workspace: "w", host: "https://www.comet.com" },
      "host is not where Opik is: give https://www.comet.com/opik"
    ],
    [
      "opik",
      { apiKey: "k", workspace: "w", host: "https://comet.com/opikx" },
      "host is not where Opik is: give https://www.comet.com/opik"
    ],
    ["agentops", { serviceName: "s" }, "apiKey must be given"],
    ["openlayer", { apiKey: "k" }, "pipelineId must be given"],
    ["opik", { workspace: "w" }, "apiKey or host must be given"],
    ["opik", { apiKey: "k" }, "workspace must be given with apiKey"],
    ["posthog", { projectToken: "phx_1", region: "us" }, "projectToken is a personal key"],
    ["sentry", { dsn: "https://o1.ingest.sentry.io/2" }, "dsn must be written as https://key@host/project"],
    ["sentry", { dsn: "https://k@o1.ingest.sentry.io/" }, "dsn must be written as https://key@host/project"],
    ["sentry", { dsn: "ftp://k@o1.ingest.sentry.io/2" }, "dsn must be written as https://key@host/project"],
    ["signoz", { region: "eu" }, "ingestionKey must be given with region"],
    ["signoz", { ingestionKey: "k" }, "endpoint or region (us, eu, in) must be given"],
    ["coralogix", { apiKey: "k", region: "eu1" }, "application, subsystem must be given"]
  ])("case 209: %s: %j", (name, credentials, message) => {
    const error = Either.getOrThrow(Either.flip(Vendors.destination(name, credentials)))
    expect(error.message).toContain(`${name}: ${message}`)
  })
})

describe("an address", () => {
  const endpoint = (vendor: string, credentials: object) =>
    Either.getOrThrow(Vendors.destination(vendor, credentials)).endpoint

  it("is one however it is spelled: equal addresses are one destination", () => {
    for (const given of [
      "https://H.example.com//",
      "HTTPS://h.example.com",
      "h.example.com:443/",
      "https://h.example.com/a/.."
    ])
      for (const vendor of ["otlp", "arize_phoenix", "tempo"])
        expect(endpoint(vendor, { endpoint: given }), given).toBe("https://h.example.com/v1/traces")
    expect(endpoint("otlp", { endpoint: "https://b\u00fccher.example/x" })).toBe("https://xn--bcher-kva.example/x")
    expect(endpoint("dynatrace", { apiToken: "k", environmentId: "ABC1" })).toBe(
      "https://abc1.live.dynatrace.com/api/v2/otlp/v1/traces"
    )
    expect(endpoint("opik", { host: "https://www.comet.com/opik/" })).toBe(
      "https://www.comet.com/opik/api/v1/private/otel/v1/traces"
    )
  })

  it.each(["https:///x", "//h.example.com", "@evil.example", "https://@evil.example", "https://:@evil.example/x"])(
    "%s has no host right behind https://, and is refused",
    (given) => {
      for (const vendor of ["otlp", "arize_phoenix", "levo"]) {
        const made = vendor === "levo" ? Levo.vendor.destination : (given: object) => Vendors.destination(vendor, given)
        const error = Either.getOrThrow(Either.flip(made({ ...complete[vendor], endpoint: given })))
        expect(error).toMatchObject({ reason: "invalid", field: "endpoint" })
        expect(error.message).not.toContain("evil")
      }
    }
  )
})

describe("a credential that is too long only once it is encoded", () => {
  it.each([
    ["langfuse_otel", { publicKey: "pk", secretKey: "x".repeat(8000), region: "eu" }, "publicKey, secretKey make"],
    ["honeyhive", { apiKey: "x".repeat(8190), host: "h.example" }, "apiKey makes"],
    ["sentry", { dsn: `https://${"k".repeat(8190)}@o1.ingest.sentry.io/2` }, "dsn makes"]
  ])("of %s is named, and not the header alone", (vendor, credentials, said) => {
    const error = Either.getOrThrow(Either.flip(Vendors.destination(vendor, credentials)))
    expect(error.message).toMatch(new RegExp(`^${vendor}: ${said} the header [a-z-]+, which has a value of \\d+`))
    expect(error.field).toBe(said.replace(/ makes?$/, ""))
  })
})

describe("the region", () => {
  const made = (credentials: object, region?: string) =>
    Vendors.destination("langfuse_otel", { publicKey: "pk", secretKey: "sk", ...credentials }, { region })

  it("is known of a vendor's own host, however it was named", () => {
    for (const credentials of [{ region: "hipaa" }, { host: "https://us.cloud.langfuse.com/" }])
      expect(Either.getOrThrow(made(credentials)).region).toBe("us")
    expect(Either.getOrThrow(made({ host: "https://cloud.langfuse.com:443/api/public/otel" })).region).toBe("eu")
  })

  it("of any other host is what is said, or not known", () => {
    expect(Either.getOrThrow(made({ host: "https://langfuse.example.com" })).region).toBeUndefined()
    expect(Either.getOrThrow(made({ host: "https://langfuse.example.com" }, "eu")).region).toBe("eu")
    expect(Either.getOrThrow(made({ host: "https://cloud.langfuse.com.evil.example" })).region).toBeUndefined()
  })

  it("cannot be said to be another one than it is", () => {
    const error = Either.getOrThrow(Either.flip(made({ host: "https://us.cloud.langfuse.com" }, "eu")))
    expect(error.message).toBe("langfuse_otel: region is us at this endpoint: say so, or nothing")
    expect(Either.isRight(made({ region: "us" }, "us"))).toBe(true)
    for (const host of [
      "https://us.cloud.langfuse.com.",
      "https://us.cloud.langfuse.com:8443",
      "https://US.cloud.langfuse.com"
    ])
      expect(Either.isLeft(made({ host }, "eu")), host).toBe(true)
    const illegible = Either.getOrThrow(Either.flip(made({ host: "https://h.example" }, "E U")))
    expect(illegible.field).toBe("region")
  })
})

it("langsmith is sent at most 2,000 requests a minute, unless the destination says otherwise", () => {
  const made = (requestsPerMinute?: number) =>
    Vendors.destination("langsmith", { apiKey: "k", region: "us" }, { limits: { requestsPerMinute } })
  expect(Either.getOrThrow(made()).limits).toEqual({ requestsPerMinute: 2000 })
  expect(Either.getOrThrow(made(9000)).limits).toEqual({ requestsPerMinute: 9000 })
})

it("langsmith at a host of one's own is where its path says, and else under its API", () => {
  const endpoint = (host: string) =>
    Either.getOrThrow(Vendors.destination("langsmith", { apiKey: "k", host: `https://${host}` })).endpoint
  for (const path of ["/otel", "/otel/v1", "/otel/v1/traces", "/otel/v1/traces/"])
    expect(endpoint(`ls.example.com${path}`)).toBe("https://ls.example.com/otel/v1/traces")
  for (const path of ["", "/api", "/api/v1", "/api/v1/otel", "/api/v1/otel/v1/traces"])
    expect(endpoint(`ls.example.com${path}`)).toBe("https://ls.example.com/api/v1/otel/v1/traces")
  expect(endpoint("ls.example.com/otel-ls")).toBe("https://ls.example.com/otel-ls/api/v1/otel/v1/traces")
})

describe("case 213: the host of weave", () => {
  const endpoint = (host: string) =>
    Either.getOrThrow(Vendors.destination("weave_otel", { apiKey: "k", project: "a/b", host })).endpoint

  it("case 173: is completed, however much of the path is there", () => {
    for (const host of [
      "https://trace.wandb.ai",
      "https://trace.wandb.ai/otel",
      "https://trace.wandb.ai/otel/v1/traces"
    ])
      expect(endpoint(host)).toBe("https://trace.wandb.ai/otel/v1/traces")
    for (const host of ["acme.wandb.io", "https://acme.wandb.io/traces", "https://acme.wandb.io/traces/otel/v1/traces"])
      expect(endpoint(host)).toBe("https://acme.wandb.io/traces/otel/v1/traces")
  })

  it("has the API where its page says of an installation of one's own, unless the path says otherwise", () => {
    expect(endpoint("weave.internal.example")).toBe("https://weave.internal.example/traces/otel/v1/traces")
    for (const host of ["https://weave.internal.example/otel", "https://weave.internal.example/otel/v1/traces"])
      expect(endpoint(host)).toBe("https://weave.internal.example/otel/v1/traces")
    expect(endpoint("https://example.com/otel-weave")).toBe("https://example.com/otel-weave/traces/otel/v1/traces")
  })
})
