import { describe, expect, it } from "@effect/vitest"
import { Destination } from "@tenant-tracer/model"
import { Either, FastCheck as fc, Redacted, Schema } from "effect"

const endpoint = "https://otlp.example.com/v1/traces"

/** What the compiler would not let through is tried too. */
const failure = (options: object) =>
  Either.getOrThrow(Either.flip(Destination.make({ name: "main", endpoint, ...options } as Destination.Options)))

const decode = Schema.decodeUnknownEither(Destination.schema)

/** A token that is posted for, with some of its parts replaced by what the compiler would not let through. */
const exchanging = (change: object) => ({
  auth: {
    _tag: "Token" as const,
    account: Redacted.make("acme"),
    mint: {
      url: "https://auth.example.com/token",
      body: Redacted.make("{}"),
      field: "token",
      ...change
    } as Destination.TokenExchange
  }
})

describe("Destination.make", () => {
  it("has a default for everything but the name and the endpoint", () => {
    expect(Destination.make({ name: "main", endpoint })).toStrictEqual(
      Either.right({
        name: "main",
        vendor: "otlp",
        endpoint,
        protocol: "http/protobuf",
        compression: "gzip",
        auth: { _tag: "Headers", headers: {} },
        resource: {},
        vocabularies: [{ name: "genai" }],
        content: "none",
        callerTrace: "link",
        limits: {}
      })
    )
  })

  it("keeps what is said", () => {
    const headers = { authorization: Redacted.make("Bearer x") }
    const said = {
      name: "eu.main_1-a",
      vendor: "langfuse_otel",
      endpoint: "http://localhost:4318/otel?project=a",
      protocol: "http/json",
      compression: "none",
      tls: { ca: "PEM" },
      resource: {
        "service.name": "checkout",
        replicas: 3,
        canary: true,
        zones: ["a", "b"],
        weights: [0.5],
        on: [true]
      },
      vocabularies: [{ name: "genai", version: "1.41" }, { name: "langfuse" }],
      content: "full",
      callerTrace: "continue",
      limits: { bytesPerRequest: 1024 },
      view: { spans: "llm_only", hide: ["db_call"], excludeServices: ["redis"] },
      sampling: { success: 0.1, error: 1 }
    } as const
    expect(Destination.make({ ...said, headers })).toStrictEqual(
      Either.right({ ...said, auth: { _tag: "Headers", headers } })
    )
    const auth = { _tag: "Headers", headers: { "api-key": Redacted.make("k") } } as const
    expect(Either.getOrThrow(Destination.make({ name: "a", endpoint, auth, headers })).auth).toBe(auth)
  })

  it("names a name that cannot be one", () => {
    for (const name of ["", "a b", "ü", "x".repeat(65), "a/b", "a\n", 5, null]) {
      expect(failure({ name })).toMatchObject({ _tag: "DestinationError", destination: "", field: "name" })
    }
    expect(failure({ name: "" }).message).toBe(
      "destination: name must be 1 to 64 letters, digits, dots, dashes or underscores"
    )
    expect(failure({ vendor: "" })).toMatchObject({ destination: "main", field: "vendor" })
  })

  it("takes an endpoint only if it is a full http or https URL", () => {
    const wrong = [
      "",
      "otlp.example.com",
      "ftp://example.com",
      "file:///etc/passwd",
      "https://",
      "https:example.com",
      "https://example.com:99999",
      "https://exa mple.com",
      "https://example.com/\n",
      "https:\\\\example.com",
      "https://example.com\\@10.0.0.5",
      "https://user:s3cret@example.com",
      "https://s3cret@example.com",
      "https://example.com/#s3cret",
      "https://example.com/#",
      `https://example.com/${"x".repeat(2048)}`,
      5,
      undefined
    ]
    for (const url of wrong) {
      const error = failure({ endpoint: url })
      expect([url, error.field]).toStrictEqual([url, "endpoint"])
      expect(error.message).not.toContain("s3cret")
    }
    expect(failure({ endpoint: "https://u:p@h" }).message).toBe(
      'destination "main": endpoint has a user name or a password in it: put credentials into headers'
    )
    for (const url of ["http://localhost:4318", "HTTPS://EXAMPLE.com/a?b=c", "https://[::1]:4318/v1/traces"]) {
      expect(Either.getOrThrow(Destination.make({ name: "a", endpoint: url })).endpoint).toBe(url)
    }
  })

  it("refuses a header that the exporter sets, and one that is given twice", () => {
    const set = (...names: ReadonlyArray<string>) =>
      failure({ headers: Object.fromEntries(names.map((name) => [name, Redacted.make("x")])) }).message
    for (const name of ["Host", "content-length", "Content-Type", "transfer-encoding"]) {
      expect(set(name)).toBe(`destination "main": headers.${name} is set by the exporter: remove it`)
    }
    expect(set("authorization", "Authorization")).toContain("headers.Authorization is given twice")
  })

  it("says it in one line, whatever a field is called", () => {
    expect(failure({ resource: { "a\r\n\u001b[31mb\u202ec": {} } }).message).toContain("resource.a   [31mb c is not")
  })

  it("names a header that cannot be sent, and shows no credential", () => {
    const cases: ReadonlyArray<readonly [string, unknown]> = [
      ["x y", Redacted.make("s3cret")],
      ["a", Redacted.make("s3cret\r\n")],
      ["a", Redacted.make("s3cret€")],
      ["a", Redacted.make("s3cret".repeat(2000))],
      ["a", Redacted.make({ s3cret: 1 })],
      ["a", "s3cret"],
      ["__proto__", Redacted.make("s3cret\n")]
    ]
    for (const [name, value] of cases) {
      const error = failure({ headers: Object.fromEntries([[name, value]]) })
      expect(error.field).toBe(`headers.${name}`)
      expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain("s3cret")
    }
  })

  it("names a resource attribute that OTLP cannot carry", () => {
    for (const value of [null, undefined, Number.NaN, {}, ["a", 1], [Number.POSITIVE_INFINITY], () => 1, 1n]) {
      expect(failure({ resource: { fine: 1, bad: value } }).field).toBe("resource.bad")
    }
    expect(failure({ resource: { "": 1 } }).field).toBe("resource")
  })

  it("names limits and vocabularies that make no sense", () => {
    expect(failure({ vocabularies: [] }).field).toBe("vocabularies")
    for (const limit of [0, -1, Number.NaN, "5", null]) {
      expect(failure({ limits: { valueLength: limit } }).field).toBe("limits.valueLength")
    }
    for (const limit of [31, 64.5, Number.POSITIVE_INFINITY]) {
      expect(failure({ limits: { attributes: limit } }).field).toBe("limits.attributes")
    }
    for (const field of ["keyLength", "listLength"]) {
      for (const limit of [0, 64.5, Number.POSITIVE_INFINITY, "64"]) {
        const error = failure({ limits: { [field]: limit } })
        expect(error.field).toBe(`limits.${field}`)
        expect(error.detail).toMatch(/^must be a (?:whole )?number above zero, or absent$/)
      }
    }
    expect(failure({ limits: { lengthUnit: "words" } })).toMatchObject({
      field: "limits.lengthUnit",
      detail: "must be characters or bytes"
    })
    const sound = [{ valueLength: undefined }, { attributes: 32 }, { keyLength: 255, listLength: 64 }]
    for (const limits of [...sound, { lengthUnit: undefined }, { lengthUnit: "bytes" as const }]) {
      expect(Either.isRight(Destination.make({ name: "a", endpoint, limits }))).toBe(true)
    }
  })
})

describe("what a destination sees, and how often", () => {
  it.each([
    [{ view: 5 }, "view", "must be a record of spans, hide and excludeServices"],
    [{ view: null }, "view", "must be a record of spans, hide and excludeServices"],
    [{ view: { spans: "full" } }, "view.spans", "must be all or llm_only"],
    [{ view: { hide: "db_call" } }, "view.hide", "must be a list of at most 64 entries"],
    [{ view: { hide: ["db_call", "dbcall"] } }, "view.hide[1]", "must be a role: proxy_request"],
    [{ view: { excludeServices: { length: 1 } } }, "view.excludeServices", "must be a list of at most 64 entries"],
    [
      { view: { excludeServices: Array(65).fill("a") } },
      "view.excludeServices",
      "must be a list of at most 64 entries"
    ],
    [{ view: { excludeServices: [""] } }, "view.excludeServices[0]", "must be text of 1 to 128 characters"],
    [{ view: { excludeServices: ["a", 5] } }, "view.excludeServices[1]", "must be text of 1 to 128 characters"],
    [{ view: { excludeServices: ["x".repeat(129)] } }, "view.excludeServices[0]", "must be text of 1 to 128"],
    [{ sampling: 0.5 }, "sampling", "must be a record of success and error"],
    [{ sampling: { success: "abc" } }, "sampling.success", "must be a number from 0 to 1, or absent"],
    [{ sampling: { error: -0.1 } }, "sampling.error", "must be a number from 0 to 1, or absent"],
    [{ sampling: { error: 1.5 } }, "sampling.error", "must be a number from 0 to 1, or absent"],
    [{ sampling: { success: Number.NaN } }, "sampling.success", "must be a number from 0 to 1, or absent"],
    [{ sampling: { success: null } }, "sampling.success", "must be a number from 0 to 1, or absent"]
  ])("names what it cannot be: %j", (wrong, field, detail) => {
    const error = failure(wrong)
    expect(error.field).toBe(field)
    expect(error.detail).toContain(detail)
  })

  it("takes both ends of a rate, and what is not said", () => {
    for (const right of [
      { view: {}, sampling: {} },
      { view: { spans: "all", hide: [], excludeServices: [] }, sampling: { success: 0, error: 1 } },
      { view: { hide: undefined }, sampling: { success: undefined, error: 0.5 } }
    ] as const) {
      expect(Either.getOrThrow(Destination.make({ name: "main", endpoint, ...right }))).toMatchObject(right)
    }
  })
})

describe("Destination.validate", () => {
  const made = Either.getOrThrow(Destination.make({ name: "main", endpoint }))

  it("hands on the very destination that was made", () => {
    expect(Either.getOrThrow(Destination.validate(made))).toBe(made)
  })

  it.each([
    [{ endpoint: "ftp://otlp.example.com" }, "endpoint"],
    [{ auth: { _tag: "Headers", headers: { a: "plain" } } }, "headers.a"],
    [{ resource: { n: 1n } }, "resource.n"],
    [{ name: "a b" }, "name"],
    [{ protocol: "grpc" }, "protocol"],
    [{ compression: "br" }, "compression"],
    [{ content: "some" }, "content"],
    [{ callerTrace: "join" }, "callerTrace"],
    [{ auth: { _tag: "Headers" } }, "auth.headers"],
    [{ auth: { _tag: "Nope" } }, "auth"],
    [{ auth: { _tag: "Token", account: "plain" } }, "auth.account"],
    [exchanging({ url: "file:///etc/passwd" }), "auth.mint.url"],
    [exchanging({ url: "https://a:b@auth.example.com" }), "auth.mint.url"],
    [exchanging({ body: '{"api_key":"plain"}' }), "auth.mint.body"],
    [exchanging({ field: "" }), "auth.mint.field"],
    [{ region: "EU" }, "region"],
    [{ region: "" }, "region"],
    [{ region: "x".repeat(33) }, "region"],
    [{ region: 5 }, "region"],
    [{ tls: "pem" }, "tls"],
    [{ tls: { ca: 5 } }, "tls.ca"],
    [{ tls: { certificate: [] } }, "tls.certificate"],
    [{ tls: { key: "s3cret" } }, "tls.key"],
    [{ vocabularies: "genai" }, "vocabularies"],
    [{ vocabularies: [{}] }, "vocabularies"],
    [{ resource: 5 }, "resource"],
    [{ limits: 5 }, "limits"]
  ])("judges one that was changed by hand: %o", (change, field) => {
    // What the compiler would not let through is tried too.
    const error = Either.getOrThrow(
      Either.flip(Destination.validate({ ...made, ...change } as Destination.Destination))
    )
    expect(error.field).toBe(field)
  })
})

describe("a token that is exchanged for a key", () => {
  it("is part of a destination where its parts can be used", () => {
    expect(Either.getOrThrow(Destination.make({ name: "main", endpoint, ...exchanging({}) })).auth).toEqual(
      exchanging({}).auth
    )
  })

  it("shows no key where it is wrong", () => {
    const wrong = Destination.make({ name: "main", endpoint, ...exchanging({ body: '{"api_key":"s3cret"}' }) })
    expect(Either.getOrThrow(Either.flip(wrong)).message).not.toContain("s3cret")
  })
})

describe("a region", () => {
  it("is kept where it is said, and absent where it is not", () => {
    expect(Either.getOrThrow(Destination.make({ name: "main", endpoint, region: "eu" })).region).toBe("eu")
    expect(Either.getOrThrow(Destination.make({ name: "main", endpoint }))).not.toHaveProperty("region")
    const decoded = Schema.decodeUnknownSync(Destination.schema)({ name: "main", endpoint, region: "ap-1" })
    expect(decoded.region).toBe("ap-1")
  })
})

describe("anything at all as a destination", () => {
  it.prop("is judged without a throw", [fc.anything({ withBigInt: true, withNullPrototype: true })], ([value]) => {
    expect(Either.isLeft(Destination.validate(value as Destination.Destination))).toBe(true)
  })

  it.prop(
    "and so is a good one with anything in one of its fields",
    [
      fc.constantFrom(
        ...["name", "vendor", "endpoint", "protocol", "auth", "tls", "resource", "vocabularies", "limits"],
        ...["view", "sampling"]
      ),
      fc.anything()
    ],
    ([field, value]) => {
      const made = Either.getOrThrow(Destination.make({ name: "main", endpoint }))
      // Either answer will do, as long as it is one.
      const judged = Destination.validate({ ...made, [field]: value } as Destination.Destination)
      expect(["Left", "Right"]).toContain(judged._tag)
    }
  )

  it("also where its getters throw", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no")
        }
      }
    )
    expect(Either.isLeft(Destination.validate(hostile as Destination.Destination))).toBe(true)
  })
})

describe("Destination.schema", () => {
  const configuration = {
    name: "main",
    endpoint,
    headers: { authorization: "Bearer s3cret" },
    tls: { ca: "PEM", key: "s3cret" },
    limits: { bytesPerRequest: 1 },
    view: { spans: "llm_only", hide: ["db_call"], excludeServices: ["redis"] },
    sampling: { success: 0.5, error: 1 }
  }

  it("decodes JSON and redacts what is secret", () => {
    const destination = Either.getOrThrow(decode(configuration))
    expect(destination).toMatchObject({ name: "main", vendor: "otlp", content: "none", limits: { bytesPerRequest: 1 } })
    expect(destination).toMatchObject({ view: configuration.view, sampling: configuration.sampling })
    expect(JSON.stringify(destination)).not.toContain("s3cret")
    const { auth, tls } = destination
    expect(auth._tag === "Headers" ? Redacted.value(auth.headers.authorization ?? Redacted.make("")) : "").toBe(
      "Bearer s3cret"
    )
    expect(tls?.key && Redacted.value(tls.key)).toBe("s3cret")
  })

  it("is as strict as make, and does not know unknown fields", () => {
    for (const wrong of [
      { name: "a b" },
      { endpoint: "nope" },
      { endpint: "x" },
      { protocol: "grpc" },
      { content: "some" },
      { headers: { a: "x\n" } },
      { resource: { a: {} } },
      { auth: { _tag: "Headers", headers: {} } },
      { tls: { kee: "x" } },
      { view: { spans: "full" } },
      { view: { hide: ["dbcall"] } },
      { view: { excludeService: ["redis"] } },
      { sampling: { success: 1.5 } },
      { sampling: { succes: 1 } }
    ]) {
      expect([wrong, Either.isLeft(decode({ ...configuration, ...wrong }))]).toStrictEqual([wrong, true])
    }
  })

  it("shows no credential in an error, wherever it was put", () => {
    for (const wrong of [
      { headers: "authorization=s3cret" },
      { headers: { a: ["s3cret"] } },
      { headers: { a: { s3cret: "s3cret" } } },
      { headers: { a: "s3cret\n" } },
      { headers: ["s3cret"] },
      { tls: "s3cret" },
      { tls: { key: ["s3cret"] } },
      { endpoint: "https://s3cret@example.com" },
      { endpoint: ["s3cret"] },
      { resource: { a: { x: "s3cret" } } }
    ]) {
      const error = Either.getOrThrow(Either.flip(decode({ ...configuration, ...wrong })))
      expect([wrong, error.message.includes("s3cret")]).toStrictEqual([wrong, false])
    }
    expect(Either.getOrThrow(Either.flip(decode(JSON.stringify(configuration)))).message).not.toContain("s3cret")
  })

  it("does not encode", () => {
    const destination = Either.getOrThrow(decode(configuration))
    expect(Either.isLeft(Schema.encodeEither(Destination.schema)(destination))).toBe(true)
  })

  it("takes any JSON without throwing", () => {
    const field = fc.oneof(fc.jsonValue(), fc.anything())
    const input = fc.oneof(
      field,
      fc.record({ name: field, endpoint: field, headers: field, tls: field, limits: field })
    )
    fc.assert(fc.property(input, (value) => Either.isLeft(decode(value))))
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("resource", "vendor", "content", "limits", "view", "sampling"), field),
        (fields) => {
          const decoded = decode({ ...configuration, ...fields })
          if (Either.isRight(decoded))
            expect(Schema.is(Schema.typeSchema(Destination.schema))(decoded.right)).toBe(true)
        }
      )
    )
  })
})
