/** Peer 1: Effect's own tracer, which keeps spans for as long as they are open and sends nothing. The floor. */
import { Effect, Runtime } from "effect"
import type { Make } from "../Peer.js"
import * as Requests from "./requests.js"

/** Starts it. */
export const make: Make = ({ messages }) =>
  Effect.sync(() => {
    const run = Requests.runner(Runtime.defaultRuntime)
    return {
      request: (_, index) => run(Requests.make(index, messages)),
      sized: (_, size, count) => run(Requests.sized(size, count)),
      inSpan: (_, work) => run(Requests.inSpan(work)),
      drain: Effect.void,
      lost: () => 0
    }
  })
