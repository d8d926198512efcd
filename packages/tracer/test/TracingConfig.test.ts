import { describe, expect, it } from "@effect/vitest"
import type { Destination } from "@tenant-tracer/model/Destination"
import { EndpointPolicy, TracingConfig } from "@tenant-tracer/tracer"
import { ConfigProvider, Duration, Effect, Either, Redacted } from "effect"

const read = (environment: Readonly<Record<string, string>>) =>
  Effect.runSync(
    Effect.either(
      Effect.withConfigProvider(
        TracingConfig.fromEnvironment,
        ConfigProvider.fromMap(new Map(Object.entries(environment)))
      )
    )
  )

const configOf = (environment: Readonly<Record<string, string>>): TracingConfig.TracingConfig =>
  Either.getOrThrow(read(environment))

const operatorOf = (environment: Readonly<Record<string, string>>): Destination | undefined => {
  const [operator] = configOf(environment).operator ?? []
  return operator !== undefined && "endpoint" in operator ? operator : undefined
}

const headersOf = (environment: Readonly<Record<string, string>>) => {
  const auth = operatorOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", ...environment })?.auth
  return auth?._tag === "Headers"
    ? Object.fromEntries(Object.entries(auth.headers).map(([name, value]) => [name, Redacted.value(value)]))
    : undefined
}

const errorOf = (environment: Readonly<Record<string, string>>): string =>
  String(Either.getOrThrowWith(Either.flip(read(environment)), () => new Error("the configuration was accepted")))

/** Without what is `undefined`, which means the default. */
const set = (config: TracingConfig.TracingConfig): unknown =>
  JSON.parse(JSON.stringify(config, (_, value) => (value?._id === "Duration" ? value.millis : value)))

describe("an empty environment", () => {
  it("case 109: leaves every default", () => {
    expect(set(configOf({}))).toEqual({
      resource: {},
      operator: [],
      redaction: {},
      cache: {},
      batch: {},
      budget: {},
      queue: {},
      hold: {}
    })
  })

  it("is as good as blank variables", () => {
    const names = [
      "OTEL_SERVICE_NAME",
      "OTEL_RESOURCE_ATTRIBUTES",
      "OTEL_TRACES_EXPORTER",
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
      "OTEL_EXPORTER_OTLP_HEADERS",
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      "OTEL_EXPORTER_OTLP_COMPRESSION",
      "TENANT_TRACER_CONTENT",
      "TENANT_TRACER_OPERATOR_CONTENT",
      "TENANT_TRACER_ENDPOINT_ALLOW",
      "TENANT_TRACER_INCOMING_TRACE",
      "TENANT_TRACER_CACHE_CAPACITY",
      "TENANT_TRACER_CACHE_IDLE_TIME",
      "TENANT_TRACER_BATCH_MAX_SPANS",
      "TENANT_TRACER_BATCH_MAX_AGE",
      "TENANT_TRACER_QUEUE_MAX_SPANS",
      "TENANT_TRACER_QUEUE_MAX_BYTES",
      "TENANT_TRACER_BUDGET_MAX_BYTES",
      "TENANT_TRACER_BUDGET_PER_TENANT",
      "TENANT_TRACER_MAX_ELAPSED",
      "TENANT_TRACER_HOLD_MAX_SPANS",
      "TENANT_TRACER_HOLD_MAX_TIME",
      "TENANT_TRACER_SHUTDOWN_DEADLINE",
      "TENANT_TRACER_REDACT_KEYS",
      "TENANT_TRACER_REDACT_HASH",
      "TENANT_TRACER_REDACT_PATTERNS",
      "TENANT_TRACER_REDACT_HASH_KEY"
    ]
    expect(set(configOf(Object.fromEntries(names.map((name) => [name, "  "]))))).toEqual(set(configOf({})))
  })
})

describe("our own variables", () => {
  it("are read, each into its place", () => {
    expect(
      set(
        configOf({
          TENANT_TRACER_CONTENT: "full",
          TENANT_TRACER_INCOMING_TRACE: "Continue",
          TENANT_TRACER_CACHE_CAPACITY: "11",
          TENANT_TRACER_CACHE_IDLE_TIME: "12 minutes",
          TENANT_TRACER_BATCH_MAX_SPANS: "13",
          TENANT_TRACER_BATCH_MAX_AGE: "14 millis",
          TENANT_TRACER_QUEUE_MAX_SPANS: "15",
          TENANT_TRACER_QUEUE_MAX_BYTES: "19",
          TENANT_TRACER_BUDGET_MAX_BYTES: "20",
          TENANT_TRACER_BUDGET_PER_TENANT: "21",
          TENANT_TRACER_MAX_ELAPSED: "22 minutes",
          TENANT_TRACER_HOLD_MAX_SPANS: "16",
          TENANT_TRACER_HOLD_MAX_TIME: "17 seconds",
          TENANT_TRACER_SHUTDOWN_DEADLINE: "18 seconds",
          TENANT_TRACER_REDACT_KEYS: "user.id, llm.*,",
          TENANT_TRACER_REDACT_HASH: "session.id",
          TENANT_TRACER_REDACT_PATTERNS: "email,key",
          TENANT_TRACER_REDACT_HASH_KEY: "canary"
        })
      )
    ).toEqual({
      resource: {},
      operator: [],
      content: "full",
      incoming: "continue",
      cache: { capacity: 11, idleTimeToLive: 720_000 },
      batch: { maxSpans: 13, maxAge: 14 },
      queue: { maxSpans: 15, maxBytes: 19 },
      budget: { maxBytes: 20, perTenant: 21 },
      maxElapsed: 1_320_000,
      hold: { maxSpans: 16, maxTime: 17_000 },
      shutdownDeadline: 18_000,
      redaction: {
        keys: ["user.id", "llm.*"],
        hash: ["session.id"],
        patterns: ["email", "key"],
        hashKey: "<redacted>"
      }
    })
  })

  it.each([
    ["TENANT_TRACER_CONTENT", "some", "expected one of none, full"],
    ["TENANT_TRACER_OPERATOR_CONTENT", "yes", "expected one of none, full"],
    ["TENANT_TRACER_ENDPOINT_ALLOW", "10.0.0.0/8, 10.0.0.0/99", "is not a range of addresses"],
    ["TENANT_TRACER_ENDPOINT_ALLOW", "ftp://collector", "scheme://host:port"],
    ["TENANT_TRACER_ENDPOINT_ALLOW", "collector:99999", "from 1 to 65535"],
    ["TENANT_TRACER_INCOMING_TRACE", "follow", "expected one of continue, link, ignore"],
    ["TENANT_TRACER_CACHE_CAPACITY", "0", "expected a whole number above zero"],
    ["TENANT_TRACER_CACHE_CAPACITY", "many", "expected a whole number above zero"],
    ["TENANT_TRACER_CACHE_IDLE_TIME", "soon", "expected a duration"],
    ["TENANT_TRACER_BATCH_MAX_SPANS", "-3", "expected a whole number above zero"],
    ["TENANT_TRACER_BATCH_MAX_AGE", "5", "expected a duration"],
    ["TENANT_TRACER_QUEUE_MAX_SPANS", "1.5", "expected a whole number above zero"],
    ["TENANT_TRACER_QUEUE_MAX_BYTES", "16 MiB", "expected a whole number above zero"],
    ["TENANT_TRACER_BUDGET_MAX_BYTES", "0", "expected a whole number above zero"],
    ["TENANT_TRACER_BUDGET_PER_TENANT", "-1", "expected a whole number above zero"],
    ["TENANT_TRACER_MAX_ELAPSED", "an hour", "expected a duration"],
    ["TENANT_TRACER_HOLD_MAX_SPANS", "Infinity", "expected a whole number above zero"],
    ["TENANT_TRACER_HOLD_MAX_TIME", "1 fortnight", "expected a duration"],
    ["TENANT_TRACER_SHUTDOWN_DEADLINE", "never", "expected a duration"],
    ["TENANT_TRACER_REDACT_PATTERNS", "email, iban", "is not one of email, card, phone, key"],
    ["TENANT_TRACER_REDACT_KEYS", "*", "is not a key"],
    ["TENANT_TRACER_REDACT_HASH", "a*b", "is not a key"],
    ["OTEL_TRACES_EXPORTER", "console", "expected one of otlp, none"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "expected one of http/protobuf, http/json"],
    ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "expected one of http/protobuf, http/json"],
    ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "expected one of gzip, none"],
    ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd", "expected one of gzip, none"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "must begin with https:// or http://"],
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://u:canary@c/v1/traces", "put credentials into headers"]
  ])("%s=%s is an error that names the variable and says what to do", (name, value, expected) => {
    const message = errorOf({ [name]: value })
    expect(message).toContain(name)
    expect(message).toContain(expected)
    expect(message).not.toContain("canary")
  })

  it.each([
    ["OTEL_EXPORTER_OTLP_HEADERS", "authorization=a%0d%0acanary"],
    ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization: Bearer canary=="]
  ])("%s that no request can carry is an error without its text", (name, value) => {
    const message = errorOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", [name]: value })
    expect(message).toContain(name)
    expect(message).not.toContain("canary")
  })
})

describe("what tenants' destinations may reach", () => {
  const allows = (rules: string, url: string): boolean => {
    const { endpoints } = configOf({ TENANT_TRACER_ENDPOINT_ALLOW: rules })
    return endpoints !== undefined && Either.isRight(endpoints.judge(url))
  }

  it("is what the rules open, and public hosts over https", () => {
    const rules = " http://collector.corp:4318 , 127.0.0.0/8,,*.svc.cluster.local:443 "
    for (const url of [
      "http://collector.corp:4318/v1/traces",
      "http://127.0.0.1:9111",
      "https://a.svc.cluster.local",
      "https://otlp.vendor.com"
    ])
      expect([url, allows(rules, url)]).toEqual([url, true])
    for (const url of ["http://10.0.0.1", "https://a.svc.cluster.local:8443/x@", "https://10.0.0.1", "ftp://127.0.0.1"])
      expect([url, allows("http://collector.corp:4318,*.corp:443", url)]).toEqual([url, false])
  })

  it("is the default where no rule is given", () => {
    expect(configOf({ TENANT_TRACER_ENDPOINT_ALLOW: " " }).endpoints).toBeUndefined()
  })
})

describe("the operator's exporter", () => {
  it("case 113: is one destination, with the defaults of the specification", () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://api.example.com", OTEL_EXPORTER_OTLP_HEADERS: "k=v" }
    expect(configOf(environment).operator).toHaveLength(1)
    expect(operatorOf(environment)).toMatchObject({
      name: "otlp",
      vendor: "otlp",
      endpoint: "https://api.example.com/v1/traces",
      protocol: "http/protobuf",
      compression: "none",
      content: "none",
      callerTrace: "link",
      vocabularies: [{ name: "genai" }]
    })
    expect(headersOf(environment)).toEqual({ k: "v" })
  })

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/" }, "http://c:4318/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/base" }, "http://c:4318/base/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c:4318/custom/traces" }, "http://c:4318/custom/traces"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c:4318" }, "http://c:4318"],
    [{ OTEL_TRACES_EXPORTER: "otlp" }, "http://localhost:4318/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://base", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://own/x" }, "http://own/x"]
  ])("case 115: %j goes to %s", (environment, endpoint) => {
    expect(operatorOf(environment as Record<string, string>)?.endpoint).toBe(endpoint)
  })

  it.each([
    ["nothing names an endpoint", {}],
    ["it is switched off", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "none" }]
  ])("is absent where %s", (_, environment) => {
    expect(configOf(environment).operator).toEqual([])
  })

  it("case 123: decodes the values of headers, and lowers their names", () => {
    expect(
      headersOf({ OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Basic%20TOKEN==, x-scope-orgid = team%20a" })
    ).toEqual({
      authorization: "Basic TOKEN==",
      "x-scope-orgid": "team a"
    })
  })

  it("what is said of traces wins over what is said of all signals", () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318",
      OTEL_EXPORTER_OTLP_HEADERS: "a=all",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "b=traces",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_COMPRESSION: "none",
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
      TENANT_TRACER_OPERATOR_CONTENT: "full"
    }
    expect(operatorOf(environment)).toMatchObject({ protocol: "http/json", compression: "gzip", content: "full" })
    expect(headersOf(environment)).toEqual({ b: "traces" })
    expect(
      operatorOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" })
    ).toMatchObject({ compression: "gzip" })
  })

  it("goes on with the caller's trace where the door does", () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", TENANT_TRACER_INCOMING_TRACE: "continue" }
    expect(operatorOf(environment)?.callerTrace).toBe("continue")
  })

  it("shows its credentials to nobody", () => {
    const config = configOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_EXPORTER_OTLP_HEADERS: "k=canary" })
    expect(JSON.stringify(config)).not.toContain("canary")
  })
})

describe("options given in code", () => {
  it.each([
    ["cache.capacity", { cache: { capacity: Number.NaN } }],
    ["batch.maxSpans", { batch: { maxSpans: 0 } }],
    ["batch.maxAge", { batch: { maxAge: "soon" } }],
    ["queue.maxBytes", { queue: { maxBytes: -1 } }],
    ["hold.maxSpans", { hold: { maxSpans: 1.5 } }],
    ["shutdownDeadline", { shutdownDeadline: "x" }],
    ["breaker.failures", { breaker: { failures: 0 } }],
    ["maxElapsed", { maxElapsed: "never" }],
    ["content", { content: "some" }],
    ["incoming", { incoming: "adopt" }],
    ["redaction.deadline", { redaction: { deadline: "soon" } }],
    ["redaction.scope", { redaction: { scope: "tenant" } }],
    ["redaction.effect", { redaction: { effect: "presidio" } }],
    ["redaction.patterns[0]", { redaction: { patterns: ["iban"] } }],
    ["redaction.keys[1]", { redaction: { keys: ["a", ""] } }],
    ["redaction.hashKey", { redaction: { hash: ["user.id"] } }],
    ["redaction.hashKey", { redaction: { hashKey: "canary" } }],
    ["redaction.hashKey", { redaction: { hashKey: Redacted.make("") } }]
  ])("%s that cannot be used is an error that names it", (path, config) => {
    // Options may come from code without types.
    const result = TracingConfig.validate(config as TracingConfig.TracingConfig)
    const message = String(Either.getOrThrow(Either.flip(result)))
    expect(message).toContain(path)
    expect(message).not.toContain("canary")
  })

  it.each([
    ["callMetrix", { callMetrix: {} }, "is no option: use resource, operator, "],
    ["callMetrics", { callMetrics: "x" }, "expected a record of maxSeries, include, exclude"],
    ["callMetrics", { callMetrics: [] }, "expected a record of maxSeries, include, exclude"],
    ["callMetrics", { callMetrics: null }, "expected a record of maxSeries, include, exclude"],
    [
      "callMetrics.include_list",
      { callMetrics: { include_list: [] } },
      "is no option: use maxSeries, include, exclude"
    ],
    ["cache", { cache: 5 }, "expected a record of capacity, idleTimeToLive"],
    ["batch.max_spans", { batch: { max_spans: 5 } }, "is no option: use maxSpans, maxBytes, maxAge"],
    ["redaction.hashkey", { redaction: { hashkey: "canary" } }, "is no option: use keys, hash, "]
  ])("%s, which is none, is an error that says what there is", (path, config, detail) => {
    // Options may come from code without types, or from a file.
    const options = config as TracingConfig.TracingConfig
    for (const given of [options, TracingConfig.override({ callMetrics: {}, redaction: {} }, options)]) {
      const message = String(Either.getOrThrow(Either.flip(TracingConfig.validate(given))))
      expect(message).toContain(path)
      expect(message).toContain(detail)
      expect(message).not.toContain("canary")
    }
  })

  it("every option there is can be used", () => {
    const config: Required<TracingConfig.TracingConfig> = {
      resource: { "service.name": "s" },
      operator: [],
      content: "full",
      redaction: { deadline: 1, effect: Effect.succeed, hash: [], hashKey: Redacted.make("k"), keys: [], patterns: [] },
      endpoints: EndpointPolicy.publicOnly,
      incoming: "link",
      cache: { capacity: 1, idleTimeToLive: 1 },
      batch: { maxAge: 1, maxBytes: 1, maxSpans: 1 },
      queue: { maxBytes: 1, maxSpans: 1 },
      budget: { maxBytes: 1, perTenant: 1 },
      sending: { maxConcurrent: 1, maxSlow: 1, maxSlowBytes: 1, patience: 1, perLane: 1 },
      hold: { maxBytes: 1, maxSpans: 1, maxTime: 1 },
      breaker: { failures: 1, maxWait: 1, minWait: 1 },
      maxElapsed: 1,
      deadLetters: { maxBytes: 0 },
      spool: { resolve: undefined, writeAfter: 1 },
      explain: { maxTraces: 1 },
      metrics: { destinations: 1 },
      callMetrics: { exclude: undefined, include: [], maxSeries: 1 },
      onException: () => undefined,
      credentials: undefined,
      shutdownDeadline: 1,
      onUnsent: undefined
    }
    expect(TracingConfig.validate(config)).toEqual(Either.right(config))
  })

  it("a redaction of every kind can be used", () => {
    const redaction: TracingConfig.RedactionConfig = {
      keys: ["user.*"],
      hash: ["session.id"],
      hashKey: Redacted.make("k"),
      patterns: ["email"],
      effect: Effect.succeed,
      deadline: "2 seconds",
      scope: "tenants"
    }
    expect(Either.getOrThrow(TracingConfig.validate({ redaction })).redaction).toBe(redaction)
    const environment = configOf({ TENANT_TRACER_REDACT_PATTERNS: "phone", TENANT_TRACER_REDACT_KEYS: "a" })
    expect(TracingConfig.override(environment, { redaction: { patterns: ["email"] } }).redaction).toEqual({
      keys: ["a"],
      patterns: ["email"]
    })
  })

  it("win over the environment where they are given: what is undefined is not", () => {
    const environment = { ...configOf({ TENANT_TRACER_CONTENT: "full", TENANT_TRACER_CACHE_CAPACITY: "7" }) }
    const config = TracingConfig.override(environment, {
      content: undefined,
      cache: { capacity: undefined, idleTimeToLive: 5 }
    })
    expect(set(config)).toMatchObject({ content: "full", cache: { capacity: 7, idleTimeToLive: 5 } })
  })

  it("there are no metrics where nobody asks for them, and with an empty group there are", () => {
    const environment = configOf({})
    expect(TracingConfig.override(environment, {}).metrics).toBeUndefined()
    expect(TracingConfig.override(environment, { metrics: {} }).metrics).toEqual({})
    expect(TracingConfig.override({ metrics: { destinations: 5 } }, { metrics: {} }).metrics).toEqual({
      destinations: 5
    })
    expect(TracingConfig.override({ metrics: {} }, {}).metrics).toEqual({})
  })

  it("the metrics of calls are there where they are asked for, and a choice that cannot be made is an error that names it", () => {
    expect(TracingConfig.override(configOf({}), {}).callMetrics).toBeUndefined()
    expect(TracingConfig.override({ callMetrics: { maxSeries: 5 } }, { callMetrics: {} }).callMetrics).toEqual({
      maxSeries: 5
    })
    const message = (callMetrics: TracingConfig.TracingConfig["callMetrics"]) =>
      Either.match(TracingConfig.validate({ callMetrics }), { onLeft: String, onRight: () => "" })
    expect(message({ exclude: ["server.port"] })).toBe("")
    expect(message({ maxSeries: 0 })).toContain("callMetrics.maxSeries")
    expect(message({ include: [], exclude: [] })).toContain(`callMetrics.exclude: "include and exclude are mutually`)
    // @ts-expect-error: it is no attribute that can be chosen.
    expect(message({ include: ["error.type"] })).toContain("callMetrics.include")
    // @ts-expect-error: it is no function.
    expect(Either.isLeft(TracingConfig.validate({ onException: "log" }))).toBe(true)
  })

  it("what can be used passes as it is", () => {
    const config: TracingConfig.TracingConfig = {
      cache: { capacity: 1, idleTimeToLive: Duration.infinity },
      batch: { maxSpans: 1, maxAge: 0 },
      content: "full",
      incoming: "continue"
    }
    expect(Either.getOrThrow(TracingConfig.validate(config))).toBe(config)
    expect(TracingConfig.validate({})).toEqual(Either.right({}))
  })
})

describe("the resource", () => {
  it.each([
    [{ OTEL_SERVICE_NAME: "gateway" }, { "service.name": "gateway" }],
    [
      { OTEL_RESOURCE_ATTRIBUTES: "service.name=svc,deployment.environment.name=prod%20eu, a.B = c=d ,=x,y" },
      { "service.name": "svc", "deployment.environment.name": "prod eu", "a.B": "c=d" }
    ],
    [
      { OTEL_RESOURCE_ATTRIBUTES: "service.name=svc,x=1", OTEL_SERVICE_NAME: "own" },
      { "service.name": "own", x: "1" }
    ]
  ])("case 129: %j", (environment, expected) => {
    expect(configOf(environment as Record<string, string>).resource).toEqual(expected)
  })
})
