/** How long it takes to shut down while every tenant has something to send. */
import { Effect, Exit, Scope } from "effect"
import { arriving, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import { spansPerRequest } from "../Work.js"
import * as Clock from "./Clock.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
}

/** What came of it: milliseconds until it is closed and everything has arrived. */
export interface Result {
  readonly made: number
  readonly millis: number
}

/** Requests of each tenant that wait. */
const requests = 2

/** Measures it. */
export const run = ({ kind, options }: Params): Effect.Effect<Result> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const peer = yield* Scope.extend(peers[kind](options), scope)
    for (let tenant = 0; tenant < options.tenants; tenant++) {
      for (let index = 0; index < requests; index++) peer.request(tenant, index)
      if (tenant % 64 === 0) yield* Clock.turn
    }
    const began = performance.now()
    yield* Scope.close(scope, Exit.void)
    return {
      made: arriving(kind, options, options.tenants * requests * spansPerRequest),
      millis: performance.now() - began
    }
  })
