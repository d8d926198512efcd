import { describe, expect, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Either, Option } from "effect"
import * as Levo from "../src/Levo.js"
import * as Vendors from "../src/Vendors.js"
import { headersOf } from "./reveal.js"

const load = <A>(config: Config.Config<A>, environment: Readonly<Record<string, string>>) =>
  Effect.runSync(Effect.either(ConfigProvider.fromMap(new Map(Object.entries(environment))).load(config)))

const made = (name: Parameters<typeof Vendors.config>[0], environment: Readonly<Record<string, string>>) =>
  Either.getOrThrow(load(Vendors.config(name), environment))

const failure = (name: Parameters<typeof Vendors.config>[0], environment: Readonly<Record<string, string>>) =>
  String(Either.getOrThrow(Either.flip(load(Vendors.config(name), environment))))

const langfuse = { LANGFUSE_PUBLIC_KEY: "pk", LANGFUSE_SECRET_KEY: "sk" }

describe("config", () => {
  it.each([
    ["langfuse_otel", langfuse, "https://us.cloud.langfuse.com/api/public/otel/v1/traces"],
    [
      "langfuse_otel",
      { ...langfuse, LANGFUSE_OTEL_HOST: "otel.example.com/", LANGFUSE_HOST: "https://other.example.com" },
      "https://otel.example.com/api/public/otel/v1/traces"
    ],
    [
      "langfuse_otel",
      { ...langfuse, LANGFUSE_BASE_URL: "https://cloud.langfuse.com", LANGFUSE_HOST: "https://us.cloud.langfuse.com" },
      "https://cloud.langfuse.com/api/public/otel/v1/traces"
    ],
    [
      "langfuse_otel",
      { ...langfuse, LANGFUSE_BASEURL: "https://cloud.langfuse.com" },
      "https://cloud.langfuse.com/api/public/otel/v1/traces"
    ],
    [
      "arize",
      { ARIZE_API_KEY: "k", ARIZE_SPACE_KEY: "s", ARIZE_PROJECT_NAME: "p" },
      "https://otlp.arize.com/v1/traces"
    ],
    [
      "arize",
      {
        ARIZE_API_KEY: "k",
        ARIZE_SPACE_ID: "s",
        ARIZE_PROJECT_NAME: "p",
        ARIZE_HTTP_ENDPOINT: "https://a.example/v1/traces"
      },
      "https://a.example/v1/traces"
    ],
    [
      "arize_phoenix",
      { PHOENIX_COLLECTOR_HTTP_ENDPOINT: "http://localhost:6006/v1", PHOENIX_COLLECTOR_ENDPOINT: "http://other" },
      "http://localhost:6006/v1/traces"
    ],
    ["weave_otel", { WANDB_API_KEY: "k", WANDB_PROJECT_ID: "a/b" }, "https://trace.wandb.ai/otel/v1/traces"],
    [
      "weave_otel",
      { WANDB_API_KEY: "k", WANDB_PROJECT_ID: "a/b", WANDB_HOST: "weave.internal.example" },
      "https://weave.internal.example/traces/otel/v1/traces"
    ],
    [
      "weave_otel",
      { WANDB_API_KEY: "k", WANDB_PROJECT_ID: "a/b", WANDB_BASE_URL: "https://acme.wandb.io" },
      "https://acme.wandb.io/traces/otel/v1/traces"
    ],
    [
      "weave_otel",
      { WANDB_API_KEY: "k", WANDB_PROJECT_ID: "a/b", WANDB_BASE_URL: "https://api.wandb.ai" },
      "https://trace.wandb.ai/otel/v1/traces"
    ],
    [
      "weave_otel",
      {
        WANDB_API_KEY: "k",
        WANDB_PROJECT_ID: "a/b",
        WF_TRACE_SERVER_URL: "https://acme.wandb.io/traces",
        WANDB_BASE_URL: "https://other.wandb.io"
      },
      "https://acme.wandb.io/traces/otel/v1/traces"
    ],
    ["newrelic", { NEW_RELIC_LICENSE_KEY: "k", NEW_RELIC_REGION: "eu" }, "https://otlp.eu01.nr-data.net/v1/traces"],
    ["newrelic", { NEW_RELIC_LICENSE_KEY: "eu01xx1" }, "https://otlp.eu01.nr-data.net/v1/traces"],
    ["newrelic", { NEW_RELIC_LICENSE_KEY: "k" }, "https://otlp.nr-data.net/v1/traces"],
    ["logfire", { LOGFIRE_TOKEN: "pylf_v1_eu_1" }, "https://logfire-eu.pydantic.dev/v1/traces"],
    ["logfire", { LOGFIRE_TOKEN: "pylf_v1_us_1" }, "https://logfire-us.pydantic.dev/v1/traces"],
    ["logfire", { LOGFIRE_TOKEN: "k" }, "https://logfire-us.pydantic.dev/v1/traces"],
    [
      "logfire",
      { LOGFIRE_TOKEN: "pylf_v1_eu_1", LOGFIRE_BASE_URL: "https://logfire.example.com" },
      "https://logfire.example.com/v1/traces"
    ],
    ["honeycomb", { HONEYCOMB_API_KEY: "k" }, "https://api.honeycomb.io/v1/traces"],
    [
      "honeycomb",
      { HONEYCOMB_API_KEY: "k", HONEYCOMB_API_ENDPOINT: "https://api.eu1.honeycomb.io" },
      "https://api.eu1.honeycomb.io/v1/traces"
    ],
    ["axiom", { AXIOM_TOKEN: "k", AXIOM_DATASET: "d" }, "https://us-east-1.aws.edge.axiom.co/v1/traces"],
    [
      "axiom",
      { AXIOM_TOKEN: "k", AXIOM_DATASET: "d", AXIOM_URL: "https://eu-central-1.aws.edge.axiom.co" },
      "https://eu-central-1.aws.edge.axiom.co/v1/traces"
    ],
    ["datadog", { DD_API_KEY: "k" }, "https://otlp.datadoghq.com/v1/traces"],
    ["datadog", { DD_API_KEY: "k", DD_SITE: "datadoghq.eu" }, "https://otlp.datadoghq.eu/v1/traces"],
    [
      "openlayer",
      { OPENLAYER_API_KEY: "k", OPENLAYER_INFERENCE_PIPELINE_ID: "p" },
      "https://api.openlayer.com/v1/otel/v1/traces"
    ],
    [
      "openlayer",
      {
        OPENLAYER_API_KEY: "k",
        OPENLAYER_INFERENCE_PIPELINE_ID: "p",
        OPENLAYER_OTEL_ENDPOINT: "https://o.example/v1/otel"
      },
      "https://o.example/v1/otel/v1/traces"
    ],
    ["signoz", { SIGNOZ_INGESTION_ENDPOINT: "http://signoz:4318" }, "http://signoz:4318/v1/traces"],
    ["agentops", { AGENTOPS_API_KEY: "k" }, "https://otlp.agentops.ai/v1/traces"]
  ])("case 211, case 213: %s with %j", (name, environment, endpoint) => {
    expect(made(name, environment).endpoint).toBe(endpoint)
  })

  it("case 251, case 253: half of it is an error that names the variables and shows no value", () => {
    expect(failure("langfuse_otel", { LANGFUSE_SECRET_KEY: "s3cret" })).toContain("LANGFUSE_PUBLIC_KEY")
    expect(failure("openlayer", { OPENLAYER_API_KEY: "s3cret" })).toContain("OPENLAYER_INFERENCE_PIPELINE_ID")
    expect(failure(Levo.vendor, { LEVOAI_API_KEY: "s3cret", LEVOAI_ORG_ID: "o" })).toMatch(
      /LEVOAI_WORKSPACE_ID.*LEVOAI_COLLECTOR_URL/
    )
    expect(failure("weave_otel", { WANDB_API_KEY: "s3cret", WANDB_PROJECT_ID: "checkout" })).toMatch(
      /WANDB_PROJECT_ID.*entity\/project/
    )
    for (const name of ["langfuse_otel", "openlayer", "weave_otel"])
      expect(
        failure(name, { LANGFUSE_SECRET_KEY: "s3cret", OPENLAYER_API_KEY: "s3cret", WANDB_API_KEY: "s3cret" })
      ).not.toContain("s3cret")
  })

  it("a key that names its region goes nowhere else", () => {
    const token = { LOGFIRE_TOKEN: "pylf_v1_eu_s3cret" }
    const moon = failure("logfire", { LOGFIRE_TOKEN: "pylf_v1_moon_s3cret" })
    const host = failure("logfire", { ...token, LOGFIRE_BASE_URL: "https://logfire-us.pydantic.dev" })
    const key = failure("newrelic", { NEW_RELIC_LICENSE_KEY: "eu01xxs3cret", NEW_RELIC_REGION: "us" })
    // Nobody has named a region: what is said is what is to be done.
    expect(moon).toMatch(/LOGFIRE_BASE_URL.*host must be given: the token is from a region of which no page tells/)
    expect(host).toMatch(/LOGFIRE_BASE_URL.*host is not where the token is from/)
    expect(key).toMatch(/NEW_RELIC_REGION.*region is not where the license key is from/)
    const staging = { LOGFIRE_TOKEN: "pylf_v1_stagingeu_s3cret" }
    expect(failure("logfire", staging)).toBe(moon)
    expect(made("logfire", { ...staging, LOGFIRE_BASE_URL: "l.example" }).endpoint).toBe("https://l.example/v1/traces")
    for (const error of [moon, host, key]) expect(error).not.toContain("s3cret")
  })

  it("one destination is made, with the default where nothing says where it is, and the error is its own", () => {
    for (const vendor of Vendors.all.filter(({ defaults }) => Object.keys(defaults).length > 0)) {
      const seen: Array<unknown> = []
      const watched = {
        ...vendor,
        destination: (credentials: unknown) => {
          seen.push(credentials)
          return vendor.destination(undefined)
        }
      }
      const key = Object.entries(vendor.environment).find(([field]) => !vendor.isPlaced({ [field]: "x" }))
      if (key === undefined) throw new Error(`${vendor.name} has no variable that is no place`)
      const [field, [variable = ""] = []] = key
      expect(failure(watched, { [variable]: "x" }), vendor.name).toContain("must be a record of fields")
      expect(seen, vendor.name).toEqual([{ ...vendor.defaults, [field]: "x" }])
    }
  })

  it("none of it is missing, which an option tells from half of it", () => {
    for (const { environment, name } of Vendors.all) {
      const option = Config.option(Vendors.config(name))
      expect(load(option, {}), name).toEqual(Either.right(Option.none()))
      const [first, ...others] = Object.values(environment).flat()
      for (const other of others) expect(load(option, { [other]: " " }), name).toEqual(Either.right(Option.none()))
      if (first !== undefined) expect(load(option, { [first]: " " }), name).toEqual(Either.right(Option.none()))
    }
    expect(Either.isLeft(load(Config.option(Vendors.config("langfuse_otel")), { LANGFUSE_PUBLIC_KEY: "pk" }))).toBe(
      true
    )
  })

  it("a vendor without variables says how to use it", () => {
    for (const { environment, name } of Vendors.all) {
      if (Object.keys(environment).length > 0) continue
      expect(failure(name, {})).toContain(
        `${name}: has no variables of its own: make it with Vendors.destination, or set OTEL_EXPORTER_OTLP_ENDPOINT`
      )
      expect(Either.isLeft(load(Vendors.fromEnvironment(), { TENANT_TRACER_OPERATOR_VENDORS: name }))).toBe(true)
    }
  })

  it("takes the options of any destination, and keeps what it was given as headers", () => {
    const destination = Either.getOrThrow(
      load(Vendors.config("newrelic", { content: "full" }), { NEW_RELIC_LICENSE_KEY: "k" })
    )
    expect(destination).toMatchObject({ content: "full", vendor: "newrelic" })
    expect(headersOf(destination)).toEqual({ "api-key": "k" })
  })

  it("makes an unverified vendor of whoever hands it over", () => {
    const { endpoint } = made(Levo.vendor, {
      LEVOAI_API_KEY: "k",
      LEVOAI_ORG_ID: "o",
      LEVOAI_WORKSPACE_ID: "w",
      LEVOAI_COLLECTOR_URL: "https://levo.example.com/exactly/this"
    })
    expect(endpoint).toBe("https://levo.example.com/exactly/this")
  })

  it("knows no unverified and no unknown vendor", () => {
    expect(failure("langtrace", { LANGTRACE_API_KEY: "k" })).toContain("is not verified")
    expect(failure("nope", {})).toContain("is unknown")
  })
})

describe("new relic's own switch for content", () => {
  const variable = "NEW_RELIC_AI_MONITORING_RECORD_CONTENT_ENABLED"
  const content = (value: string, given?: "none" | "full") =>
    Either.getOrThrow(
      load(Vendors.config("newrelic", given && { content: given }), { NEW_RELIC_LICENSE_KEY: "k", [variable]: value })
    ).content

  it("opens the operator's own copies, and shuts them, whatever else is said", () => {
    expect([content("true"), content(" TRUE "), content("false"), content("")]).toEqual([
      "full",
      "full",
      "none",
      "none"
    ])
    expect([content("true", "none"), content("false", "full"), content("", "full")]).toEqual(["none", "none", "full"])
  })

  it("is either of the two", () => {
    expect(failure("newrelic", { NEW_RELIC_LICENSE_KEY: "k", [variable]: "sometimes" })).toMatch(
      new RegExp(`${variable}.*must be true or false`)
    )
  })

  it("alone asks for no destination", () => {
    expect(load(Config.option(Vendors.config("newrelic")), { [variable]: "true" })).toEqual(Either.right(Option.none()))
  })
})

describe("case 253: arize's credentials among the headers of any OTLP exporter", () => {
  const variable = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
  const rest = { ARIZE_PROJECT_NAME: "p" }
  const line = "space_id=S%201,api_key=K"

  it("are used where arize's own variables name none", () => {
    const headers = headersOf(made("arize", { ...rest, [variable]: line }))
    expect(headers).toMatchObject({ "arize-space-id": "S 1", authorization: "K" })
  })

  it("are left alone where these name any, and where they are not both there", () => {
    const headers = headersOf(made("arize", { ...rest, ARIZE_API_KEY: "k", ARIZE_SPACE_ID: "s", [variable]: line }))
    expect(headers).toMatchObject({ "arize-space-id": "s", authorization: "k" })
    expect(failure("arize", { ...rest, ARIZE_API_KEY: "k", [variable]: line })).toContain("ARIZE_SPACE_ID")
    for (const other of ["api_key=K", "space_id=S", "x-key=K", " "])
      expect(load(Config.option(Vendors.config("arize")), { [variable]: other }), other).toEqual(
        Either.right(Option.none())
      )
  })

  it("are nobody else's", () => {
    for (const { environmentHeaders, name } of Vendors.all)
      expect(Object.keys(environmentHeaders).length > 0, name).toBe(name === "arize")
  })
})

describe("fromEnvironment", () => {
  const all = (environment: Readonly<Record<string, string>>) => load(Vendors.fromEnvironment(), environment)

  it("makes the destinations that are named, and no other", () => {
    const environment = {
      ...langfuse,
      NEW_RELIC_LICENSE_KEY: "k",
      TENANT_TRACER_OPERATOR_VENDORS: " newrelic , langfuse_otel,"
    }
    const destinations = Either.getOrThrow(all(environment))
    expect(destinations.map(({ vendor }) => vendor)).toEqual(["newrelic", "langfuse_otel"])
    expect(all({ ...environment, TENANT_TRACER_OPERATOR_VENDORS: "" })).toEqual(Either.right([]))
    expect(all(langfuse)).toEqual(Either.right([]))
  })

  it("one that is named twice is an error: there would be two destinations of one name", () => {
    const error = all({ ...langfuse, TENANT_TRACER_OPERATOR_VENDORS: "langfuse_otel, langfuse_otel" })
    expect(String(Either.getOrThrow(Either.flip(error)))).toMatch(
      /TENANT_TRACER_OPERATOR_VENDORS.*names langfuse_otel twice: name it once/
    )
  })

  it("one that is named and not configured, or not known, is an error", () => {
    expect(String(Either.getOrThrow(Either.flip(all({ TENANT_TRACER_OPERATOR_VENDORS: "newrelic" }))))).toContain(
      "NEW_RELIC_LICENSE_KEY"
    )
    expect(String(Either.getOrThrow(Either.flip(all({ TENANT_TRACER_OPERATOR_VENDORS: "nope" }))))).toContain(
      "TENANT_TRACER_OPERATOR_VENDORS"
    )
  })
})
