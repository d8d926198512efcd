import { describe, expect, it } from "@effect/vitest"
import type { Destination } from "@tenant-tracer/model/Destination"
import * as OtlpHeaders from "@tenant-tracer/model/OtlpHeaders"
import { Vocabularies } from "@tenant-tracer/vocabulary"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Vendors from "../src/Vendors.js"
import { complete } from "./complete.js"

const dynamic = (name: string | null | undefined, params: Record<string, unknown> | null | undefined) =>
  Option.getOrNull(
    Option.map(Vendors.dynamicHeaders(name, params), (headers) =>
      Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, Redacted.value(value)]))
    )
  )

const every = [...Vendors.all, ...Vendors.unverified]

const titled = every.map((vendor) => [vendor.name, vendor] as const)

/** The fields of a vendor that nobody may read, and those of others, which it does not know. */
const secretsOf = (name: string): ReadonlyArray<string> =>
  ["publicKey", "headers", "dsn", ...Object.keys(complete[name] ?? {})].filter((field) =>
    /key|token|secret|dsn|headers|space/i.test(field)
  )

/** Everything that a destination or an error says of itself. */
const spoken = (outcome: Either.Either<Destination, Error>): string =>
  Either.match(outcome, {
    onLeft: (error) => `${error.message}\n${error.stack}\n${String(error)}\n${JSON.stringify(error)}`,
    onRight: (destination) => `${JSON.stringify(destination)}\n${String(destination)}`
  })

describe("find", () => {
  it("finds each by its name and nothing else", () => {
    for (const vendor of Vendors.all) expect(Vendors.find(vendor.name)).toEqual(Option.some(vendor))
    expect(Vendors.find("nope")).toEqual(Option.none())
    expect(Vendors.find("toString")).toEqual(Option.none())
  })

  it("names and pages are there, and unique", () => {
    expect(new Set(every.map(({ name }) => name)).size).toBe(every.length)
    expect(new Set(every.map(({ page }) => page)).size).toBe(every.length)
    for (const { title } of every) expect(title).not.toBe("")
  })

  it("offers none that is not verified, and says where it is", () => {
    for (const { name, tier } of Vendors.unverified) {
      expect(tier).toBe("unverified")
      expect(Vendors.find(name)).toEqual(Option.none())
      const error = Vendors.destination(name, complete[name]).pipe(Either.flip, Either.getOrThrow)
      expect(error.message).toContain("take it from Vendors.unverified")
    }
    for (const { tier } of Vendors.all) expect(["contract", "cited"]).toContain(tier)
  })
})

describe("destination", () => {
  it("an unknown vendor is told, with the names that are known", () => {
    const error = Vendors.destination("nope", {}).pipe(Either.flip, Either.getOrThrow)
    expect(error.reason).toBe("unknown_vendor")
    // Stored settings may name anything.
    expect(Either.isLeft(Vendors.destination(5 as unknown as string, {}))).toBe(true)
    expect(error.message).toMatch(/^nope: vendor is unknown: use langfuse_otel, arize, arize_phoenix, langsmith, /)
  })
})

describe.each(titled)("%s", (name, vendor) => {
  const credentials = complete[name] ?? {}

  it("complete credentials make a destination with the defaults of any", () => {
    const destination = vendor.destination(credentials).pipe(Either.getOrThrow)
    expect(destination).toMatchObject({ name, vendor: name, content: "none", callerTrace: "link" })
  })

  it("the options of any destination are its own too, and are checked", () => {
    const options = { view: { spans: "llm_only" }, sampling: { success: 0.5 } } as const
    expect(Either.getOrThrow(vendor.destination(credentials, options))).toMatchObject(options)
    const wrong = vendor.destination(credentials, { sampling: { success: 2 } })
    expect(Either.getOrThrow(Either.flip(wrong)).message).toBe(
      `${name}: sampling.success must be a number from 0 to 1, or absent`
    )
  })

  it("limits that are said stand in place of the vendor's, which hold beside them", () => {
    const limits = { requestsPerMinute: 77, oldestSpan: undefined }
    const made = vendor.destination(credentials, { limits }).pipe(Either.getOrThrow)
    expect(made.limits).toEqual({ ...vendor.limits, requestsPerMinute: 77 })
    const wrong = vendor.destination(credentials, { limits: { valueLength: 0 } })
    expect(Either.getOrThrow(Either.flip(wrong)).message).toBe(
      `${name}: limits.valueLength must be a number above zero, or absent`
    )
  })

  it("the caller names the destination and opens it for content", () => {
    const destination = vendor.destination(credentials, { name: "main", content: "full" }).pipe(Either.getOrThrow)
    expect(destination).toMatchObject({ name: "main", vendor: name, content: "full" })
    const refused = vendor.destination(credentials, { name: "a b" }).pipe(Either.flip, Either.getOrThrow)
    expect(refused.field).toBe("name")
  })

  it("its vocabularies exist and can be layered", () => {
    const { vocabularies } = vendor.destination(credentials).pipe(Either.getOrThrow)
    expect(Either.isRight(Vocabularies.layer(vocabularies, Vocabularies.all, vendor.limits.attributes))).toBe(true)
    // What is sent does not change with the library's newest version.
    for (const { version } of vendor.vocabularies) expect(version).toBeDefined()
  })

  it("nothing at all is reported as missing, anything else than a record as unreadable", () => {
    expect(vendor.destination({}).pipe(Either.flip, Either.getOrThrow).reason).toBe("missing")
    for (const nothing of [null, undefined, 1, "text", [], () => 1]) {
      expect(vendor.destination(nothing).pipe(Either.flip, Either.getOrThrow)).toMatchObject({
        reason: "invalid",
        field: "credentials"
      })
    }
  })

  it("an unknown field is told with the fields that are known", () => {
    const error = vendor.destination({ ...credentials, nope: "x" }).pipe(Either.flip, Either.getOrThrow)
    expect(error).toMatchObject({ reason: "unknown_field", field: "nope" })
    for (const field of Object.keys(credentials)) expect(error.message).toContain(field)
  })

  it("an unknown field that looks like a secret is not shown, and one that is empty is no field at all", () => {
    for (const secret of ["sk-lf-SECRET", "ghp_0123SECRET", "SECRET text", `${"a".repeat(40)}SECRET`]) {
      const outcome = vendor.destination({ ...credentials, [secret]: "x" })
      expect(spoken(outcome)).not.toContain("SECRET")
      expect(Either.getOrThrow(Either.flip(outcome))).toMatchObject({ reason: "unknown_field", field: "credentials" })
    }
    for (const empty of ["", " ", null, undefined])
      expect(Either.isRight(vendor.destination({ ...credentials, extra: empty }))).toBe(true)
  })

  it("each field is refused as what it is not, under its own name", () => {
    for (const field of Object.keys(credentials)) {
      const error = vendor.destination({ ...credentials, [field]: 17 }).pipe(Either.flip, Either.getOrThrow)
      expect(error, field).toMatchObject({ reason: "invalid", field })
      expect(error.message).not.toContain("17")
    }
  })

  it("hostile credentials are unreadable and do no harm", () => {
    const thrower = {
      get endpoint(): string {
        throw new Error("no")
      }
    }
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no")
        }
      }
    )
    for (const hostile of [thrower, proxy]) expect(Either.isLeft(vendor.destination(hostile))).toBe(true)
  })

  it.prop("arbitrary JSON never throws", [FastCheck.jsonValue()], ([value]) => {
    expect(Either.isEither(vendor.destination(value))).toBe(true)
  })

  it.prop(
    "arbitrary JSON in one field never throws, and never shows in an error",
    [FastCheck.constantFrom(...Object.keys(credentials)), FastCheck.jsonValue(), FastCheck.uuid()],
    ([field, value, marker]) => {
      const outcome = vendor.destination({ ...credentials, [field]: [value, marker] })
      if (Either.isLeft(outcome)) expect(spoken(outcome)).not.toContain(marker)
      // A list of names is a legal value of one field only.
      else expect(field).toBe("vocabularies")
    },
    { fastCheck: { numRuns: 60 } }
  )

  it.prop(
    "a secret shows in no error and in no destination, whatever is wrong beside it",
    [
      FastCheck.constantFrom(...secretsOf(name)),
      FastCheck.uuid(),
      FastCheck.constantFrom("", "\n", "\r\nx", "\u20ac", " ".repeat(2), "x".repeat(9000)),
      FastCheck.subarray(Object.keys(credentials)),
      FastCheck.boolean()
    ],
    ([field, uuid, tail, kept, redacted]) => {
      const text = `${uuid}${tail}${uuid}`
      const held = redacted ? Redacted.make(text) : text
      const secret = field !== "headers" ? held : redacted ? { [`Bearer ${text}`]: "" } : { authorization: held }
      const rest = Object.fromEntries(Object.entries(credentials).filter(([key]) => kept.includes(key)))
      expect(spoken(vendor.destination({ ...rest, [field]: secret }))).not.toContain(uuid)
    },
    { fastCheck: { numRuns: 100 } }
  )

  it.prop(
    "whatever text is in a field: headers can be sent, and it is https to the same host unless the field says otherwise",
    [
      FastCheck.constantFrom(...Object.keys(credentials)),
      FastCheck.oneof(
        FastCheck.string({ unit: "binary" }),
        FastCheck.webUrl(),
        FastCheck.constantFrom("evil.example", "a/b", "//evil.example", "x@evil.example", "evil.example#", "..", "a\\b")
      )
    ],
    ([field, text]) => {
      const outcome = vendor.destination({ ...credentials, [field]: text })
      if (Either.isLeft(outcome)) return
      const { auth, endpoint } = outcome.right
      if (auth._tag === "Headers") expect(Either.isRight(OtlpHeaders.reveal(auth.headers))).toBe(true)
      if (!/^\s*http:/.test(text)) expect(endpoint).toMatch(/^https:\/\//)
      const usual = vendor.destination(credentials).pipe(Either.getOrThrow)
      const own = Object.values(vendor.regions).map((region) => new URL(region.endpoint).host)
      if (!["host", "endpoint", "dsn"].includes(field))
        expect([new URL(usual.endpoint).host, ...own]).toContain(new URL(endpoint).host)
    },
    { fastCheck: { numRuns: 100 } }
  )
})

describe("dynamicHeaders", () => {
  it("case 133: arize takes the space key, else the space id, and the API key on its own", () => {
    expect(dynamic("arize", { arize_space_id: "S", arize_space_key: "SK" })).toEqual({ "arize-space-id": "SK" })
    expect(dynamic("arize", { arize_space_id: "S" })).toEqual({ "arize-space-id": "S" })
    expect(dynamic("arize", { arize_api_key: "K" })).toEqual({ api_key: "K" })
    expect(dynamic("arize", { arize_space_key: "SK", arize_api_key: "K" })).toEqual({
      "arize-space-id": "SK",
      api_key: "K"
    })
  })

  it("langfuse takes both keys or nothing", () => {
    expect(dynamic("langfuse_otel", { langfuse_public_key: "pk", langfuse_secret_key: "sk" })).toEqual({
      Authorization: "Basic cGs6c2s=",
      "x-langfuse-ingestion-version": "4"
    })
    expect(dynamic("langfuse_otel", { langfuse_public_key: "pk" })).toBeNull()
    expect(dynamic("langfuse_otel", { langfuse_secret_key: "sk" })).toBeNull()
    expect(dynamic("langfuse_otel", { langfuse_host: "https://h" })).toBeNull()
  })

  it("case 135: weave takes its key and its project, each on its own", () => {
    expect(dynamic("weave_otel", { wandb_api_key: "w", weave_project_id: "p" })).toEqual({
      Authorization: "Basic YXBpOnc=",
      project_id: "p"
    })
    expect(dynamic("weave_otel", { wandb_api_key: "w" })).toEqual({ Authorization: "Basic YXBpOnc=" })
    expect(dynamic("weave_otel", { weave_project_id: "p" })).toEqual({ project_id: "p" })
  })

  it("case 137: newrelic takes its key, and a region is no header", () => {
    expect(dynamic("newrelic", { newrelic_api_key: "k" })).toEqual({ "api-key": "k" })
    expect(dynamic("newrelic", { newrelic_api_key: "k", newrelic_region: "eu" })).toEqual({ "api-key": "k" })
    expect(dynamic("newrelic", { newrelic_region: "eu" })).toBeNull()
  })

  it("signoz takes its key, but none that is meant for another host", () => {
    expect(dynamic("signoz", { signoz_ingestion_key: "k" })).toEqual({ "signoz-ingestion-key": "k" })
    const elsewhere = { signoz_ingestion_key: "k", signoz_ingestion_endpoint: "https://signoz.example.com" }
    expect(dynamic("signoz", elsewhere)).toBeNull()
    // However the host is named, it is named.
    const unreadable = Object.defineProperty({ signoz_ingestion_key: "k" }, "signoz_ingestion_endpoint", {
      enumerable: true,
      get: () => {
        throw new Error("no")
      }
    })
    for (const host of [
      new URL("https://signoz.example.com"),
      5,
      "https://日本.example",
      `https://${"x".repeat(9000)}`
    ])
      expect(dynamic("signoz", { signoz_ingestion_key: "k", signoz_ingestion_endpoint: host })).toBeNull()
    expect(dynamic("signoz", unreadable)).toBeNull()
    expect(dynamic("signoz", { signoz_ingestion_key: "k", signoz_ingestion_endpoint: " " })).not.toBeNull()
  })

  it("no other vendor takes any", () => {
    const takers = Vendors.all.filter(({ dynamicHeaders }) => Option.isSome(dynamicHeaders)).map(({ name }) => name)
    expect(takers).toEqual(["langfuse_otel", "arize", "weave_otel", "newrelic", "signoz"])
  })

  it("there are none without a vendor, without a builder, without parameters", () => {
    const params = { arize_api_key: "K", langfuse_public_key: "pk", langfuse_secret_key: "sk" }
    for (const name of [null, undefined, "", "nope", "arize_phoenix", "otlp"]) expect(dynamic(name, params)).toBeNull()
    for (const none of [null, undefined, {}, { other: "x" }]) expect(dynamic("arize", none)).toBeNull()
  })

  it("what no header can carry is as good as absent", () => {
    for (const value of ["", "  ", "a\r\nx: y", "\u20ac", "x".repeat(9000), 5, true, null, ["K"], { a: 1 }]) {
      expect(dynamic("arize", { arize_api_key: value }), String(value).slice(0, 20)).toBeNull()
    }
    const inherited: Record<string, unknown> = Object.create({ arize_api_key: "K" })
    expect(dynamic("arize", inherited)).toBeNull()
  })

  it("parameters that make a header which cannot be sent are as good as absent", () => {
    const long = "x".repeat(8000)
    expect(dynamic("langfuse_otel", { langfuse_public_key: "a", langfuse_secret_key: long })).toBeNull()
    expect(dynamic("langfuse_otel", { langfuse_public_key: "a:b", langfuse_secret_key: "s" })).toBeNull()
    expect(dynamic("weave_otel", { wandb_api_key: long })).toBeNull()
    expect(dynamic("weave_otel", { wandb_api_key: long, weave_project_id: "p" })).toEqual({ project_id: "p" })
    expect(dynamic("langfuse_otel", { langfuse_public_key: "a", langfuse_secret_key: "b:c" })).not.toBeNull()
  })

  it("a host or a region beside the keys of langfuse and new relic is for whoever chooses the endpoint", () => {
    const keys = { langfuse_public_key: "pk", langfuse_secret_key: "sk" }
    expect(dynamic("langfuse_otel", { ...keys, langfuse_host: "https://h" })).toEqual(dynamic("langfuse_otel", keys))
  })

  it("takes redacted text too, and shows none of it", () => {
    const headers = Vendors.dynamicHeaders("arize", { arize_api_key: Redacted.make(" top-secret ") })
    expect(JSON.stringify(headers)).not.toContain("top-secret")
    expect(dynamic("arize", { arize_api_key: Redacted.make(" top-secret ") })).toEqual({ api_key: "top-secret" })
  })

  it.prop(
    "never throws, and what it gives can be sent",
    [
      FastCheck.constantFrom("arize", "langfuse_otel", "weave_otel", "newrelic", "signoz"),
      FastCheck.dictionary(FastCheck.string(), FastCheck.anything()),
      FastCheck.oneof(
        FastCheck.anything(),
        FastCheck.integer({ min: 5000, max: 9000 }).map((length) => "x".repeat(length))
      )
    ],
    ([name, params, key]) => {
      const named = {
        ...params,
        arize_api_key: key,
        langfuse_public_key: key,
        langfuse_secret_key: "s",
        wandb_api_key: key,
        weave_project_id: key,
        newrelic_api_key: key,
        signoz_ingestion_key: key
      }
      const headers = dynamic(name, named) ?? {}
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\t\x20-\x7e\x80-\xff]+$/)
      expect(Either.isRight(OtlpHeaders.validate(headers))).toBe(true)
    }
  )

  it("a parameter that throws when it is read is as good as absent", () => {
    const params = {
      get arize_api_key(): string {
        throw new Error("no")
      },
      arize_space_id: "S"
    }
    expect(dynamic("arize", params)).toEqual({ "arize-space-id": "S" })
  })
})
