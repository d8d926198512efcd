import { AsyncLocalStorage } from "node:async_hooks"
import { createServer } from "node:http"
import { assert, describe, expect, it } from "@effect/vitest"
import { TenantRoute } from "@tenant-tracer/model"
import { Recorder } from "@tenant-tracer/tracer"
import type { RecordedSpan } from "@tenant-tracer/tracer/record/RecordedSpan"
import { Effect, FastCheck } from "effect"
import { get } from "../support/http.js"
import { one } from "../support/tracing.js"

const acme = TenantRoute.make({ tenant: "acme", destinations: [] })
const other = TenantRoute.make({ tenant: "other", destinations: [] })
const second = 1_000_000_000n
const unset = { _tag: "unset" } as const

interface Sunk {
  readonly name: string
  readonly tenant: string | undefined
  readonly span: RecordedSpan
}

const setup = (options: Pick<Parameters<typeof Recorder.make>[0], "limits" | "incoming" | "budget"> = {}) => {
  const sunk: Array<Sunk> = []
  const counts: Record<string, number> = {}
  const recorder = Recorder.make({
    ...options,
    sink: (span, route) => sunk.push({ name: span.name, tenant: route?.tenant, span }),
    count: (event) => {
      counts[event] = (counts[event] ?? 0) + 1
    }
  })
  const open = (rest: Partial<Recorder.OpenRequestOptions> = {}) =>
    recorder.openRequest({ name: "root", startTime: 0n, wallTime: 0, ...rest })
  const child = (parent: RecordedSpan, name: string, rest: Partial<Recorder.BeginOptions> = {}) => {
    const span = recorder.begin({ name, startTime: parent.startTime, parent, request: parent.request, ...rest })
    assert(span !== undefined)
    return span
  }
  const leaf = (parent: RecordedSpan, name: string, rest?: Partial<Recorder.BeginOptions>) => {
    const span = child(parent, name, rest)
    recorder.end(span, span.startTime, unset)
    return span
  }
  /** Names by owner, in the order in which they went on. */
  const owners = () => sunk.map(({ name, tenant }) => `${tenant ?? "operator"} ${name}`)
  return { recorder, sunk, counts, open, child, leaf, owners }
}

describe("Recorder without a fiber", () => {
  it.scoped("a node:http handler records two tenants at once through AsyncLocalStorage", () =>
    Effect.gen(function* () {
      const { owners, recorder, sunk } = setup()
      const storage = new AsyncLocalStorage<RecordedSpan>()
      const now = process.hrtime.bigint
      const traced = <A>(name: string, work: () => Promise<A>): Promise<A> => {
        const parent = storage.getStore()
        const span = recorder.begin({ name, startTime: now(), parent, request: parent?.request })
        assert(span !== undefined)
        return storage.run(span, work).finally(() => recorder.end(span, now(), unset))
      }
      const waiting: Array<() => void> = []
      const bothAreHere = () =>
        new Promise<void>((resolve) => {
          if (waiting.push(resolve) === 2) for (const go of waiting) go()
        })
      const port = yield* Effect.acquireRelease(
        Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
          const server = createServer((message, response) => {
            const root = recorder.openRequest({ name: "request", startTime: now(), wallTime: Date.now() })
            storage.run(root, () => {
              void traced("look-up", bothAreHere)
                .then(() => {
                  recorder.bind(storage.getStore()?.request, message.url === "/acme" ? acme : other)
                  return traced("model", () => traced("inner", () => Promise.resolve()))
                })
                .then(() => {
                  recorder.end(root, now(), unset)
                  response.end("ok")
                })
            })
          })
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            resume(Effect.succeed({ port, close: () => server.close() }))
          })
        }),
        ({ close }) => Effect.sync(close)
      ).pipe(Effect.map(({ port }) => port))
      yield* Effect.all([get(port, "/acme"), get(port, "/other")], { concurrency: 2 })
      const names = ["look-up", "inner", "model", "request"]
      expect(owners().sort()).toEqual([...names.map((n) => `acme ${n}`), ...names.map((n) => `other ${n}`)].sort())
      for (const tenant of ["acme", "other"]) {
        const mine = sunk.filter((sunk) => sunk.tenant === tenant).map(({ span }) => span)
        expect(new Set(mine.map(({ traceId }) => traceId)).size).toBe(1)
        const inner = one(mine.filter(({ name }) => name === "inner"))
        expect(inner.ancestry.parent).toBe(one(mine.filter(({ name }) => name === "model")).ancestry)
      }
      expect(recorder.stats()).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
    }).pipe(Effect.timeout("10 seconds"))
  )

  it("hands over what waited, in order, once the owner is known", () => {
    const { leaf, open, owners, recorder } = setup()
    const root = open()
    leaf(root, "a")
    leaf(root, "b")
    expect(owners()).toEqual([])
    expect(recorder.stats()).toMatchObject({ requests: 1, openSpans: 1, heldSpans: 2 })
    expect(recorder.bind(root.request, acme)).toBe("Bound")
    leaf(root, "c")
    recorder.end(root, 1n, unset)
    expect(owners()).toEqual(["acme a", "acme b", "acme c", "acme root"])
    expect(recorder.stats()).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
  })

  it("answers every bind, keeps the first route, and counts the refusals", () => {
    const { counts, leaf, open, owners, recorder } = setup()
    const root = open()
    expect(recorder.bind(undefined, acme)).toBe("NoRequest")
    expect(recorder.bind(root.request, acme)).toBe("Bound")
    expect(recorder.bind(root.request, { ...acme })).toBe("AlreadyBound")
    expect(recorder.bind(root.request, other)).toBe("Conflict")
    recorder.end(root, 1n, unset)
    expect(recorder.bind(root.request, acme)).toBe("AlreadyBound")
    const unbound = open()
    recorder.end(unbound, 1n, unset)
    expect(recorder.bind(unbound.request, acme)).toBe("TooLate")
    const ambient = recorder.begin({ name: "ambient", startTime: 0n })
    expect(recorder.bind(ambient?.request, acme)).toBe("NoRequest")
    leaf(unbound, "late")
    expect(owners()).toEqual(["acme root", "operator root", "operator late"])
    expect(counts).toEqual({ bind_no_request: 2, bind_conflict: 1, bind_too_late: 1, unbound: 1 })
    expect([recorder.isFirst("Conflict"), recorder.isFirst("Conflict"), recorder.isFirst("TooLate")]).toEqual([
      true,
      false,
      true
    ])
  })

  it("a request that opens inside another binds only itself and links to it", () => {
    const { leaf, open, owners, recorder } = setup()
    const outer = open({ name: "outer" })
    const inner = open({ name: "inner", active: outer })
    expect(inner.traceId).not.toBe(outer.traceId)
    expect(inner.ancestry.parent).toBeUndefined()
    expect(one(inner.links)).toMatchObject({ traceId: outer.traceId, spanId: outer.spanId })
    expect(recorder.bind(inner.request, other)).toBe("Bound")
    leaf(inner, "in")
    leaf(outer, "out")
    expect(recorder.bind(outer.request, acme)).toBe("Bound")
    recorder.end(inner, 1n, unset)
    recorder.end(outer, 1n, unset)
    expect(owners()).toEqual(["other in", "acme out", "other inner", "acme outer"])
  })

  it("a parent of another request keeps the owner: the span hangs under its own root and links", () => {
    const { child, counts, open, owners, recorder } = setup()
    const mine = open({ name: "mine", route: acme })
    const theirs = open({ name: "theirs", route: other })
    const span = child(theirs, "span", { request: mine.request })
    recorder.end(span, 1n, unset)
    expect(owners()).toEqual(["acme span"])
    expect(span.ancestry.parent).toBe(mine.ancestry)
    expect(one(span.links)).toMatchObject({ spanId: theirs.spanId, request: undefined })
    expect(counts).toEqual({ foreign_parent: 1 })
  })

  it("two requests that continue one caller's trace stay apart", () => {
    const caller = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true, traceState: undefined }
    const { leaf, open, owners, recorder } = setup({ incoming: "continue" })
    const first = open({ name: "first", caller })
    const next = open({ name: "next", caller })
    expect([first.traceId, next.traceId]).toEqual([caller.traceId, caller.traceId])
    recorder.bind(first.request, acme)
    recorder.bind(next.request, other)
    leaf(next, "n")
    leaf(first, "f")
    expect(owners()).toEqual(["other n", "acme f"])
    expect(recorder.bind(first.request, other)).toBe("Conflict")
  })
})

describe("Recorder, content", () => {
  const none = TenantRoute.make({ tenant: "acme", destinations: [], content: "none" })
  const full = TenantRoute.make({ tenant: "acme", destinations: [], content: "full" })
  const tool = { _tag: "tool_call", name: "send", arguments: { to: "alice" } } as const

  /** What a span still knows after it has ended in such a request. */
  const kept = (prepare: (setting: ReturnType<typeof setup>) => RecordedSpan) => {
    const setting = setup()
    const root = prepare(setting)
    const span = setting.leaf(root, "tool", { data: tool })
    return { content: root.request.content, data: span.data }
  }
  const whole = { content: "full", data: tool }
  const without = { content: "none", data: { _tag: "tool_call", name: "send" } }

  it.each<readonly [string, (setting: ReturnType<typeof setup>) => RecordedSpan, object]>([
    ["nobody forbids", ({ open }) => open({ route: full, content: "full" }), whole],
    ["its opener forbids", ({ open }) => open({ content: "none" }), without],
    ["its opener says what is no word", ({ open }) => open({ content: "None" as never }), without],
    ["its route forbids", ({ open }) => open({ route: none }), without],
    ["a request round it forbids", ({ open }) => open({ active: open({ content: "none" }), route: full }), without],
    ["a route forbids when it is bound", ({ open, recorder }) => bound(recorder, open(), none), without],
    [
      "a second route of its tenant forbids",
      ({ open, recorder }) => bound(recorder, open({ route: full }), none),
      without
    ],
    ["another tenant's route forbids", ({ open, recorder }) => bound(recorder, open({ route: other }), none), without],
    [
      "a route allows what was forbidden",
      ({ open, recorder }) => bound(recorder, open({ content: "none" }), full),
      without
    ]
  ])("where %s", (_, prepare, expected) => {
    expect(kept(prepare)).toEqual(expected)
  })

  const bound = (recorder: Recorder.Recorder, root: RecordedSpan, route: TenantRoute.TenantRoute): RecordedSpan => {
    recorder.bind(root.request, route)
    return root
  }

  it("is forbidden from now on, and there is no way back", () => {
    const { child, leaf, open, recorder } = setup()
    const root = open({ route: full })
    const before = leaf(root, "before", { data: tool })
    const during = child(root, "during", { data: tool })
    recorder.limitContent(root.request)
    recorder.bind(root.request, full)
    recorder.annotate(during, { result: "sent" })
    recorder.end(during, 1n, unset)
    expect([before.data, during.data, leaf(root, "after", { data: tool }).data]).toEqual([
      // It is rendered without: see the renderer.
      tool,
      without.data,
      without.data
    ])
    expect(root.request.content).toBe("none")
  })

  it.each([
    ["forbids content", { content: "none" }],
    ["gives the operator metadata alone", { operatorPolicy: "metadata_only" }]
  ] as const)("what comes too late for a route that %s keeps none for the operator", (_, options) => {
    const route = TenantRoute.make({ tenant: "acme", destinations: [], ...options })
    const { leaf, open, recorder } = setup()
    const bound = open({ route })
    recorder.end(bound, 1n, unset)
    const late = leaf(bound, "late", { data: tool, startTime: 100n * second })
    expect([late.request.isAmbient, late.request.content, late.data]).toEqual([true, "none", without.data])

    const unbound = open()
    recorder.end(unbound, 1n, unset)
    expect(recorder.bind(unbound.request, route)).toBe("TooLate")
    expect(unbound.request.content).toBe("none")

    const plain = open({ route: full })
    recorder.end(plain, 1n, unset)
    expect(leaf(plain, "late", { data: tool, startTime: 100n * second }).data).toEqual(tool)
  })
})

describe("Recorder, holding", () => {
  const held = (limits: Partial<Recorder.RecorderLimits>) => setup({ limits })

  it("a tenant gets a whole trace or none: past the limit of spans everything is the operator's", () => {
    const { counts, leaf, open, owners, recorder } = held({ heldSpans: 3 })
    const root = open()
    for (const name of ["a", "b", "c"]) leaf(root, name)
    expect(owners()).toEqual([])
    leaf(root, "d")
    expect(owners()).toEqual(["operator a", "operator b", "operator c", "operator d"])
    expect(recorder.bind(root.request, acme)).toBe("TooLate")
    leaf(root, "e")
    recorder.end(root, 1n, unset)
    expect(owners().slice(4)).toEqual(["operator e", "operator root"])
    expect(counts).toEqual({ hold_spans_exceeded: 1, bind_too_late: 1 })
    expect(recorder.stats()).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
  })

  it("by default 512 spans wait", () => {
    const { leaf, open, owners } = setup()
    const root = open()
    for (let i = 0; i < 512; i++) leaf(root, "span")
    expect(owners()).toEqual([])
    leaf(root, "span")
    expect(owners()).toHaveLength(513)
  })

  it("by default 1 MiB waits, also as one payload", () => {
    const { child, counts, open, owners, recorder } = setup()
    const root = open()
    const content = (size: number) => ({
      _tag: "llm_call" as const,
      operation: "chat",
      provider: "openai",
      inputMessages: [{ role: "user" as const, parts: [{ type: "text" as const, content: "x".repeat(size) }] }]
    })
    recorder.end(child(root, "small", { data: content(900 * 1024) }), 1n, unset)
    expect(owners()).toEqual([])
    recorder.end(child(root, "large", { data: content(1024 * 1024) }), 1n, unset)
    expect(owners()).toEqual(["operator small", "operator large"])
    expect(counts).toEqual({ hold_bytes_exceeded: 1 })
  })

  it("the bytes of the whole process are bounded: who exceeds them is released, the others stay", () => {
    const { counts, leaf, open, owners, recorder } = held({ heldBytesInProcess: 800 })
    const first = open({ name: "first" })
    const next = open({ name: "next" })
    leaf(first, "f1")
    leaf(next, "n1")
    leaf(next, "n2")
    expect(owners()).toEqual(["operator n1", "operator n2"])
    expect(recorder.bind(next.request, other)).toBe("TooLate")
    expect(recorder.bind(first.request, acme)).toBe("Bound")
    expect(owners().slice(2)).toEqual(["acme f1"])
    expect(counts).toMatchObject({ hold_process_exceeded: 1 })
    expect(recorder.stats()).toMatchObject({ heldSpans: 0, heldBytes: 0 })
  })

  it("does not count the time before anything waits", () => {
    const { leaf, open, owners, recorder } = setup()
    const root = open()
    recorder.sweep(31n * second)
    expect(recorder.bind(root.request, acme)).toBe("Bound")
    leaf(root, "a")
    expect(owners()).toEqual(["acme a"])
  })

  it("spans outside any request have a budget of their own, so that a leak of them costs no request", () => {
    const counts: Record<string, number> = {}
    const recorder = Recorder.make({
      sink: () => {},
      count: (event) => {
        counts[event] = (counts[event] ?? 0) + 1
      },
      limits: { openAmbientSpans: 2 }
    })
    const begin = (name: string) => recorder.begin({ name, startTime: 0n })
    expect([begin("a"), begin("b"), begin("c")].map((span) => span !== undefined)).toEqual([true, true, false])
    const root = recorder.openRequest({ name: "root", startTime: 0n, wallTime: 0 })
    expect(recorder.begin({ name: "child", startTime: 0n, parent: root })).toBeDefined()
    expect(counts).toEqual({ too_many_open: 1 })
  })

  it("lets go of content at a span's end where nobody may have it", () => {
    const kept: Array<RecordedSpan> = []
    const recorder = Recorder.make({ sink: (span) => kept.push(span), count: () => {}, content: "none" })
    const root = recorder.openRequest({ name: "root", startTime: 0n, wallTime: 0 })
    const inputMessages = [{ role: "user", parts: [{ type: "text" as const, content: "secret" }] }]
    const call = recorder.begin({
      name: "chat",
      startTime: 0n,
      parent: root,
      data: { _tag: "llm_call", operation: "chat", provider: "openai", inputMessages, tools: [{ name: "t" }] }
    })
    assert(call !== undefined)
    recorder.end(call, 1n, { _tag: "unset" })
    recorder.end(root, 2n, { _tag: "unset" })
    expect(kept[0]?.data).toEqual({ _tag: "llm_call", operation: "chat", provider: "openai", toolCount: 1 })
  })

  it("a span takes no more of attributes and events than there is room for, and counts the rest", () => {
    const { open, recorder } = setup()
    const root = open()
    for (let i = 0; i < 20; i++) recorder.event(root, "log", 0n, { text: "x".repeat(30_000), small: i })
    recorder.attribute(root, "late", "y".repeat(30_000))
    const held = root.events.reduce((sum, { attributes }) => sum + String(attributes.get("text") ?? "").length, 0)
    expect(held).toBeLessThanOrEqual(256 * 1024)
    expect(root.droppedAttributes + root.droppedEvents).toBeGreaterThan(0)
    expect(root.attributes.has("late")).toBe(false)
  })

  it.each([null, undefined, "acme", 5, {}, { tenant: 5 }])("a route that is none binds nothing: %j", (route) => {
    const { counts, leaf, open, owners, recorder } = setup()
    const root = open()
    leaf(root, "a")
    // What a caller without types may hand over.
    expect(recorder.bind(root.request, route as unknown as TenantRoute.TenantRoute)).toBe("InvalidRoute")
    expect(counts).toEqual({ bind_invalid_route: 1 })
    expect(recorder.bind(root.request, acme)).toBe("Bound")
    expect(owners()).toEqual(["acme a"])
  })

  it("waits 30 seconds and no longer", () => {
    const { counts, leaf, open, owners, recorder } = setup()
    const root = open()
    const bound = open({ name: "bound" })
    leaf(root, "a")
    leaf(bound, "b")
    recorder.bind(bound.request, acme)
    recorder.sweep(30n * second)
    expect(owners()).toEqual(["acme b"])
    recorder.sweep(30n * second + 1n)
    expect(owners()).toEqual(["acme b", "operator a"])
    expect(recorder.bind(root.request, acme)).toBe("TooLate")
    expect(recorder.bind(bound.request, acme)).toBe("AlreadyBound")
    expect(counts).toMatchObject({ hold_time_exceeded: 1 })
  })
})

describe("Recorder, late and unfinished", () => {
  it("takes spans until 60 seconds after the root, then they are ambient with a link", () => {
    const { counts, leaf, open, owners, recorder } = setup()
    const root = open({ route: acme })
    recorder.end(root, 10n * second, unset)
    const late = leaf(root, "late", { startTime: 70n * second })
    const later = leaf(root, "later", { startTime: 70n * second + 1n })
    expect(owners()).toEqual(["acme root", "acme late", "operator later"])
    expect(late.ancestry.parent).toBe(root.ancestry)
    expect(later.ancestry.parent).toBeUndefined()
    expect(later.traceId).not.toBe(root.traceId)
    expect(one(later.links).spanId).toBe(root.spanId)
    expect(counts).toEqual({ late_start: 1 })
    expect(recorder.bind(later.request, other)).toBe("NoRequest")
  })

  it("what a late span starts hangs under it", () => {
    const { child, counts, leaf, open, owners, recorder } = setup()
    const root = open({ route: acme })
    recorder.end(root, 0n, unset)
    const late = child(root, "late", { startTime: 61n * second })
    const inner = leaf(late, "inner", { request: root.request, startTime: 62n * second })
    recorder.end(late, 63n * second, unset)
    expect(owners()).toEqual(["acme root", "operator inner", "operator late"])
    expect(inner.ancestry.parent).toBe(late.ancestry)
    expect(inner.traceId).toBe(late.traceId)
    expect(inner.links).toEqual([])
    expect(counts).toEqual({ late_start: 1 })
  })

  it("ends what is still open 60 seconds after its root, once", () => {
    const { child, counts, open, recorder, sunk } = setup()
    const root = open({ route: acme })
    const straggler = child(root, "straggler")
    recorder.end(root, second, unset)
    recorder.sweep(61n * second)
    expect(sunk.map(({ name }) => name)).toEqual(["root"])
    recorder.sweep(61n * second + 1n)
    expect(sunk[1]).toMatchObject({ name: "straggler", tenant: "acme" })
    expect(straggler).toMatchObject({ outcome: { _tag: "unfinished" }, endTime: 61n * second + 1n })
    recorder.end(straggler, 99n * second, unset)
    recorder.sweep(200n * second)
    expect(sunk).toHaveLength(2)
    expect(straggler.endTime).toBe(61n * second + 1n)
    expect(counts).toEqual({ unfinished: 1, late_end: 1 })
    expect(recorder.stats()).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
  })

  it("a request that goes on for hours is left alone", () => {
    const { child, open, owners, recorder } = setup()
    const root = open({ route: acme })
    child(root, "open")
    recorder.sweep(10_000n * second)
    expect(owners()).toEqual([])
  })

  it("closing ends everything, the root last, each with its owner", () => {
    const { child, leaf, open, owners, recorder } = setup()
    const bound = open({ name: "bound", route: acme })
    child(bound, "b")
    const holding = open({ name: "holding" })
    leaf(holding, "done")
    child(holding, "h")
    recorder.begin({ name: "ambient", startTime: 0n })
    recorder.close(second)
    expect(owners()).toEqual([
      "acme b",
      "acme bound",
      "operator done",
      "operator h",
      "operator holding",
      "operator ambient"
    ])
    expect(recorder.stats()).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
  })

  it("spans open at a time are bounded; the one too many is counted and costs nothing else", () => {
    const { child, counts, open, owners, recorder } = setup({ limits: { openSpans: 2 } })
    const root = open({ route: acme })
    const first = child(root, "first")
    expect(recorder.begin({ name: "second", startTime: 0n, parent: first })).toBeUndefined()
    recorder.end(first, 1n, unset)
    recorder.end(child(root, "third"), 1n, unset)
    expect(owners()).toEqual(["acme first", "acme third"])
    expect(counts).toEqual({ too_many_open: 1 })
  })

  it("a span ends once, and nothing is written on it afterwards", () => {
    const { counts, leaf, open, owners, recorder } = setup()
    const root = open({ route: acme })
    const span = leaf(root, "span")
    recorder.end(span, 9n, { _tag: "cancelled" })
    recorder.attribute(span, "k", "v")
    recorder.event(span, "e", 1n, {})
    recorder.link(span, { traceId: root.traceId, spanId: root.spanId, request: undefined, attributes: new Map() })
    recorder.annotate(span, { name: "x" })
    recorder.discard(span)
    expect(span).toMatchObject({ outcome: unset, endTime: 0n, events: [], links: [] })
    expect([...span.attributes]).toEqual([])
    expect(owners()).toEqual(["acme span"])
    expect(counts).toEqual({ double_end: 1, write_after_end: 4 })
  })

  it("a discarded span reaches nobody and leaves nothing behind", () => {
    const { child, open, owners, recorder } = setup()
    const root = open({ route: acme })
    const span = child(root, "span")
    recorder.discard(span)
    recorder.discard(span)
    recorder.end(span, 1n, unset)
    recorder.end(root, 1n, unset)
    expect(owners()).toEqual(["acme root"])
    expect(recorder.stats()).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
  })
})

describe("Recorder, anchors", () => {
  const service = { _tag: "service", service: "auth", phase: "auth" } as const
  const llm = { _tag: "llm_call", operation: "chat", provider: "openai" } as const
  const db = { _tag: "db_call", service: "redis", system: "redis" } as const
  const agent = { _tag: "agent", name: "planner" } as const
  const tool = { _tag: "tool_call", name: "search" } as const

  it("a model call in a phase hangs under the root and links to the phase", () => {
    const { child, open } = setup()
    const root = open()
    const phase = child(root, "auth", { data: service })
    const call = child(phase, "chat", { data: llm })
    expect(call.ancestry.parent).toBe(root.ancestry)
    expect(one(call.links).spanId).toBe(phase.spanId)
    expect(call.kind).toBe("client")
  })

  it("in an agent or a tool call it nests, through spans without a role", () => {
    const { child, open } = setup()
    const root = open()
    const planner = child(root, "planner", { data: agent })
    const search = child(child(planner, "plain"), "search", { data: tool })
    const call = child(child(search, "plain"), "chat", { data: llm })
    expect(search.ancestry.parent).toBe(planner.ancestry)
    expect(call.ancestry.parent).toBe(search.ancestry)
    expect([...search.links, ...call.links]).toEqual([])
  })

  it("in an agent that has ended it goes to the root", () => {
    const { child, counts, open, recorder } = setup()
    const root = open()
    const planner = child(root, "planner", { data: agent })
    recorder.end(planner, 1n, unset)
    const call = child(planner, "chat", { data: llm })
    expect(call.ancestry.parent).toBe(root.ancestry)
    expect(one(call.links).spanId).toBe(planner.spanId)
    expect(counts).toEqual({})
  })

  it("attempts of one call are siblings, also when one is made inside another", () => {
    const { child, open } = setup()
    const root = open()
    const first = child(root, "chat", { data: llm })
    const fallback = child(first, "chat", { data: llm })
    expect(fallback.ancestry.parent).toBe(root.ancestry)
  })

  it("a database call stays with the active span, and where it may not, is moved up and counted", () => {
    const { child, counts, open } = setup()
    const root = open()
    const phase = child(root, "auth", { data: service })
    const plain = child(phase, "plain")
    const query = child(plain, "redis", { data: db })
    expect(query.ancestry.parent).toBe(plain.ancestry)
    expect(counts).toEqual({})
    const inner = child(query, "redis", { data: db })
    expect(inner.ancestry.parent).toBe(phase.ancestry)
    expect(one(inner.links).spanId).toBe(query.spanId)
    expect(counts).toEqual({ reanchored: 1 })
  })

  it("without a request every span starts a trace of its own and is the operator's", () => {
    const { owners, recorder } = setup()
    const call = recorder.begin({ name: "chat", startTime: 0n, data: llm })
    assert(call !== undefined)
    const query = recorder.begin({ name: "redis", startTime: 0n, data: db, parent: call })
    assert(query !== undefined)
    recorder.end(query, 1n, unset)
    recorder.end(call, 1n, unset)
    expect(query.ancestry.parent).toBe(call.ancestry)
    expect(owners()).toEqual(["operator redis", "operator chat"])
    expect(recorder.stats().requests).toBe(0)
  })
})

describe("Recorder, what it is given", () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("get")
      },
      ownKeys: () => {
        throw new Error("ownKeys")
      }
    }
  )

  it("never throws, and the other spans of the request still arrive", () => {
    const { counts, child, open, owners, recorder } = setup()
    // Plain code is not held to the types.
    const facts = hostile as never
    const root = open({ facts })
    const span = child(root, "span", { data: { _tag: "tool_call", name: "t", arguments: hostile } })
    recorder.annotate(span, hostile)
    recorder.attribute(span, "k", hostile)
    recorder.event(span, "event", 0n, hostile)
    recorder.addFacts(root.request, facts)
    // `tags` that are no list.
    recorder.addFacts(root.request, { tags: 5, sessionId: "s" } as never)
    expect(recorder.bind(root.request, { ...acme, facts: { tags: ["a"], endUser: "eve" } })).toBe("Bound")
    recorder.end(span, 1n, unset)
    recorder.end(root, 1n, unset)
    expect(owners()).toEqual(["acme span", "acme root"])
    expect(root.request.facts).toEqual({ endUser: "eve", tags: ["a"], sessionId: "s" })
    expect(counts).toMatchObject({ bad_payload: 2 })
  })

  it("bounds events, links and attributes, and counts what it leaves out", () => {
    const { child, open, recorder } = setup()
    const span = child(open(), "span")
    for (let i = 0; i < 200; i++) {
      recorder.event(span, "e", 0n, {})
      recorder.attribute(span, `k${i}`, i)
      recorder.link(span, {
        traceId: "a".repeat(32),
        spanId: "b".repeat(16),
        request: undefined,
        attributes: new Map()
      })
    }
    expect([span.events.length, span.attributes.size, span.links.length]).toEqual([128, 128, 128])
    expect([span.droppedEvents, span.droppedAttributes]).toEqual([72, 72])
  })

  it("facts are added until the root has ended; the request's own win over the route's", () => {
    const { open, recorder } = setup()
    const root = open({ facts: { sessionId: "from door" } })
    recorder.addFacts(root.request, { endUser: "eve", tags: ["a"] })
    recorder.bind(root.request, { ...acme, facts: { endUser: "default", team: { id: "t1" }, tags: ["b"] } })
    recorder.end(root, 1n, unset)
    recorder.addFacts(root.request, { endUser: "mallory" })
    expect(root.request.facts).toEqual({
      sessionId: "from door",
      endUser: "eve",
      team: { id: "t1" },
      tags: ["b", "a"]
    })
  })

  it("anchors monotonic time to the wall clock at the root", () => {
    const { open } = setup()
    expect(open({ startTime: 5_000_000_000n, wallTime: 65_000 }).request.clockOffset).toBe(60_000_000_000n)
    expect(open({ startTime: 5_000_000_000n, wallTime: 5_004 }).request.clockOffset).toBe(0n)
  })

  it("a caller who does not sample is respected where the trace continues", () => {
    const caller = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: false, traceState: undefined }
    const { counts, leaf, open, owners, recorder } = setup({ incoming: "continue" })
    const root = open({ caller, route: acme })
    leaf(root, "a")
    recorder.end(root, 1n, unset)
    const linked = open({ name: "linked", caller, incoming: "link", route: acme })
    recorder.end(linked, 1n, unset)
    expect(owners()).toEqual(["acme linked"])
    expect(counts).toEqual({ unsampled: 2 })
  })
})

describe("Recorder, the services of a span", () => {
  const redis = { _tag: "db_call", service: "redis_prod", system: "redis" } as const

  it("are those that its payload names, as it is completed", () => {
    const { child, open, recorder } = setup()
    const root = open({ route: acme })
    expect(root.ancestry.services).toEqual([])
    expect(child(root, "db", { data: redis }).ancestry.services).toEqual(["redis_prod", "redis"])
    expect(child(root, "auth", { data: { _tag: "service", service: "auth" } }).ancestry.services).toEqual(["auth"])
    const late = child(root, "db", { data: { _tag: "db_call", service: "postgres" } })
    recorder.annotate(late, { system: "postgresql" })
    expect(late.ancestry.services).toEqual(["postgres", "postgresql"])
  })

  it("of a span that is adopted are what its attributes name", () => {
    const { child, open, recorder } = setup()
    const span = child(open({ route: acme }), "sql.execute", { role: "db_call" })
    recorder.attribute(span, "db.query.text", "select 1")
    expect(span.ancestry.services).toEqual([])
    recorder.attribute(span, "db.system.name", "sqlite")
    expect(new Set(span.ancestry.services)).toEqual(new Set(["sqlite"]))
    const payload = child(span, "db", { data: redis })
    recorder.attribute(payload, "db.system.name", "valkey")
    expect(payload.ancestry.services).toEqual(["redis_prod", "redis"])
  })

  it("are settled once it has a child, which may have gone to a back end already", () => {
    const { child, leaf, open, recorder } = setup()
    const root = open({ route: acme })
    const db = child(root, "db", { data: { _tag: "db_call", service: "postgres" } })
    const adopted = child(root, "sql.execute", { role: "db_call" })
    for (const parent of [db, adopted]) leaf(parent, "child")
    recorder.annotate(db, { system: "postgresql" })
    recorder.attribute(adopted, "db.system.name", "postgresql")
    expect([db, adopted].map(({ ancestry }) => ancestry.services)).toEqual([["postgres"], []])
  })

  it("are text of a bounded length, whatever the payload", () => {
    const { child, open, recorder } = setup()
    const root = open({ route: acme })
    const throwing = {
      _tag: "db_call",
      get service(): never {
        throw new Error("get")
      }
    }
    for (const data of [throwing, { _tag: "db_call", service: 5 }, { _tag: "service", service: "x".repeat(129) }]) {
      // What a caller without types may hand over.
      const span = child(root, "db", { data: data as never })
      expect(span.ancestry.services).toEqual([])
      recorder.end(span, 1n, unset)
    }
  })
})

describe("Recorder, a trace as a whole", () => {
  it("is settled when its root has ended and nothing is open, and not while a late span is", () => {
    const { child, leaf, open, recorder } = setup()
    const root = open({ route: acme })
    const { request } = root
    const seen: Array<boolean> = []
    const look = () => seen.push(request.isSettled)
    leaf(root, "1")
    look()
    const slow = child(root, "2")
    recorder.end(root, 2n, unset)
    look()
    recorder.end(slow, 3n, unset)
    look()
    const late = child(root, "3")
    look()
    recorder.end(late, 4n, unset)
    look()
    expect(seen).toEqual([false, false, true, false, true])
  })

  it("has failed once one of its spans has, seen or not", () => {
    const { child, leaf, open, recorder } = setup()
    const root = open({ route: acme })
    leaf(root, "fine")
    const internal = child(root, "internal")
    expect(root.request.hasFailed).toBe(false)
    recorder.end(internal, 1n, { _tag: "error", error: { type: "E" } })
    recorder.end(root, 2n, unset)
    expect(root.request.hasFailed).toBe(true)
  })
})

describe("Recorder, memory", () => {
  it("a span holds plain data and its place in the tree, and not its ancestors", () => {
    const { child, open, recorder } = setup()
    const root = open({ route: acme })
    const parent = child(root, "parent", { data: { _tag: "tool_call", name: "t", result: { big: true } } })
    const span = child(parent, "span")
    recorder.attribute(span, "k", { nested: { live: [1] } })
    recorder.end(span, 1n, { _tag: "error", error: { type: "E" } })
    expect(span.attributes.get("k")).toBe('{"nested":{"live":[1]}}')
    expect(Object.keys(span.ancestry).sort()).toEqual(["isParent", "parent", "role", "services", "spanId", "state"])
    const reachable = new Set<unknown>()
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null || reachable.has(value)) return
      reachable.add(value)
      for (const inner of value instanceof Map || value instanceof Set ? value.values() : Object.values(value))
        walk(inner)
    }
    walk({ ...span, request: undefined })
    expect(reachable.has(parent)).toBe(false)
    expect(reachable.has(parent.data)).toBe(false)
  })

  it("requests that start each other do not keep those before them alive", () => {
    const { open, recorder } = setup()
    const first = open({ name: "first", route: acme })
    const second = open({ name: "second", route: acme, active: first })
    recorder.link(second, { ...one(second.links), request: first.request })
    expect(second.links.map(({ request, spanId }) => [spanId, request])).toEqual([
      [first.spanId, undefined],
      [first.spanId, undefined]
    ])
  })
})

describe("Recorder, the budget of the process", () => {
  /** So many bytes, and how many of them are taken. */
  const budgetOf = (max: number) => {
    const self = {
      used: 0,
      take: (bytes: number) => {
        if (self.used + bytes > max) return "budget_full" as const
        self.used += bytes
        return undefined
      },
      give: (bytes: number) => {
        self.used -= bytes
      }
    }
    return self
  }

  const step = FastCheck.record({
    request: FastCheck.nat(3),
    does: FastCheck.constantFrom("leaf", "leaf", "leaf", "bind", "conflict", "end", "sweep")
  })

  it.prop(
    "takes what is held and nothing else, and gives all of it back whatever becomes of a trace",
    [FastCheck.array(step, { maxLength: 60 }), FastCheck.integer({ min: 0, max: 6000 })],
    ([steps, max]) => {
      const budget = budgetOf(max)
      const { child, counts, leaf, open, recorder, sunk } = setup({ budget, limits: { heldBytes: 3000 } })
      let roots = Array.from({ length: 4 }, () => open())
      let made = 0
      for (const { does, request } of steps) {
        const root = roots[request] ?? expect.fail()
        if (does === "leaf") {
          leaf(root, "leaf")
          made++
        } else if (does === "sweep") recorder.sweep(31n * second)
        else if (does === "end") {
          recorder.end(root, second, unset)
          made++
          roots = roots.map((other) => (other === root ? open() : other))
        } else recorder.bind(root.request, does === "bind" ? acme : other)
        expect(budget.used).toBe(recorder.stats().heldBytes)
        expect(budget.used).toBeLessThanOrEqual(max)
        expect(sunk.length + recorder.stats().heldSpans).toBe(made)
      }
      for (const root of roots) child(root, "open")
      recorder.close(60n * second)
      expect([budget.used, recorder.stats().heldBytes, recorder.stats().heldSpans]).toEqual([0, 0, 0])
      expect(sunk).toHaveLength(made + 8)
      expect(counts.unfinished).toBe(8)
    }
  )

  it("a trace that does not fit goes to the operator whole, in its order, and cannot be bound any more", () => {
    const budget = budgetOf(800)
    const { counts, leaf, open, owners, recorder } = setup({ budget })
    const root = open()
    for (const name of ["a", "b", "c"]) leaf(root, name)
    expect(owners()).toEqual(["operator a", "operator b", "operator c"])
    expect([budget.used, counts.hold_process_exceeded]).toEqual([0, 1])
    expect(recorder.bind(root.request, acme)).toBe("TooLate")
    leaf(root, "d")
    expect(owners().at(-1)).toBe("operator d")
  })
})
