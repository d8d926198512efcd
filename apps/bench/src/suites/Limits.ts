/** Mark 9: what has no limit to keep, and is good to know. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Kind } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Stats from "../Stats.js"
import * as Suite from "../Suite.js"

const mark = 9

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Without a limit",
  seconds: { quick: 8, full: 60 },
  run: (plan) =>
    Effect.gen(function* () {
      const options = Rounds.options(plan)
      const sustain = (kind: Kind) =>
        Rounds.cell({
          name: "sustain",
          rounds: kind === "ours" ? undefined : 1,
          setting: { peer: kind, load: "as fast as it goes" },
          params: { kind, options, requests: plan.quick ? 3000 : 15_000 }
        })
      const close = (kind: Kind) =>
        Rounds.cell({
          name: "close",
          rounds: kind === "ours" ? undefined : 1,
          setting: { peer: kind, tenants: 1000, closing: true },
          params: { kind, options: Rounds.options(plan, { tenants: 1000, batchAge: 60_000 }) }
        })
      const measured = yield* Rounds.run(plan, [
        sustain("ours"),
        close("ours"),
        Rounds.cell({
          name: "cold",
          setting: { peer: "ours", cold: true },
          params: {
            kind: "ours",
            options: Rounds.options(plan, { tenants: plan.quick ? 40 : 200 }),
            port: plan.port
          }
        }),
        Rounds.cell({
          name: "cache",
          setting: { peer: "ours", cache: true },
          params: { rounds: plan.quick ? 8 : 40 }
        }),
        ...(plan.quick ? [] : [sustain("effect-otel"), sustain("lru-effect"), sustain("lru-otel"), close("lru-effect")])
      ])
      const find = Suite.finder(measured)
      const rate = find("rate", { peer: "ours" })
      const twice = Math.round(2 * Stats.median(rate.values))
      const overload = Number.isFinite(twice)
        ? yield* Rounds.run({ ...plan, rounds: 1 }, [
            Rounds.cell({
              name: "overload",
              setting: { peer: "ours", load: "twice what is sustained" },
              params: {
                kind: "ours",
                options: { ...options, room: "default" },
                rate: twice,
                seconds: plan.quick ? 1 : 8
              }
            })
          ])
        : []
      const outcomes = [...measured, ...overload]
      const reported = (name: string, part: Mark.Measured, factor = 1) =>
        Mark.evaluate(mark, name, null, [part], (value = Number.NaN) => value * factor)
      return {
        marks: [
          reported("ms from a new tenant's first span to its first byte", find("later", { cold: true })),
          reported("ns to find a tenant in the cache", find("hit", { cache: true })),
          reported("ns to evict one for another", find("eviction", { cache: true })),
          reported("ms to close with 1,000 busy tenants", find("millis", { peer: "ours", closing: true })),
          reported("spans per second that are sustained without loss", rate, 6),
          reported("spans per second of one core's time", find("perCore", { peer: "ours" })),
          reported(
            "part of the spans that is dropped at twice that",
            Suite.finder(overload)("dropped", { peer: "ours" })
          )
        ],
        rows: Suite.rows(mark, outcomes, {
          first: "first span to first byte of the first tenant of a process, ms",
          later: "first span to first byte of a later tenant, ms",
          hit: "a hit in the cache, ns",
          eviction: "an eviction with a construction, ns",
          millis: "closing with busy tenants, ms",
          rate: "requests of 6 spans per second that are sustained",
          perCore: "spans per second of CPU",
          dropped: "part of the spans that is dropped",
          late: "a request was late by at most, ms",
          resident: "bytes resident at the end of the load"
        })
      }
    })
}
