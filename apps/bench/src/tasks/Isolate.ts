/**
 * What a tenant notices of others: how long its spans are on their way while three of the tenants are dead, slow and flooding, and while they are as
 * all the others.
 */
import { Effect } from "effect"
import type { Kind, Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Sink from "../Sink.js"
import * as Stats from "../Stats.js"
import * as Tenants from "../Tenants.js"
import { spansPerRequest } from "../Work.js"
import * as Pace from "./Pace.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  /** The port of the sink, and that of the one that the dead tenant and the slow one have as theirs. */
  readonly port: number
  readonly sickPort: number
  /** Requests of a second, of the healthy tenants together. */
  readonly rate: number
  /** Requests of a second of the tenant that floods; 0 where all are healthy. */
  readonly flood: number
  readonly seconds: number
}

/** What came of it, in milliseconds from the end of a healthy tenant's span to its arrival. */
export interface Result {
  readonly p50: number
  readonly p99: number
  /** The part of all others' spans that was lost. */
  readonly flooded: number
}

/** Who is not healthy. */
export const dead = 0
export const slow = 1
export const flooding = 2
const sick = 3

/** Where the spans of the dead tenant and of the slow one go. */
export const elsewhere = (port: number): Readonly<Record<number, string>> => ({
  [dead]: `http://127.0.0.1:${port}/hang/v1/traces`,
  [slow]: `http://127.0.0.1:${port}/slow/v1/traces`
})

/** Measures it. */
export const run = ({ flood, kind, options, port, rate, seconds, sickPort }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](flood > 0 ? { ...options, elsewhere: elsewhere(sickPort) } : options)
      const next = Tenants.traffic(options.tenants - sick, "uniform")
      let index = 0
      const healthy = () => peer.request(sick + next(), index++)
      yield* Pace.run(rate, Math.max(1, options.tenants / rate), healthy)
      yield* peer.drain
      yield* Sink.reset(sickPort)
      yield* Sink.reset(port, true)
      const before = index
      const lostBefore = peer.lost()
      let others = 0
      // Between two requests of healthy tenants as many as are due of the others.
      let due = 0
      const one = () => {
        healthy()
        for (due += flood / rate; due >= 1; due--) {
          peer.request(flooding, index + others++)
          if (others % 10 === 0) for (const tenant of [dead, slow]) peer.request(tenant, index + others++)
        }
      }
      yield* Pace.run(rate, seconds, one)
      // Who asks too early disturbs what is still to come.
      yield* Effect.sleep(options.batchAge + 100)
      const expected = (index - before) * spansPerRequest
      const arrivals = yield* Sink.until(Sink.arrivals(port), (arrivals) => millis(arrivals).length >= expected, 5000)
      yield* Sink.release(sickPort)
      const all = millis(arrivals)
      if (all.length !== expected)
        return yield* Effect.dieMessage(`${all.length} of ${expected} spans of healthy tenants arrived`)
      return {
        p50: Stats.quantile(all, 0.5),
        p99: Stats.quantile(all, 0.99),
        flooded: others === 0 ? 0 : (peer.lost() - lostBefore) / (others * spansPerRequest)
      }
    })
  )

/** Of the healthy tenants, how long each span was on its way. */
const millis = (arrivals: Sink.Arrivals): ReadonlyArray<number> =>
  Object.entries(arrivals).flatMap(([tenant, seconds]) =>
    Number(tenant) < sick ? [] : seconds.map((value) => value * 1000)
  )
