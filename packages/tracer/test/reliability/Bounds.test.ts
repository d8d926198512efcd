/** What a hung back end, and a thousand tenants that come and go, may cost the process. */
import { expect, it } from "@effect/vitest"
import { Fault } from "@tenant-tracer/receiver"
import { DestinationId } from "@tenant-tracer/tracer"
import { Array as Arr, Effect, Supervisor } from "effect"
import { backends, call, routeTo, tracer } from "../support/backends.js"
import { heap, resources, until, withoutStacks } from "../support/process.js"

const mebibyte = 1024 * 1024

it.scopedLive(
  "a hung back end under 200,000 spans stays inside the byte budget, and another tenant is served",
  () =>
    Effect.gen(function* () {
      yield* withoutStacks
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
      // Measured: 1.5 times, with what was compiled and two batches on their way.
      expect((yield* heap) - before).toBeLessThan(2 * perTenant)
    }),
  300_000
)

it.scopedLive(
  "1,000 tenants come and go: sockets, timers, fibers and heap are back at the base",
  () =>
    Effect.gen(function* () {
      yield* withoutStacks
      // A hundred tenants to an account: the receiver looks through all accounts for each request.
      const accounts = Array.from({ length: 10 }, (_, index) => `account-${index}`)
      const { awaitConnections, clear, spans, to } = yield* backends(...accounts)
      const supervisor = yield* Supervisor.track
      const running = Effect.zipWith(supervisor.value, resources, (fibers, { TCPSocketWrap = 0, Timeout = 0 }) => ({
        fibers: fibers.length,
        sockets: TCPSocketWrap,
        timers: Timeout
      }))
      const { balanced, flush, run, status } = yield* tracer(
        {
          batch: { maxAge: "100 millis" },
          cache: { capacity: 20, idleTimeToLive: "100 millis" },
          explain: { maxTraces: 1 }
        },
        { idleTimeToLive: "50 millis" }
      ).pipe(Effect.supervised(supervisor))
      const routes = Array.from({ length: 1000 }, (_, index) =>
        routeTo(`tenant-${index}`, [to("main", { key: `account-${index % 10}`, compression: "none" })])
      )
      const atRest = Effect.gen(function* () {
        yield* flush
        yield* until(status, ({ providers }) => providers.reaping === 0 && providers.size === 0)
        yield* awaitConnections(0)
        yield* clear()
      })
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

      // Its own fibers have begun to wait.
      yield* Effect.sleep("200 millis")
      const base = yield* until(running, ({ sockets }) => sockets === 0)
      // The first round makes what is kept on purpose: an account in the ledger for each tenant, compiled code.
      yield* Effect.zipRight(round, atRest)
      const before = yield* heap
      for (let times = 0; times < 2; times++) {
        yield* round
        expect((yield* status).providers.size).toBeLessThanOrEqual(20)
        const arrived = yield* Effect.forEach(accounts, (account) => Effect.map(spans(account), ({ length }) => length))
        expect(new Set(arrived)).toEqual(new Set([200]))
        yield* atRest
      }
      expect((yield* heap) - before).toBeLessThan(4 * mebibyte)
      // A clock that nothing is due on any more sleeps until the last that was called off would have been.
      yield* until(running, ({ fibers, timers }) => fibers <= base.fibers && timers <= base.timers).pipe(
        Effect.timeoutOption("10 seconds")
      )
      const { fibers, sockets, timers } = yield* running
      expect([fibers, sockets]).toEqual([base.fibers, 0])
      // The runner has timers, too.
      expect(timers).toBeLessThanOrEqual(base.timers + 1)
      expect((yield* status).providers.evictions).toBeGreaterThanOrEqual(3 * 980)
      expect(yield* balanced).toBe(true)
    }),
  300_000
)
