/** What tracing is added to: the same requests with tracing off. */
import { Effect, Runtime } from "effect"
import type { Make } from "../Peer.js"
import * as Requests from "./requests.js"

/** Starts it. */
export const make: Make = ({ messages }) =>
  Effect.sync(() => {
    const runner = Requests.runner(Runtime.defaultRuntime)
    const run = (request: Effect.Effect<void>) => runner(Effect.withTracerEnabled(request, false))
    return {
      request: (_, index) => run(Requests.make(index, messages)),
      sized: (_, size, count) => run(Requests.sized(size, count)),
      inSpan: (_, work) => run(Requests.inSpan(work)),
      drain: Effect.void,
      lost: () => 0
    }
  })
