import { describe, expect, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Either, Option } from "effect"
import * as Vendors from "../src/Vendors.js"
import { headersOf } from "./reveal.js"

const load = <A>(config: Config.Config<A>, environment: Readonly<Record<string, string>>) =>
  Effect.runSync(Effect.either(ConfigProvider.fromMap(new Map(Object.entries(environment))).load(config)))

const made = (name: string, environment: Readonly<Record<string, string>>) =>
  Either.getOrThrow(load(Vendors.config(name), environment))

const failure = (name: string, environment: Readonly<Record<string, string>>) =>
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
      "https://weave.internal.example/otel/v1/traces"
    ],
    ["newrelic", { NEW_RELIC_LICENSE_KEY: "k", NEW_RELIC_REGION: "eu" }, "https://otlp.eu01.nr-data.net/v1/traces"],
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
    expect(failure("levo", { LEVOAI_API_KEY: "s3cret", LEVOAI_ORG_ID: "o" })).toMatch(
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

  it("none of it is missing, which an option tells from half of it", () => {
    for (const { environment, name } of Vendors.all) {
      const option = Config.option(Vendors.config(name))
      expect(load(option, {}), name).toEqual(Either.right(Option.none()))
      const [first] = Object.values(environment).flat()
      if (first !== undefined) expect(load(option, { [first]: " " }), name).toEqual(Either.right(Option.none()))
    }
    expect(Either.isLeft(load(Config.option(Vendors.config("langfuse_otel")), { LANGFUSE_PUBLIC_KEY: "pk" }))).toBe(
      true
    )
  })

  it("a vendor without variables says how to use it", () => {
    for (const { environment, name } of Vendors.all) {
      if (Object.keys(environment).length > 0) continue
      expect(failure(name, {})).toContain(`${name}: has no variables of its own`)
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

  it("knows no unverified and no unknown vendor", () => {
    expect(failure("langtrace", { LANGTRACE_API_KEY: "k" })).toContain("is not verified")
    expect(failure("nope", {})).toContain("is unknown")
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

  it("one that is named and not configured, or not known, is an error", () => {
    expect(String(Either.getOrThrow(Either.flip(all({ TENANT_TRACER_OPERATOR_VENDORS: "newrelic" }))))).toContain(
      "NEW_RELIC_LICENSE_KEY"
    )
    expect(String(Either.getOrThrow(Either.flip(all({ TENANT_TRACER_OPERATOR_VENDORS: "nope" }))))).toContain(
      "TENANT_TRACER_OPERATOR_VENDORS"
    )
  })
})
