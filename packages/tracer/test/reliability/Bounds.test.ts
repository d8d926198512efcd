/** What a hung back end, and a thousand tenants that come and go, may cost the process. */
import { expect, it } from "@effect/vitest"
import { Fault } from "@tenant-tracer/receiver"
import { DestinationId } from "@tenant-tracer/tracer"
import { Array as Arr, Effect, Supervisor } from "effect"
import { backends, call, routeTo, tracer } from "../support/backends.js"
import { heap, resources, until } from "../support/process.js"

const mebibyte = 1024 * 1024

it.scopedLive(
  "a hung back end under 200,000 spans stays inside the byte budget, and another tenant is served",
  () =>
    Effect.gen(function* () {
      const { awaitSpans, clear, script, spans, to } = yield* backends("hung", "well")
      yield* script("hung", Fault.forever(Fault.hang))
      const perTenant = 4 * mebibyte
      const { balanced, row, run, status } = yield* tracer({
        budget: { maxBytes: 8 * mebibyte, perTenant },
        queue: { maxSpans: 1_000_000, maxBytes: 1024 * mebibyte },
        batch: { maxAge: "50 millis" },
        explain: { maxTraces: 1 },
        shutdownDeadline: "100 millis"
      })
      const hung = routeTo("hung", [to("hung")])
      const well = routeTo("well", [to("well")])
      yield* run(call(hung))
      // What is compiled on the way is not what spans take.
      yield* Effect.repeatN(run(call(well)), 999)
      yield* awaitSpans("well", 2000)
      yield* clear("well")
      const before = yield* heap
      let most = 0
      for (let portion = 0; portion < 20; portion++) {
        yield* Effect.repeatN(run(call(hung)), 4999)
        most = Math.max(most, (yield* status).budget.used)
        yield* run(call(well))
        yield* awaitSpans("well", 2 * (portion + 1))
      }
      expect(most).toBeLessThanOrEqual(perTenant + 64 * 1024)
      expect(most).toBeGreaterThan(perTenant / 2)
      const id = DestinationId.make({ tenant: "hung", name: "hung" })
      const account = yield* row(id)
      expect(account).toMatchObject({ made: 200_002, delivered: 0, rejected: {} })
      const lost = Object.values(account?.dropped ?? {}).reduce((sum, count) => sum + count, 0)
      expect(lost + (account?.held ?? 0)).toBe(200_002)
      expect(Object.keys(account?.dropped ?? {})).toEqual(["tenant_quota"])
      expect(yield* spans("well")).toHaveLength(40)
      expect(yield* balanced).toBe(true)
      // The estimate is not off by much: roots are kept longest, and hold on to what their requests have lost.
      expect((yield* heap) - before).toBeLessThan(3 * perTenant)
    }),
  120_000
)

it.scopedLive(
  "1,000 tenants come and go: sockets, timers, fibers and heap are back at the base",
  () =>
    Effect.gen(function* () {
      // A hundred tenants to an account: the receiver looks through all accounts for each request.
      const accounts = Array.from({ length: 10 }, (_, index) => `account-${index}`)
      const { awaitConnections, clear, spans, to } = yield* backends(...accounts)
      const supervisor = yield* Supervisor.track
      const fibers = Effect.map(supervisor.value, (running) => running.length)
      const { balanced, flush, run, status } = yield* tracer(
        { cache: { capacity: 20, idleTimeToLive: "100 millis" }, explain: { maxTraces: 1 } },
        { idleTimeToLive: "50 millis" }
      ).pipe(Effect.supervised(supervisor))
      const routes = Array.from({ length: 1000 }, (_, index) =>
        routeTo(`tenant-${index}`, [to("main", { key: `account-${index % 10}` })])
      )
      const atRest = Effect.gen(function* () {
        yield* flush
        yield* until(Effect.map(status, ({ providers }) => providers.reaping === 0 && providers.size === 0))
        yield* awaitConnections(0)
        yield* clear()
      })

      const [first] = routes
      yield* first === undefined ? Effect.void : run(call(first))
      yield* atRest
      const base = { fibers: yield* fibers, resources: yield* resources }
      // Fifty at a time: what a thousand evictions at once may cost is a matter of the deadline for closing them.
      const round = Effect.forEach(
        Arr.chunksOf(routes, 50),
        (some) =>
          Effect.zipRight(
            Effect.forEach(some, (route) => run(call(route)), { discard: true }),
            flush
          ),
        { discard: true }
      )
      // The first round makes what is kept on purpose: an account in the ledger for each tenant, compiled code.
      yield* Effect.zipRight(round, atRest)
      const before = yield* heap
      for (let times = 0; times < 3; times++) {
        yield* round
        expect((yield* status).providers.size).toBeLessThanOrEqual(20)
        const arrived = yield* Effect.forEach(accounts, (account) => Effect.map(spans(account), ({ length }) => length))
        expect(new Set(arrived)).toEqual(new Set([200]))
        yield* atRest
      }
      expect((yield* heap) - before).toBeLessThan(4 * mebibyte)
      expect(yield* fibers).toBe(base.fibers)
      yield* until(
        Effect.map(resources, ({ TCPSocketWrap = 0 }) => TCPSocketWrap <= (base.resources.TCPSocketWrap ?? 0))
      )
      expect((yield* resources).Timeout ?? 0).toBeLessThanOrEqual((base.resources.Timeout ?? 0) + 1)
      expect((yield* status).providers.evictions).toBeGreaterThanOrEqual(4 * 980)
      expect(yield* balanced).toBe(true)
    }),
  120_000
)
