import { describe, expect, it } from "@effect/vitest"
import { Destination, TenantRoute, TraceFacts } from "@tenant-tracer/model"
import { Either, FastCheck as fc } from "effect"

const endpoint = "https://otlp.example.com/v1/traces"
const main = { name: "main", endpoint, headers: { authorization: "Bearer s3cret" } }
const settings = { tenant: "acme", destinations: [main] }

const failure = (input: unknown) => Either.getOrThrow(Either.flip(TenantRoute.decode(input)))

describe("TenantRoute.make", () => {
  it("stands down the operator's exporter unless told otherwise, and has no facts", () => {
    const destinations = [Either.getOrThrow(Destination.make({ name: "main", endpoint }))]
    expect(TenantRoute.make({ tenant: "acme", destinations })).toStrictEqual({
      tenant: "acme",
      destinations,
      facts: TraceFacts.empty,
      operatorPolicy: "override"
    })
    const said = {
      tenant: "acme",
      destinations,
      facts: { user: "u" },
      operatorPolicy: "additive",
      content: "none",
      regions: ["eu"]
    } as const
    expect(TenantRoute.make(said)).toStrictEqual(said)
  })
})

describe("TenantRoute.decode", () => {
  it("decodes a tenant's settings", () => {
    const route = Either.getOrThrow(
      TenantRoute.decode({ ...settings, facts: { team: { id: "t1" }, tags: ["a"] }, operatorPolicy: "additive" })
    )
    expect(route).toMatchObject({
      tenant: "acme",
      destinations: [{ name: "main", endpoint, content: "none" }],
      facts: { team: { id: "t1" }, tags: ["a"] },
      operatorPolicy: "additive"
    })
    expect(JSON.stringify(route)).not.toContain("s3cret")
    expect(Either.getOrThrow(TenantRoute.decode({ tenant: "a", destinations: [] })).operatorPolicy).toBe("override")
  })

  it.each([
    ["content", { content: "full" }],
    ["content", { content: "none" }],
    ["operatorPolicy", { operatorPolicy: "metadata_only" }],
    ["regions", { regions: ["eu", "ap-1"] }],
    ["regions", { regions: [] }]
  ])("keeps %s: %j", (_, said) => {
    expect(Either.getOrThrow(TenantRoute.decode({ ...settings, ...said }))).toMatchObject(said)
  })

  it.each([
    [["EU"], "regions[0]"],
    [["eu", ""], "regions[1]"],
    ["eu", "regions"],
    [Array.from({ length: 65 }, () => "eu"), "regions"]
  ])("regions %j are an error that names their field", (regions, path) => {
    expect(failure({ ...settings, regions }).path).toBe(path)
  })

  it.each(["event_only", "span_only", "span_and_event", "no_content", "NO_CONTENT", "Full", "", true, null, ["full"]])(
    "case 241: content %j is an error that names its field, of a route and of a destination",
    (content) => {
      expect(failure({ ...settings, content }).path).toBe("content")
      const error = failure({ ...settings, destinations: [main, { ...main, name: "b", content }] })
      expect(error.path).toBe("destinations[1].content")
      expect(error.message).toContain('"none" | "full"')
    }
  )

  it("bounds facts", () => {
    const route = Either.getOrThrow(TenantRoute.decode({ ...settings, facts: { sessionId: "s".repeat(500) } }))
    expect(route.facts).toStrictEqual({ sessionId: "s".repeat(200) })
  })

  it("says where something is wrong, and what", () => {
    const cases: ReadonlyArray<readonly [unknown, string, string]> = [
      [{ destinations: [] }, "tenant", "route: tenant is missing"],
      [{ tenant: "acme" }, "destinations", "route: destinations is missing"],
      [{ ...settings, tenat: 1 }, "tenat", "route: tenat is not a field: check its spelling"],
      [{ ...settings, operatorPolicy: "all" }, "operatorPolicy", 'is not "override" | "additive" | "metadata_only"'],
      [{ ...settings, facts: { team: "t1" } }, "facts.team", "facts.team is not"],
      [{ ...settings, facts: { team: { id: 5 } } }, "facts.team.id", "is not string"],
      [
        { ...settings, destinations: [main, { ...main, name: "b", endpoint: "x" }] },
        "destinations[1].endpoint",
        "must begin"
      ],
      [{ ...settings, destinations: [{ name: "a" }] }, "destinations[0].endpoint", "is missing"],
      [{ ...settings, destinations: [{ ...main, endpint: 1 }] }, "destinations[0].endpint", "is not a field"],
      [
        { ...settings, destinations: [{ ...main, redaction: { patterns: ["iban"] } }] },
        "destinations[0].redaction.patterns[0]",
        "is not one of email, card, phone, key"
      ],
      [
        { ...settings, destinations: [{ ...main, redaction: { pattern: [] } }] },
        "destinations[0].redaction.pattern",
        "is not a field"
      ],
      [{ ...settings, destinations: [{ ...main, headers: { a: 5 } }] }, "destinations[0].headers.a", "is not text"],
      [{ ...settings, destinations: [{ ...main, headers: { a: "\n" } }] }, "destinations[0].headers.a", "line break"],
      [
        { ...settings, destinations: [{ ...main, protocol: "s3cret" }] },
        "destinations[0].protocol",
        'is not "http/protobuf" | "http/json"'
      ],
      [
        { ...settings, destinations: [{ ...main, resource: { a: {} } }] },
        "destinations[0].resource.a",
        "a list of one"
      ],
      [
        { ...settings, destinations: [{ ...main, headers: { host: "x" } }] },
        "destinations[0].headers.host",
        "remove it"
      ],
      [{ ...settings, destinations: { main } }, "destinations", "destinations is not"],
      [{ ...settings, destinations: new Array(33).fill(main) }, "destinations", "has more than 32 entries"],
      ["acme", "", "route: is not a record of tenant, destinations, facts, operatorPolicy, content and regions"]
    ]
    for (const [input, path, message] of cases) {
      const error = failure(input)
      expect([error._tag, error.path]).toStrictEqual(["TenantRouteError", path])
      expect(error.message).toContain(message)
    }
  })

  it("takes a tenant of 1 to 128 printable characters", () => {
    for (const tenant of ["", " ", "x".repeat(129), "a\nb", "a\u200b", "a\ud800", 5, null]) {
      expect([tenant, failure({ ...settings, tenant }).path]).toStrictEqual([tenant, "tenant"])
    }
    for (const tenant of ["a", "x".repeat(128), "Ümläut & Söhne", "org:1/team:2"]) {
      expect(Either.getOrThrow(TenantRoute.decode({ ...settings, tenant })).tenant).toBe(tenant)
    }
  })

  it("does not take two destinations of one name", () => {
    const error = failure({
      ...settings,
      destinations: [main, { ...main, name: "b" }, { ...main, endpoint: "https://b" }]
    })
    expect(error.message).toBe(
      'route: destinations[2].name "main" is used twice: give each destination of a tenant a name of its own'
    )
  })

  it.each([
    [{ sampling: { success: 1.5 } }, "destinations[0].sampling.success must be a number from 0 to 1, or absent"],
    [{ sampling: { error: "abc" } }, "destinations[0].sampling.error is not number"],
    [{ view: { spans: "full" } }, 'destinations[0].view.spans is not "all" | "llm_only"'],
    [{ view: { excludeServices: ["redis", ""] } }, "destinations[0].view.excludeServices[1] must be text of 1 to 128"]
  ])("names the field of a destination that is wrong: %j", (wrong, message) => {
    expect(failure({ ...settings, destinations: [{ ...main, ...wrong }] }).message).toContain(message)
  })

  it("shows no credential in an error, wherever it was put", () => {
    for (const input of [
      JSON.stringify(settings),
      [settings],
      { ...settings, tenant: ["s3cret"] },
      { ...settings, destinations: "s3cret" },
      { ...settings, destinations: ["s3cret"] },
      { ...settings, destinations: [{ ...main, headers: "authorization=s3cret" }] },
      { ...settings, destinations: [{ ...main, headers: { authorization: ["s3cret"] } }] },
      { ...settings, destinations: [{ ...main, limits: "s3cret" }] },
      { ...settings, destinations: [{ ...main, protocol: "s3cret" }] },
      { ...settings, facts: "s3cret" }
    ]) {
      const error = failure(input)
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("s3cret")
    }
  })

  it("never throws", () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const getter = {
      ...settings,
      get facts(): unknown {
        throw new Error("boom")
      }
    }
    expect(failure(proxy).message).toContain("is not plain data")
    expect(failure(getter).message).toContain("is not plain data")
    const field = fc.oneof(fc.jsonValue(), fc.anything())
    const route = fc.record({ tenant: field, destinations: fc.oneof(field, fc.array(field)), facts: field })
    fc.assert(
      fc.property(fc.oneof(field, route), (input) => {
        const decoded = TenantRoute.decode(input)
        if (Either.isRight(decoded)) expect(decoded.right.tenant.length).toBeGreaterThan(0)
        else expect(decoded.left.message.length).toBeLessThan(600)
      })
    )
  })
})
