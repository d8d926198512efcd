/**
 * That our destination gets along with what each vendor does with a span whose parent it does not have: nothing that leaves is an orphan, in whatever order
 * it leaves, and what is missing is what somebody else has lost.
 */
import { describe, expect, it } from "@effect/vitest"
import { type Receiver, SpanTree, type VendorRules } from "@tenant-tracer/receiver"
import { Deferred, Effect, Fiber } from "effect"
import { type Destination, Spans, TenantRoute, TenantTracer } from "tenant-tracer"
import { named, playing } from "./support/contracts.js"
import { handled, roleOf, size, tree } from "./support/exchange.js"

const shown = (receiver: Receiver.Receiver.Service) =>
  Effect.map(receiver.shown("acme"), (spans) => SpanTree.print(spans, { label: roleOf }))

/** How many spans of a trace are shown, of which all but the root are there. */
const withoutRoot: Readonly<Record<VendorRules.Orphans["shown"], number>> = {
  always: size - 1,
  with_root: 0,
  with_parents: 0
}

const route = (destination: Destination.Destination) =>
  TenantRoute.make({ tenant: "acme", destinations: [destination] })

describe.each(named)("%s", (_, contract) => {
  const { orphans } = contract.rules

  it.scopedLive("shows all of a request whose root comes last, and before that what its page says", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      const seen: Array<number> = []
      const before = Effect.gen(function* () {
        yield* TenantTracer.flush
        seen.push((yield* receiver.spans("acme")).length, (yield* receiver.shown("acme")).length)
      })
      yield* handled(destination, { before }).pipe(
        Effect.zipRight(receiver.awaitSpans("acme", size)),
        Effect.provide(tracing)
      )
      expect(seen).toEqual([size - 1, withoutRoot[orphans.shown]])
      expect(yield* shown(receiver)).toBe(tree)
    })
  )

  it.scopedLive("shows what goes on after the answer under a root that is there before", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      yield* Effect.gen(function* () {
        const answered = yield* Deferred.make<void>()
        const call = Deferred.await(answered).pipe(
          Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4o" })
        )
        const late = yield* Effect.forkDaemon(call).pipe(
          Effect.zipLeft(Effect.yieldNow()),
          TenantTracer.withRoute(route(destination), { name: "request" })
        )
        yield* TenantTracer.flush
        yield* receiver.awaitSpans("acme", 1)
        expect(yield* shown(receiver)).toBe("proxy_request")
        yield* Deferred.succeed(answered, undefined)
        yield* Fiber.join(late)
        yield* TenantTracer.flush
      }).pipe(Effect.provide(tracing))
      expect(yield* shown(receiver)).toBe("proxy_request\n└── llm_call")
    })
  )

  it.scopedLive("shows what is left of a request of which its destination hides parts", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      const seen = (view: Destination.DestinationView, count: number) =>
        handled({ ...destination, view }).pipe(
          Effect.zipRight(receiver.awaitSpans("acme", count)),
          Effect.zipRight(shown(receiver)),
          Effect.zipLeft(receiver.clear())
        )
      const [hidden, alone] = yield* Effect.all([
        seen({ hide: ["service"] }, size - 1),
        seen({ spans: "llm_only" }, 1)
      ]).pipe(Effect.provide(tracing))
      // The phase is closed over: its database call hangs under the root.
      expect(hidden).toBe(tree.replace("├── auth\n│   └── db_call", "├── db_call"))
      expect(alone).toBe("llm_call")
    })
  )

  it.scopedLive("shows a request whose caller has a trace elsewhere, which is only linked to", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"]
      yield* handled(destination, { headers: { traceparent: `00-${traceId}-${spanId}-01` } }).pipe(
        Effect.zipRight(receiver.awaitSpans("acme", size)),
        Effect.provide(tracing)
      )
      expect(yield* shown(receiver)).toBe(tree)
      const root = (yield* receiver.spans("acme")).find((span) => roleOf(span) === "proxy_request")
      expect(root?.traceId).not.toBe(traceId)
      expect(root?.links).toMatchObject([{ traceId, spanId }])
    })
  )

  it.scopedLive("shows a caller's trace that is continued, if the caller's spans go there, too", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      const continuing = { ...destination, callerTrace: "continue" } as const
      yield* Effect.gen(function* () {
        const { spanId, traceId } = yield* Effect.currentSpan.pipe(
          Effect.orDie,
          TenantTracer.withRoute(route(destination), { name: "caller" })
        )
        yield* handled(continuing, { headers: { traceparent: `00-${traceId}-${spanId}-01` } })
        yield* receiver.awaitSpans("acme", size + 1)
      }).pipe(Effect.provide(tracing))
      const lines = (yield* shown(receiver)).split("\n")
      expect(lines).toEqual([
        "proxy_request",
        "└── proxy_request",
        ...tree
          .split("\n")
          .slice(1)
          .map((line) => `    ${line}`)
      ])
    })
  )

  it.scopedLive("shows, of a trace whose caller keeps its spans elsewhere, what its page says", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      yield* handled(
        { ...destination, callerTrace: "continue" },
        { headers: { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" } }
      ).pipe(Effect.zipRight(receiver.awaitSpans("acme", size)), Effect.provide(tracing))
      expect(yield* receiver.shown("acme")).toHaveLength(orphans.shown === "always" ? size : 0)
    })
  )
})
