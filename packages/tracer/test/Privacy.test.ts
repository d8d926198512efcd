import { HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import * as Destination from "@tenant-tracer/model/Destination"
import type * as Redaction from "@tenant-tracer/model/Redaction"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import { Phase, Spans, TenantTracer, TestTracer, type TracingConfig } from "@tenant-tracer/tracer"
import { Effect, Either, FastCheck, Layer, Logger, Redacted } from "effect"
import * as ContentPolicy from "../src/render/ContentPolicy.js"
import { inProcess } from "./support/http.js"
import { layer, one, textOf } from "./support/tracing.js"

/** Log lines become span events as ever, and are not printed. */
const tracing = (config?: Parameters<typeof layer>[0]) =>
  Layer.merge(layer(config), Logger.remove(Logger.defaultLogger))

const memory = (name: string, options: Partial<Destination.Options> = {}): Destination.Destination =>
  Either.getOrThrow(Destination.make({ name, endpoint: `http://${name}.invalid/v1/traces`, ...options }))

/** Something of everything that somebody must not see, each marked with whose it is. */
const revealing = (owner: string) =>
  Effect.gen(function* () {
    yield* TenantTracer.annotateTrace({
      endUser: `user-${owner}`,
      tags: [`tag-${owner}`],
      metadata: { contact: `meta-${owner}@mail.example`, account: `account-${owner}` }
    })
    yield* Effect.void.pipe(
      Spans.dbCall({ service: "postgres", namespace: `internal-${owner}`, metadata: { shard: `internal-${owner}` } }),
      Phase.auth
    )
    yield* Effect.log(`internal-${owner}`).pipe(
      Effect.withSpan("library", { attributes: { "gen_ai.prompt": `content-${owner}`, note: `internal-${owner}` } })
    )
    yield* Effect.void.pipe(
      Spans.toolCall({
        name: "send",
        arguments: JSON.stringify({ to: `mail-${owner}@mail.example`, ssn: `ssn-${owner}`, text: `content-${owner}` })
      })
    )
    yield* Effect.fail(new Error(`internal-${owner}`)).pipe(
      Spans.llmCall({
        operation: "chat",
        provider: "openai",
        requestModel: "gpt-4o",
        providerModel: `internal-${owner}`,
        inputMessages: [
          { role: "user", parts: [{ type: "text", content: `content-${owner} mail-${owner}@mail.example` }] }
        ],
        error: { type: "Refused", message: `Incorrect API key provided: sk-proj-${owner}***.` }
      }),
      Effect.ignore
    )
  })

const spansOf = (tenant: string, destination?: string) =>
  Effect.map(TestTracer.spans(tenant), (spans) =>
    spans.filter((span) => destination === undefined || span.destination === destination)
  )

const content = FastCheck.constantFrom("none" as const, "full" as const, undefined)

const rules: FastCheck.Arbitrary<Redaction.Rules> = FastCheck.record({
  keys: FastCheck.subarray(["ssn", "user.id"]),
  hash: FastCheck.subarray(["account", "session.id"]),
  patterns: FastCheck.subarray(["email" as const, "key" as const])
})

const destination = FastCheck.record({
  content,
  redaction: FastCheck.option(rules, { nil: undefined }),
  vocabularies: FastCheck.constantFrom(
    [{ name: "genai" }],
    [{ name: "openinference" }],
    [{ name: "openinference" }, { name: "genai" }]
  )
})

const tenants = ["acme", "globex", "initech"] as const

const scenario = FastCheck.record({
  // The in-memory tracer allows it unless told otherwise.
  ceiling: FastCheck.constantFrom("none" as const, "full" as const, "full" as const),
  redaction: FastCheck.record({
    rules,
    hashKey: FastCheck.constantFrom(undefined, "k"),
    effect: FastCheck.constantFrom("none", "passes", "fails", "dies"),
    scope: FastCheck.constantFrom("all" as const, "tenants" as const, undefined)
  }),
  requests: FastCheck.array(
    FastCheck.record({
      tenant: FastCheck.constantFrom(...tenants),
      destinations: FastCheck.array(destination, { minLength: 1, maxLength: 4 }),
      content,
      operatorPolicy: FastCheck.constantFrom("override" as const, "additive" as const, "metadata_only" as const),
      limit: FastCheck.constantFrom("never", "before", "after")
    }),
    { minLength: 1, maxLength: 3 }
  )
})

type Scenario = typeof scenario extends FastCheck.Arbitrary<infer A> ? A : never

const configOf = ({ ceiling, redaction }: Scenario): TracingConfig.TracingConfig => {
  const { effect, hashKey, scope } = redaction
  const { hash, ...others } = redaction.rules
  return {
    content: ceiling,
    redaction: {
      ...others,
      ...(hashKey !== undefined && { hash, hashKey: Redacted.make(hashKey) }),
      scope,
      ...(effect === "passes" && { effect: Effect.succeed }),
      ...(effect === "fails" && { effect: () => Effect.fail("no") }),
      ...(effect === "dies" && { effect: () => Effect.die("no") })
    }
  }
}

describe("privacy", () => {
  it.effect(
    "no destination is sent a content key, a canary of another tenant or of a stricter view, whatever the mix",
    () => {
      const seen = { content: 0, without: 0, redacted: 0, hashed: 0 }
      const check = (each: Scenario) =>
        Effect.gen(function* () {
          const limited = new Map<string, boolean>()
          // Each request has names of its own, so that what is sent to it is told apart.
          const requests = each.requests.map((request, index) => ({ ...request, id: `${request.tenant}${index}` }))
          for (const { content, destinations, id, limit, operatorPolicy } of requests) {
            const route = TenantRoute.make({
              tenant: id,
              destinations: destinations.map((options, index) => memory(`d${index}`, options)),
              content,
              operatorPolicy
            })
            limited.set(id, content === "none" || limit !== "never")
            yield* Effect.void.pipe(
              Effect.zipRight(limit === "before" ? TenantTracer.limitContent : Effect.void),
              Effect.zipRight(revealing(id)),
              Effect.zipRight(limit === "after" ? TenantTracer.limitContent : Effect.void),
              TenantTracer.withRoute(route)
            )
          }
          const { redaction } = each
          const breaks = redaction.effect === "fails" || redaction.effect === "dies"
          const operators = yield* spansOf(TestTracer.operator)
          for (const { destinations, id, operatorPolicy } of requests) {
            for (const [index, own] of destinations.entries()) {
              const spans = yield* spansOf(id, `d${index}`)
              const text = textOf(spans)
              const allowed = each.ceiling === "full" && own.content === "full" && !limited.get(id) && !breaks
              expect(spans).toHaveLength(5)
              expect(text).toContain("gpt-4o")
              expect(text.includes(`content-${id}`)).toBe(allowed)
              if (!allowed) {
                for (const key of spans.flatMap(({ attributes }) => Object.keys(attributes)))
                  expect([key, ContentPolicy.isContent({ content: [] }, key)]).toEqual([key, false])
              }
              for (const other of requests) if (other.id !== id) expect(text).not.toContain(`-${other.id}`)
              expect(text).not.toMatch(/internal-|sk-proj/)
              const takes = (list: "keys" | "hash" | "patterns", word: string) =>
                [redaction.rules, own.redaction].some((rules) =>
                  (rules?.[list] as ReadonlyArray<string>)?.includes(word)
                )
              expect(text.includes(`mail-${id}@mail.example`)).toBe(allowed && !takes("patterns", "email"))
              expect(text.includes(`ssn-${id}`)).toBe(allowed && !takes("keys", "ssn"))
              expect(text.includes(`user-${id}`)).toBe(!takes("keys", "user.id"))
              expect(text.includes(`meta-${id}@mail.example`)).toBe(!takes("patterns", "email"))
              const hashes =
                own.redaction?.hash?.includes("account") ||
                (redaction.hashKey && redaction.rules.hash?.includes("account"))
              expect(text.includes(`account-${id}`)).toBe(!hashes)
              if (allowed) seen.content++
              else seen.without++
              if (text.includes("[redacted:email]")) seen.redacted++
              if (text.includes("hmac:")) seen.hashed++
            }
            const own = textOf(
              operators.filter((span) => textOf(span).includes(`-${id}`) || span.status.code === "error")
            )
            const forOperator =
              each.ceiling === "full" &&
              operatorPolicy !== "metadata_only" &&
              !limited.get(id) &&
              !(breaks && redaction.scope !== "tenants")
            expect(own.includes(`content-${id}`)).toBe(forOperator)
            expect(own.includes(`mail-${id}@mail.example`)).toBe(
              forOperator && (redaction.scope === "tenants" || !redaction.rules.patterns?.includes("email"))
            )
          }
        }).pipe(Effect.provide(tracing(configOf(each))))
      return Effect.gen(function* () {
        yield* Effect.forEach(FastCheck.sample(scenario, { numRuns: 120, seed: 7 }), check, { discard: true })
        // The scenarios are not all of one kind.
        for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10)
      })
    },
    60_000
  )

  const full = [memory("main", { content: "full" })]

  it.effect("two tenants' hashes of one value cannot be joined, one tenant's can", () =>
    Effect.gen(function* () {
      const hashOf = (tenant: string) =>
        Effect.gen(function* () {
          yield* Effect.void.pipe(
            Effect.zipRight(TenantTracer.annotateTrace({ endUser: "alice" })),
            TenantTracer.withRoute(TenantRoute.make({ tenant, destinations: full }))
          )
          const spans = yield* TestTracer.spans(tenant)
          return String(spans.at(-1)?.attributes["user.id"])
        })
      const [first, second, other] = [yield* hashOf("acme"), yield* hashOf("acme"), yield* hashOf("globex")]
      const [own] = yield* TestTracer.spans(TestTracer.operator)
      expect(first).toMatch(/^hmac:[\w-]{22}$/)
      expect(second).toBe(first)
      expect(new Set([first, other, own?.attributes["user.id"]]).size).toBe(3)
    }).pipe(Effect.provide(tracing({ redaction: { hash: ["user.id"], hashKey: Redacted.make("k") } })))
  )

  it.effect("a destination that redacts more from now on does so at once", () =>
    Effect.gen(function* () {
      const copyWith = (redaction: Redaction.Rules) =>
        Effect.gen(function* () {
          yield* TestTracer.clear
          const destinations = [memory("main", { content: "full", redaction })]
          yield* revealing("acme").pipe(TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations })))
          return textOf(yield* TestTracer.spans("acme"))
        })
      expect(yield* copyWith({})).toContain("mail-acme@mail.example")
      expect(yield* copyWith({ patterns: ["email"] })).not.toContain("mail-acme@mail.example")
    }).pipe(Effect.provide(tracing()))
  )

  it.effect("a redaction that fails is counted, and costs content alone", () =>
    Effect.gen(function* () {
      yield* revealing("acme").pipe(TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations: full })))
      expect(textOf(yield* TestTracer.spans("acme"))).not.toContain("content-")
      expect(yield* TestTracer.spans("acme")).toHaveLength(5)
      const { ledger } = yield* TenantTracer.status
      // A tool's and a model's payload, for the tenant and for the operator.
      expect(ledger.counters).toMatchObject({ redaction_failed: 4 })
    }).pipe(Effect.provide(tracing({ redaction: { effect: () => Effect.fail("no") } })))
  )
})

describe("the door", () => {
  const app = revealing("acme").pipe(
    Effect.zipRight(
      TenantTracer.bind(TenantRoute.make({ tenant: "acme", destinations: [memory("main", { content: "full" })] }))
    ),
    Effect.as(HttpServerResponse.empty())
  )

  const answers: ReadonlyArray<readonly [string, () => "none" | "full" | undefined, boolean]> = [
    ["none", () => "none", false],
    ["full", () => "full", true],
    ["nothing", () => undefined, true],
    [
      "nothing, since it throws",
      () => {
        throw new Error("no")
      },
      false
    ]
  ]

  it.scopedLive.each(answers)("says %s of a request's content", ([, content, expected]) =>
    Effect.gen(function* () {
      yield* inProcess(app, "http://localhost/", undefined, TenantTracer.middlewareWith({ content }))
      expect(textOf(yield* TestTracer.spans("acme")).includes("content-acme")).toBe(expected)
      expect(textOf(yield* TestTracer.spans(TestTracer.operator)).includes("content-acme")).toBe(expected)
    }).pipe(Effect.provide(tracing()))
  )

  it.scopedLive("what waited for a route that gives the operator metadata alone is rendered by it", () =>
    Effect.gen(function* () {
      const destinations = [memory("main", { content: "full" })]
      const route = TenantRoute.make({ tenant: "acme", destinations, operatorPolicy: "metadata_only" })
      yield* inProcess(
        revealing("acme").pipe(Effect.zipRight(TenantTracer.bind(route)), Effect.as(HttpServerResponse.empty()))
      )
      expect(textOf(yield* TestTracer.spans("acme"))).toContain("content-acme")
      const operators = textOf(yield* TestTracer.spans(TestTracer.operator))
      expect(operators).toContain("gpt-4o")
      expect(operators).not.toContain("content-acme")
    }).pipe(Effect.provide(tracing()))
  )

  it.effect("limitContent outside a request does nothing", () =>
    Effect.gen(function* () {
      yield* TenantTracer.limitContent
      yield* revealing("acme").pipe(
        TenantTracer.withRoute(
          TenantRoute.make({ tenant: "acme", destinations: [memory("main", { content: "full" })] })
        )
      )
      expect(
        textOf(one((yield* TestTracer.spans("acme")).filter(({ name }) => name === "execute_tool send")))
      ).toContain("content-acme")
    }).pipe(Effect.provide(tracing()))
  )
})
