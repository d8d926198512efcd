import { describe, expect, it } from "@effect/vitest"
import * as PayloadReader from "@tenant-tracer/model/PayloadReader"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanRole from "@tenant-tracer/model/SpanRole"
import { Arbitrary, FastCheck } from "effect"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import * as Renderer from "../../src/render/Renderer.js"
import * as TenantView from "../../src/render/TenantView.js"
import { recording, view } from "../support/recorded.js"

const tenant = view()
const operator = view({ audience: "operator" })
const merged = view({ audience: "merged" })

const error = { type: "RateLimited", message: "slow down", code: "429", provider: "openai", stackTrace: "at host-7" }

describe("isVisible", () => {
  const { begin, open, recorder } = recording()
  const root = open()
  const plain = begin(root, { name: "internal" })
  const withdrawn = begin(root, { name: "http.server" })
  recorder.discard(withdrawn)

  it.each([
    ["tenant", tenant, [true, false, false]],
    ["operator", operator, [true, true, false]],
    ["merged", merged, [true, true, false]]
  ] as const)(
    "%s sees what has a role, the operator's account everything but what was withdrawn",
    (_, of, expected) => {
      expect([root, plain, withdrawn].map((span) => TenantView.isVisible(of, span.ancestry))).toEqual(expected)
    }
  )

  it("the parent is the nearest ancestor that is seen", () => {
    const inner = begin(begin(plain), { data: { _tag: "service", service: "router" } })
    expect(TenantView.parentOf(tenant, inner)).toBe(root.ancestry)
    expect(TenantView.parentOf(operator, inner)?.parent).toBe(plain.ancestry)
    expect(TenantView.parentOf(tenant, root)).toBeUndefined()
  })
})

describe("a narrower view", () => {
  const { begin, open, recorder } = recording()
  const root = open()
  const auth = begin(root, { data: { _tag: "service", service: "auth" } })
  const redis = begin(auth, { data: { _tag: "db_call", service: "redis_prod", system: "redis" } })
  const internal = begin(redis, { name: "internal" })
  const plain = begin(root, { name: "internal" })
  const tool = begin(root, { data: { _tag: "tool_call", name: "t" } })
  const mcp = begin(tool, { data: { _tag: "mcp_tool_call", method: "tools/call" } })
  const chat = begin(tool, { data: { _tag: "llm_call", operation: "chat", provider: "openai" } })
  const withdrawn = begin(root, { data: { _tag: "llm_call", operation: "chat", provider: "openai" } })
  recorder.discard(withdrawn)
  const spans = { root, auth, redis, internal, plain, tool, mcp, chat, withdrawn }

  const seen = (of: Parameters<typeof view>[0]) =>
    Object.entries(spans).flatMap(([name, { ancestry }]) => (TenantView.isVisible(view(of), ancestry) ? [name] : []))

  it("of model calls alone has nothing else in it, whoever looks", () => {
    for (const audience of ["tenant", "operator", "merged"] as const) {
      expect(seen({ audience, spans: "llm_only" })).toEqual(["chat"])
    }
    expect(TenantView.parentOf(view({ spans: "llm_only" }), chat)).toBeUndefined()
    const call = { _tag: "llm_call", operation: "chat", provider: "openai" } as const
    const nested = begin(open({ data: call }), { data: call })
    expect(TenantView.parentOf(view(), nested)).toBe(nested.request.root?.ancestry)
    expect(TenantView.parentOf(view({ spans: "llm_only" }), nested)).toBeUndefined()
  })

  it("hides roles, and what hung under them hangs under the next", () => {
    const of = view({ hide: new Set(["tool_call", "service"] as const) })
    expect(seen(of)).toEqual(["root", "redis", "mcp", "chat"])
    expect(TenantView.parentOf(of, mcp)).toBe(root.ancestry)
    expect(TenantView.parentOf(of, redis)).toBe(root.ancestry)
    expect(seen({ ...of, audience: "operator" })).toEqual(["root", "redis", "internal", "plain", "mcp", "chat"])
  })

  it.each(["redis", "redis_prod"])("excludes a service by what it is called or what it is: %s", (name) => {
    const of = view({ excludeServices: new Set([name]) })
    expect(seen(of)).toEqual(["root", "auth", "tool", "mcp", "chat"])
    const operators = { ...of, audience: "operator" } as const
    expect(seen(operators)).toEqual(["root", "auth", "internal", "plain", "tool", "mcp", "chat"])
    expect(TenantView.parentOf(operators, internal)).toBe(auth.ancestry)
  })

  it("excludes a phase, and not what was done in it", () => {
    const of = view({ excludeServices: new Set(["auth"]) })
    expect(seen(of)).toEqual(["root", "redis", "tool", "mcp", "chat"])
    expect(TenantView.parentOf(of, redis)).toBe(root.ancestry)
  })

  it("excludes no service of another name, in whatever case", () => {
    expect(seen({ excludeServices: new Set(["Redis", "red"]) })).toEqual(seen({}))
  })
})

describe("narrow", () => {
  const llm: SpanData.Read = {
    _tag: "llm_call",
    operation: "chat",
    provider: "openai",
    providerModel: "azure/deployment-7",
    cost: {
      total: 3,
      input: 1,
      output: 2,
      original: 2,
      discountAmount: 1,
      discountPercent: 0.1,
      marginPercent: 0.5,
      marginFixedAmount: 1,
      marginTotalAmount: 1
    },
    error
  }

  it("a tenant sees what a model call cost, not what the operator earns, nor on which deployment it ran", () => {
    const seen = TenantView.narrow(tenant, llm)
    expect(seen).toMatchObject({ operation: "chat", cost: { total: 3, input: 1, output: 2 } })
    expect(JSON.stringify(seen)).not.toMatch(/deployment-7|margin|discount|original|host-7/)
    expect(TenantView.narrow(tenant, { _tag: "llm_call", providerModel: "azure/x" })).not.toHaveProperty("cost")
  })

  it("a tenant sees what its caller asked and was answered, on the request itself", () => {
    const said = (role: string) => [{ role, parts: [{ type: "text" as const, content: "hi" }] }]
    const request: SpanData.Read = {
      _tag: "proxy_request",
      method: "POST",
      systemInstructions: [{ type: "text", content: "Be concise." }],
      inputMessages: said("user"),
      outputMessages: said("assistant")
    }
    expect(TenantView.narrow(tenant, request)).toStrictEqual(request)
  })

  it("a tenant sees neither where a database is nor what else was noted of it", () => {
    const db: SpanData.Read = {
      _tag: "db_call",
      service: "postgres",
      system: "postgresql",
      callType: "select",
      namespace: "prod",
      summary: "SELECT plans",
      endpoint: { address: "db-7.internal", port: 5432 },
      metadata: { shard: "s1" }
    }
    const seen = TenantView.narrow(tenant, db)
    expect(seen).toMatchObject({ service: "postgres", system: "postgresql", callType: "select" })
    expect(JSON.stringify(seen)).not.toMatch(/prod|plans|db-7|s1/)
    const service: SpanData.Read = {
      _tag: "service",
      service: "router",
      phase: "auth",
      endpoint: { address: "svc-7.internal" },
      metadata: { shard: "s1" }
    }
    expect(TenantView.narrow(tenant, service)).toStrictEqual({ _tag: "service", service: "router", phase: "auth" })
  })

  it.each([
    ["guardrail_failed_to_respond", undefined],
    ["failure", undefined],
    ["guardrail_intervened", { verdict: "blocked" }],
    ["success", { verdict: "blocked" }]
  ])("case 189: what a guardrail with status %s answered", (status, response) => {
    const guardrail: SpanData.Read = { _tag: "guardrail", name: "pii", status, response: { verdict: "blocked" } }
    expect(TenantView.narrow(tenant, guardrail)).toMatchObject(response === undefined ? {} : { response })
    expect("response" in TenantView.narrow(tenant, guardrail)).toBe(response !== undefined)
    expect(TenantView.narrow(operator, guardrail)).toHaveProperty("response", { verdict: "blocked" })
  })

  /** What a tenant must not see of a role; whatever is not named here is its own. */
  const hidden: { readonly [Role in SpanRole.SpanRole]?: ReadonlyArray<string> } = {
    llm_call: ["providerModel"],
    db_call: ["namespace", "summary", "endpoint", "metadata", "caller", "families"],
    service: ["endpoint", "metadata", "caller", "families"]
  }

  it.each(SpanRole.all)("of %s a tenant sees every field but those that are the operator's", (role) => {
    const fields = Object.keys(SpanData.schemas[role].fields).filter((field) => field !== "_tag" && field !== "error")
    // What stands in a field does not matter here.
    const full = Object.fromEntries([...fields, "somethingNew"].map((field) => [field, field]))
    const seen = TenantView.narrow(tenant, { ...full, _tag: role } as unknown as SpanData.Read)
    expect(Object.keys(seen).sort()).toEqual(
      ["_tag", ...fields.filter((field) => !(hidden[role] ?? []).includes(field))].sort()
    )
  })

  it.prop(
    "a tenant's payload fits its role still, and is seen the same a second time",
    [Arbitrary.make(SpanData.SpanData)],
    ([data]) => {
      const seen = TenantView.narrow(tenant, data)
      expect(PayloadReader.read(seen as SpanData.SpanData).misfits).toEqual([])
      expect(TenantView.narrow(tenant, seen)).toEqual(seen)
    }
  )

  it.each([
    ["operator", operator],
    ["merged", merged]
  ] as const)("%s sees the payload as it is", (_, of) => {
    expect(TenantView.narrow(of, llm)).toBe(llm)
  })

  it("is the payload itself where nothing is hidden, and leaves the payload as it was where something is", () => {
    const plain: SpanData.Read = { _tag: "llm_call", operation: "chat", usage: { inputTokens: 1 } }
    expect(TenantView.narrow(tenant, plain)).toBe(plain)
    const sold: SpanData.Read = { ...plain, cost: { total: 3, marginPercent: 0.5 } }
    expect(TenantView.narrow(tenant, sold)).toStrictEqual({ ...plain, cost: { total: 3 } })
    expect(sold.cost).toStrictEqual({ total: 3, marginPercent: 0.5 })
  })

  it("hides what a payload or a cost inherits, or has where nobody lists it", () => {
    const db = { _tag: "db_call", service: "postgres" } as const
    const heir: SpanData.Read = Object.assign(Object.create({ namespace: "prod" }), db)
    const cost = Object.defineProperty({ total: 3 }, "marginPercent", { value: 0.5 })
    expect(TenantView.narrow(tenant, heir)).toStrictEqual(db)
    const sold = TenantView.narrow(tenant, { _tag: "llm_call", operation: "chat", cost })
    expect(sold).toHaveProperty("cost.total", 3)
    expect(sold).not.toHaveProperty("cost.marginPercent")
  })

  it.prop(
    "whatever else a payload has, a tenant sees the same of it",
    [Arbitrary.make(SpanData.SpanData), FastCheck.dictionary(FastCheck.string(), FastCheck.anything())],
    ([data, more]) => {
      const others = Object.entries(more).filter(([field]) => !(field in SpanData.schemas[data._tag].fields))
      for (const field of hidden[data._tag] ?? []) others.push([field, "secret"])
      const rich: SpanData.Read = Object.assign({ ...data }, Object.fromEntries(others))
      expect(TenantView.narrow(tenant, rich)).toEqual(TenantView.narrow(tenant, data))
    }
  )
})

describe("errorFor", () => {
  const owned: ReadonlyArray<SpanRole.SpanRole> = [
    "llm_call",
    "agent",
    "tool_call",
    "mcp_tool_call",
    "mcp_list_tools",
    "guardrail"
  ]
  const machinery: ReadonlyArray<SpanRole.SpanRole | undefined> = ["proxy_request", "db_call", "service", undefined]

  it.each(owned)("a tenant reads what %s says of its own failure, without the stack", (role) => {
    const { stackTrace: _, ...rest } = error
    expect(TenantView.errorFor(tenant, role, error, true)).toEqual(rest)
  })

  it.each(owned)("a tenant reads only the type of an exception in %s", (role) => {
    expect(TenantView.errorFor(tenant, role, error, false)).toEqual({ type: "RateLimited" })
  })

  it.each(machinery)("a tenant reads only the type of what failed in %s", (role) => {
    expect(TenantView.errorFor(tenant, role, error, true)).toEqual({ type: "RateLimited" })
  })

  const quoting = {
    type: "AuthenticationError sk-proj-abcdefgh1234",
    message: `Incorrect API key provided: sk-proj-abc***. ${"x".repeat(5000)}`,
    code: "invalid_api_key=canary",
    provider: `openai ${"x".repeat(5000)}`
  }

  it.each([...owned, ...machinery])("no text of a tenant's error in %s is longer than 1 KB or quotes a key", (role) => {
    for (const isExplicit of [true, false]) {
      const texts = Object.values(TenantView.errorFor(tenant, role, quoting, isExplicit) ?? {})
      expect(texts.length).toBeGreaterThan(0)
      for (const text of texts) expect(String(text).length).toBeLessThanOrEqual(1024)
      expect(texts.join()).not.toMatch(/sk-proj|canary/)
    }
  })

  it("nor does what a guardrail did, or what a call that failed has answered", () => {
    const action = `BLOCKED: token=canary ${"x".repeat(5000)}`
    const seen = [
      TenantView.narrow(tenant, {
        _tag: "guardrail",
        status: "guardrail_intervened",
        action,
        response: action,
        error: quoting
      }),
      TenantView.narrow(tenant, { _tag: "mcp_tool_call", result: action, error: quoting })
    ]
    const text = JSON.stringify(seen)
    expect(text).not.toMatch(/canary|sk-proj/)
    expect(text).toContain("BLOCKED: token=[redacted:key]")
    expect(text.length).toBeLessThan(12_000)
    const answered: SpanData.Read = { _tag: "mcp_tool_call", result: action }
    expect(TenantView.narrow(tenant, answered)).toEqual(answered)
  })

  it("the operator reads everything", () => {
    expect(TenantView.errorFor(operator, "db_call", error, false)).toBe(error)
    expect(TenantView.errorFor(tenant, "llm_call", undefined, true)).toBeUndefined()
  })
})

describe("closed trees", () => {
  const roles = [
    "llm_call",
    "agent",
    "tool_call",
    "guardrail",
    "db_call",
    "service",
    "mcp_list_tools",
    undefined
  ] as const

  // What the recorder asks for of each role, as little as there is.
  const dataOf = (role: SpanRole.SpanRole): SpanData.SpanData =>
    ({ _tag: role, service: "x", name: "x", operation: "chat" }) as unknown as SpanData.SpanData

  const tree = FastCheck.array(
    FastCheck.record({
      parent: FastCheck.nat(),
      role: FastCheck.constantFrom(...roles),
      isDiscarded: FastCheck.boolean()
    }),
    { minLength: 1, maxLength: 30 }
  )

  const seenAs = (audience: TenantView.View["audience"], span: RecordedSpan) =>
    TenantView.isVisible(view({ audience }), span.ancestry)

  const narrower = FastCheck.record({
    audience: FastCheck.constantFrom("tenant" as const, "operator" as const, "merged" as const),
    hide: FastCheck.constantFrom(...SpanRole.all)
  })

  it.prop(
    "every parent that a destination is told of is a span that it receives, in any view",
    [tree, narrower],
    ([nodes, { audience, hide }]) => {
      const { begin, end, open, recorder } = recording()
      const spans: Array<RecordedSpan> = [open()]
      for (const { parent, role } of nodes) {
        const above = spans[parent % spans.length] ?? open()
        spans.push(begin(above, { data: role === undefined ? undefined : dataOf(role) }))
      }
      nodes.forEach(({ isDiscarded, role }, index) => {
        const span = spans[index + 1]
        if (isDiscarded && role === undefined && span !== undefined) recorder.discard(span)
      })
      for (const span of [...spans].reverse()) end(span)
      const seenBy = (of: TenantView.View) => {
        const rendered = spans
          .filter((span) => TenantView.isVisible(of, span.ancestry))
          .map((span) => Renderer.render(span, of, () => {}))
        const ids = new Set(rendered.map((span) => span.spanId))
        for (const { parentSpanId } of rendered) if (parentSpanId !== undefined) expect(ids).toContain(parentSpanId)
        return rendered
      }
      for (const of of [tenant, operator, merged]) {
        expect(seenBy(of).filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1)
      }
      expect(seenBy(view({ audience, hide: new Set([hide]) }))).toHaveLength(
        spans.filter((span) => seenAs(audience, span) && span.ancestry.role !== hide).length
      )
      seenBy(view({ audience, excludeServices: new Set(["x"]) }))
      expect(seenBy(view({ audience, spans: "llm_only" })).map(({ parentSpanId }) => parentSpanId)).toEqual(
        spans.filter(({ ancestry }) => ancestry.role === "llm_call").map(() => undefined)
      )
      expect(spans.filter((span) => TenantView.isVisible(tenant, span.ancestry))).toHaveLength(
        1 + nodes.filter(({ role }) => role !== undefined).length
      )
    }
  )
})
