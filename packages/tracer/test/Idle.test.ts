/** What is left of a tenant that does nothing: over real HTTP. */
import { describe, expect, it } from "@effect/vitest"
import type * as Destination from "@tenant-tracer/model/Destination"
import { Fault } from "@tenant-tracer/receiver"
import { DestinationId, TenantTracer } from "@tenant-tracer/tracer"
import { Effect, Redacted } from "effect"
import { backends, call, routeTo, tracer } from "./support/backends.js"

const config = { cache: { idleTimeToLive: "40 millis" }, breaker: { failures: 1, minWait: "1 hour" } } as const

const until = (isSo: Effect.Effect<boolean>) =>
  Effect.repeat(Effect.zipRight(Effect.sleep("5 millis"), isSo), { until: (so) => so })

describe("a tenant that does nothing", () => {
  it.scopedLive("keeps no provider, and its next span goes the same way", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("acme")
      const { balanced, flush, run, status } = yield* tracer(config)
      const route = routeTo("acme", [to("acme")])
      for (const arrived of [2, 4]) {
        yield* run(call(route))
        yield* flush
        yield* until(Effect.map(status, ({ providers }) => providers.size === 0 && providers.reaping === 0))
        expect(yield* spans("acme")).toHaveLength(arrived)
      }
      expect((yield* status).providers).toMatchObject({ misses: 2, evictions: 2 })
      expect(yield* balanced).toBe(true)
    })
  )

  const renewed = {
    _tag: "Headers",
    headers: { "x-key": Redacted.make("acme"), "x-new": Redacted.make("yes") }
  } as const

  /** One is idle for long while another comes and goes. */
  const stays = (
    destination: (to: Destination.Destination) => Destination.Destination,
    ...steps: ReadonlyArray<Fault.Step>
  ) =>
    Effect.gen(function* () {
      const { script, to } = yield* backends("acme", "other")
      yield* script("acme", ...steps)
      const { flush, row, run, status } = yield* tracer({
        ...config,
        credentials: { resolve: () => Effect.succeedSome(renewed) }
      })
      yield* run(call(routeTo("acme", [destination(to("acme"))])))
      yield* flush
      yield* run(call(routeTo("other", [to("other")])))
      yield* flush
      yield* until(Effect.map(status, ({ providers }) => providers.size === 1 && providers.reaping === 0))
      const { destinations, providers } = yield* status
      expect(destinations[0]).toMatchObject({ queued: 0, breaker: { state: "closed" }, paused: undefined })
      return { providers, row, run, flush }
    })

  it.scopedLive("keeps the token that was minted for it", () =>
    Effect.gen(function* () {
      let minted = 0
      const { providers } = yield* stays((to) => ({
        ...to,
        auth: {
          _tag: "Token",
          account: Redacted.make("account"),
          mint: Effect.sync(() => {
            minted++
            return { "x-key": Redacted.make("acme") }
          })
        }
      }))
      expect([providers.evictions, minted]).toEqual([1, 1])
    })
  )

  it.scopedLive("keeps count of its requests where its back end takes only so many", () =>
    Effect.gen(function* () {
      const { providers } = yield* stays((to) => ({ ...to, limits: { requestsPerMinute: 60 } }))
      expect(providers.evictions).toBe(1)
    })
  )

  it.scopedLive("keeps the credential that was asked for in place of its own", () =>
    Effect.gen(function* () {
      const { providers } = yield* stays((to) => to, Fault.status(401))
      expect(providers.evictions).toBe(1)
    })
  )

  it.scopedLive("can be sent again what its back end has refused", () =>
    Effect.gen(function* () {
      const { flush, row, run } = yield* stays((to) => to, Fault.status(400))
      const id = DestinationId.make({ tenant: "acme", name: "acme" })
      expect(yield* run(TenantTracer.replay(id))).toBe(2)
      yield* flush
      expect(yield* row(id)).toMatchObject({ delivered: 2, rejected: { http_400: 2 } })
    })
  )
})
