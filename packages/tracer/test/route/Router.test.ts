import { describe, expect, it } from "@effect/vitest"
import type { Destination } from "@tenant-tracer/model/Destination"
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import { Either } from "effect"
import * as ByteBudget from "../../src/deliver/ByteBudget.js"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import type { Provider } from "../../src/deliver/Provider.js"
import * as fates from "../../src/internal/fates.js"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import * as Router from "../../src/route/Router.js"
import * as Sampler from "../../src/route/Sampler.js"
import { destination, ended, recording, route, view } from "../support/recorded.js"

const model = { _tag: "llm_call", operation: "chat", provider: "openai" } as const

/** A router whose destinations keep the names of what they are offered; `refuse` says whom it cannot reach, `gone` whose provider is away. */
const routing = (
  options: {
    readonly operator?: ReadonlyArray<{ readonly vendor: string; readonly destination: Destination | undefined }>
    readonly refuse?: (destination: Destination) => string | undefined
    readonly gone?: (id: DestinationId.DestinationId) => boolean
  } = {}
) => {
  const ledger = Ledger.make()
  const offered: Array<string> = []
  const opened: Array<string> = []
  const wanted: Array<unknown> = []
  const needs: Array<boolean> = []
  const traces: Array<unknown> = []
  const outlet = (id: DestinationId.DestinationId, audience: "tenant" | "operator" | "merged"): Router.Outlet => {
    const account = new fates.Account(ledger, id, view({ audience }))
    const provider: Pick<Provider<RecordedSpan>, "offer"> = {
      offer: (span) => {
        account.queued(span)
        offered.push(`${id} ${span.name}`)
        ledger.delivered(id, 1)
      }
    }
    return {
      id,
      view: view({ audience }),
      account,
      provider: (isNeeded) => {
        needs.push(isNeeded)
        return options.gone?.(id) === true ? Either.left({ reason: "provider_closed" }) : Either.right(provider)
      }
    }
  }
  const router = Router.make({
    ledger,
    random: () => 0.5,
    budget: ByteBudget.make(),
    onTrace: (trace, { tenant }, { denied }) =>
      traces.push({ trace, tenant, denied: denied.map(({ id }) => id), offered: offered.length }),
    operator: (options.operator ?? []).map((own, index) => ({
      ...own,
      ...outlet(DestinationId.operator(`o${index}`), "operator")
    })),
    open: (id, destination, audience) => {
      const reason = options.refuse?.(destination)
      if (reason !== undefined) return { id, reason, detail: "not today" }
      opened.push(`${id} ${audience}`)
      wanted.push({ view: destination.view?.spans ?? "all", sampling: destination.sampling })
      return { ...outlet(id, audience), sampling: Sampler.ratesOf(destination.sampling) }
    }
  })
  const row = (id: string) => ledger.snapshot().rows.find((row) => row.id === id)
  return { router, ledger, needs, offered, opened, row, traces, wanted }
}

const collector = { vendor: "otlp", destination: destination({ endpoint: "http://collector.operator.example" }) }

describe("Router", () => {
  it("case 185: gives a span to every destination of its route once, and to the operator", () => {
    const { offered, router } = routing({ operator: [{ vendor: "console", destination: undefined }] })
    const of = route([destination({ name: "a" }), destination({ name: "b", endpoint: "https://b.example/v1/traces" })])
    router.sink(ended(model, { name: "chat" }), of)
    expect(offered).toEqual(["acme/a chat", "acme/b chat", "operator/o0 chat"])
  })

  it("tells of each trace of a tenant's once, before anything else, with what it comes to", () => {
    const { offered, router, traces } = routing({
      operator: [collector],
      refuse: ({ name }) => (name === "b" ? "no" : undefined)
    })
    const of = route([destination({ name: "a" }), destination({ name: "b", endpoint: "https://b.example/v1/traces" })])
    const { begin, end, open } = recording()
    const root = open()
    for (const span of [begin(root, { data: model }), begin(root, { data: model })]) router.sink(end(span), of)
    expect(traces).toEqual([{ trace: root.request, tenant: "acme", denied: ["acme/b"], offered: 0 }])
    router.sink(ended(model), undefined)
    router.sink(ended(model), of)
    expect([traces.length, offered.length]).toEqual([2, 7])
  })

  it("asks for a provider as one that is needed once it has taken a span of the trace", () => {
    const { router, needs } = routing({ gone: () => needs.length === 1 })
    const of = route([destination({ name: "a" })])
    const { begin, end, open } = recording()
    const root = open()
    for (let index = 0; index < 3; index++) router.sink(end(begin(root, { data: model })), of)
    router.sink(ended(model), of)
    // The first was lost, so that the second is as good as the first.
    expect(needs).toEqual([false, false, true, false])
  })

  it("case 175: gives a span without a route to the operator alone", () => {
    const { offered, router } = routing({ operator: [collector] })
    router.sink(ended(model, { name: "chat" }), undefined)
    expect(offered).toEqual(["operator/o0 chat"])
  })

  it("counts a span that nobody wants", () => {
    const { ledger, router } = routing()
    router.sink(ended(model), undefined)
    router.sink(ended(model), route([]))
    expect(ledger.snapshot().unrouted).toEqual({ no_destination: 2 })
  })

  it("denies with a reason, once per route object, and the others and the operator go on", () => {
    const { ledger, offered, router, row } = routing({
      operator: [collector],
      refuse: ({ name }) => (name === "bad" ? "invalid_headers" : undefined)
    })
    const of = route([destination({ name: "bad" }), destination({ name: "good", endpoint: "https://g.example" })], {
      operatorPolicy: "additive"
    })
    router.sink(ended(model, { name: "1" }), of)
    router.sink(ended(model, { name: "2" }), of)
    expect(offered).toEqual(["acme/good 1", "operator/o0 1", "acme/good 2", "operator/o0 2"])
    expect(router.plan(of).denied).toEqual([{ id: "acme/bad", reason: "invalid_headers", detail: "not today" }])
    expect(row("acme/bad")).toMatchObject({ made: 0, denied: { invalid_headers: 1 } })
    expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
  })

  it("denies what is kept outside the regions that a tenant allows, or nobody knows where, and the operator goes on", () => {
    const { offered, router } = routing({ operator: [collector] })
    const in_ = (name: string, region?: string) => destination({ name, endpoint: `https://${name}.example`, region })
    const destinations = [in_("eu", "eu"), in_("us", "us"), in_("anywhere")]
    const of = route(destinations, { operatorPolicy: "additive", regions: ["eu", "uk"] })
    router.sink(ended(model, { name: "chat" }), of)
    expect(offered).toEqual(["acme/eu chat", "operator/o0 chat"])
    expect(router.plan(of).denied).toEqual([
      {
        id: "acme/us",
        reason: "region",
        detail:
          '"us" keeps what it receives in region "us", and this tenant allows eu, uk only; use a destination there'
      },
      { id: "acme/anywhere", reason: "region", detail: expect.stringContaining("not known in which region") }
    ])
    expect(router.plan(route(destinations)).denied).toEqual([])
    const nowhere = router.plan(route(destinations, { regions: [] })).denied
    expect(nowhere.map(({ reason }) => reason)).toEqual(["region", "region", "region"])
  })

  it("lets nothing through where the regions of a route cannot be read", () => {
    const { offered, router } = routing()
    // What the compiler would not let through.
    const regions = "eu-central" as unknown as ReadonlyArray<string>
    router.sink(ended(model), route([destination({ region: "eu" })], { regions }))
    expect(offered).toEqual([])
  })

  it("case 193: the operator keeps a trace whose only destination is denied, though its vendor is the operator's", () => {
    const { offered, router } = routing({ operator: [collector], refuse: () => "invalid_endpoint" })
    router.sink(ended(model, { name: "chat" }), route([destination()]))
    expect(offered).toEqual(["operator/o0 chat"])
  })

  it("denies the second destination of a name, and the second name of an account", () => {
    const { opened, router, row } = routing()
    const twice = route([
      destination({ name: "a", secrets: { k: "1" } }),
      destination({ name: "a", endpoint: "https://other.example" }),
      destination({ name: "b", secrets: { K: "1" } }),
      destination({ name: "c", secrets: { k: "2" } })
    ])
    expect(router.plan(twice).denied.map(({ detail, id, reason }) => [id, reason, detail])).toEqual([
      ["acme/a", "duplicate_name", 'a second destination is named "a"; rename one of them'],
      [
        "acme/b",
        "duplicate_account",
        'it is the same account as "a", which receives what either of them may see; remove one of them'
      ]
    ])
    expect(opened).toEqual(["acme/a tenant", "acme/c tenant"])
    expect(row("acme/b")?.denied).toEqual({ duplicate_account: 1 })
  })

  it("a destination takes the place of a denied one of the same account", () => {
    const { opened, router } = routing({ refuse: ({ name }) => (name === "a" ? "unknown_vocabulary" : undefined) })
    router.plan(route([destination({ name: "a" }), destination({ name: "b" })]))
    expect(opened).toEqual(["acme/b tenant"])
  })

  it("case 167: two projects of one account, told apart by their resource, are two destinations", () => {
    const { opened, router } = routing()
    const project = (name: string) => destination({ name, secrets: { k: "1" }, resource: { model_id: name } })
    router.plan(route([project("projA"), project("projB")]))
    expect(opened).toEqual(["acme/projA tenant", "acme/projB tenant"])
  })

  it.each(["additive", "metadata_only"] as const)(
    "case 179: %s with the operator's own account is one copy with the operator's view",
    (operatorPolicy) => {
      const own = destination({ vendor: "langfuse_otel", secrets: { authorization: "op" } })
      const { offered, opened, router } = routing({
        operator: [{ vendor: "langfuse_otel", destination: own }, collector]
      })
      const tenant = destination({ name: "shared", secrets: { Authorization: "op" } })
      router.sink(ended(model, { name: "chat" }), route([tenant], { operatorPolicy }))
      expect(opened).toEqual(["acme/shared merged"])
      expect(offered).toEqual(["acme/shared chat", "operator/o1 chat"])
    }
  )

  it("case 179: override with the operator's own account is one copy with the tenant's view", () => {
    const own = destination({ vendor: "langfuse_otel", secrets: { authorization: "op" } })
    const { offered, opened, router } = routing({ operator: [{ vendor: "langfuse_otel", destination: own }] })
    router.sink(
      ended(model, { name: "chat" }),
      route([destination({ name: "shared", secrets: { authorization: "op" } })])
    )
    expect(opened).toEqual(["acme/shared tenant"])
    expect(offered).toEqual(["acme/shared chat"])
  })

  it("two destinations of one account are one copy of the wider view, which comes second to nobody's resource", () => {
    const { opened, router, wanted } = routing()
    const rates = { success: 0.5, error: 1 }
    router.plan(
      route([
        destination({ name: "narrow", view: { spans: "llm_only" }, sampling: { success: 0 } }),
        destination({ name: "other", endpoint: "https://other.example", view: { spans: "llm_only" } }),
        destination({ name: "wide", sampling: rates }),
        destination({ name: "project", view: { spans: "llm_only" }, resource: { project: "p" } })
      ])
    )
    expect(opened).toEqual(["acme/narrow tenant", "acme/other tenant", "acme/project tenant"])
    expect(wanted).toEqual([
      { view: "all", sampling: rates },
      { view: "llm_only", sampling: undefined },
      { view: "llm_only", sampling: undefined }
    ])
  })

  it("a destination that is denied widens no other of its account", () => {
    const { router, wanted } = routing({ refuse: ({ name }) => (name === "a" ? "unknown_vocabulary" : undefined) })
    router.plan(route([destination({ name: "a" }), destination({ name: "b", view: { spans: "llm_only" } })]))
    expect(wanted).toEqual([{ view: "llm_only", sampling: undefined }])
  })

  it.each([
    ["llm_only", "all", "all"],
    ["all", "llm_only", "all"],
    ["llm_only", "llm_only", "llm_only"],
    ["all", "all", "all"]
  ] as const)(
    "case 221: additive, the operator's %s and a tenant's %s of one account are %s once",
    (own, of, spans) => {
      const secrets = { authorization: "op" }
      const { offered, opened, router, wanted } = routing({
        operator: [{ vendor: "langfuse_otel", destination: destination({ secrets, view: { spans: own } }) }]
      })
      const tenant = destination({ name: "shared", secrets, view: { spans: of }, sampling: { success: 0, error: 0 } })
      router.sink(ended(model, { name: "chat" }), route([tenant], { operatorPolicy: "additive" }))
      expect(opened).toEqual(["acme/shared merged"])
      expect(wanted).toMatchObject([{ view: spans }])
      // The operator's copy is not the tenant's to sample.
      expect(offered).toEqual(["acme/shared chat"])
    }
  )

  it("of several of the operator's own with one account, the widest view counts", () => {
    const own = (name: string, spans: "all" | "llm_only") => ({
      vendor: name,
      destination: destination({ name, view: { spans } })
    })
    const { router, wanted } = routing({ operator: [own("a", "llm_only"), own("b", "all"), own("c", "llm_only")] })
    router.plan(route([destination({ view: { spans: "llm_only" } })], { operatorPolicy: "additive" }))
    expect(wanted).toMatchObject([{ view: "all" }])
  })

  it("case 227: a tenant that wants none of its traces still takes the operator's place, and additive gives it back", () => {
    const own = { vendor: "langfuse_otel", destination: destination({ endpoint: "https://own.example" }) }
    for (const [operatorPolicy, expected] of [
      ["override", []],
      ["additive", ["operator/o0 chat", "operator/o0 root"]]
    ] as const) {
      const { ledger, offered, router, row } = routing({ operator: [own] })
      const none = destination({ vendor: "langfuse_otel", sampling: { success: 0, error: 0 } })
      const of = route([none], { operatorPolicy })
      const { begin, end, open } = recording()
      const root = open({ name: "root" })
      const chat = begin(root, { name: "chat", data: model })
      router.sink(end(chat), of)
      expect(row("acme/main")).toMatchObject({ made: 1, held: 1 })
      router.sink(end(root), of)
      expect(offered).toEqual(expected)
      expect(row("acme/main")).toMatchObject({ made: 2, held: 0, dropped: { sampled_out: 2 } })
      expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
    }
  })

  it("a trace is decided by its last span, also where that is hidden", () => {
    const { offered, router } = routing()
    const of = route([destination({ sampling: { success: 1, error: 0 } })])
    const { begin, end, open } = recording()
    const root = open({ name: "root" })
    const internal = begin(root, { name: "internal" })
    router.sink(end(root), of)
    expect(offered).toEqual([])
    router.sink(end(internal), of)
    expect(offered).toEqual(["acme/main root"])
  })

  it("what waits to be sampled is decided when it has waited too long, and when all is closed", () => {
    const { offered, router } = routing()
    const of = route([destination({ sampling: { success: 1, error: 0 } })])
    const { begin, end, open } = recording()
    const root = open({ name: "root" })
    const first = end(begin(root, { name: "first", data: model }))
    router.sink(first, of)
    router.sweep(600_000_000_000n)
    expect(offered).toEqual([])
    router.sweep(700_000_000_000n)
    expect(offered).toEqual(["acme/main first"])
    const other = open({ name: "other" })
    router.sink(end(begin(other, { name: "second", data: model })), of)
    router.close()
    expect(offered).toEqual(["acme/main first", "acme/main second"])
  })

  it("hides what a view hides, and drops what has no provider; both are accounted for", () => {
    const { ledger, offered, router, row } = routing({
      operator: [{ vendor: "console", destination: undefined }],
      gone: (id) => id === "acme/away"
    })
    const of = route([destination({ name: "here" }), destination({ name: "away", endpoint: "https://away.example" })])
    router.sink(ended(undefined, { name: "internal" }), of)
    router.sink(ended(model, { name: "chat" }), of)
    expect(offered).toEqual(["operator/o0 internal", "acme/here chat", "operator/o0 chat"])
    expect(row("acme/here")).toMatchObject({ made: 2, hidden: 1, delivered: 1 })
    expect(row("acme/away")).toMatchObject({ made: 2, hidden: 1, dropped: { provider_closed: 1 } })
    expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
  })

  it("two tenants with a destination of one name have two accounts", () => {
    const { offered, router } = routing()
    for (const tenant of ["acme", "globex"])
      router.sink(ended(model, { name: "chat" }), route([destination()], { tenant }))
    expect(offered).toEqual(["acme/main chat", "globex/main chat"])
  })

  it.each([
    ["no destinations", { destinations: undefined }],
    ["destinations that are no list", { destinations: 5 }]
  ])("a route with %s is counted and fails nobody: the operator keeps the trace", (_, wrong) => {
    const { ledger, offered, router } = routing({ operator: [collector] })
    // What a caller without types may hand over.
    const of = { ...route([]), ...wrong } as unknown as TenantRoute
    router.sink(ended(model, { name: "1" }), of)
    router.sink(ended(model, { name: "2" }), of)
    expect(offered).toEqual(["operator/o0 1", "operator/o0 2"])
    expect(ledger.snapshot().counters).toEqual({ invalid_route: 1 })
  })

  it.each([
    ["is none", undefined, "acme/"],
    ["has no endpoint", { ...destination({ name: "b" }), endpoint: undefined }, "acme/b"],
    ["has no credentials to speak of", { ...destination({ name: "b" }), auth: { _tag: "Headers" } }, "acme/b"]
  ])("a destination that %s is denied, and costs none of the others", (_, wrong, id) => {
    const { ledger, offered, router } = routing()
    // What a caller without types may hand over.
    const of = { ...route([]), destinations: [wrong, destination()] } as unknown as TenantRoute
    router.sink(ended(model, { name: "1" }), of)
    expect(offered).toEqual(["acme/main 1"])
    expect(router.plan(of).denied.map((denial) => denial.id)).toEqual([id])
    expect(ledger.snapshot().counters).toEqual({})
  })

  it("decides once per route object, and anew for a new one", () => {
    const { opened, router } = routing()
    const of = route([destination()])
    expect(router.plan(of)).toBe(router.plan(of))
    router.plan(route([destination()]))
    expect(opened).toHaveLength(2)
  })
})
