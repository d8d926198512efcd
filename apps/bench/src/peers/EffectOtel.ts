/** Peer 2: `@effect/opentelemetry` as its documentation sets it up, with a batch processor and the stock OTLP exporter. It knows one tenant. */
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import { Effect, Layer } from "effect"
import type { Make } from "../Peer.js"
import * as Otel from "./otel.js"
import * as Requests from "./requests.js"

/** Starts it. */
export const make: Make = (options) =>
  Effect.gen(function* () {
    const lost = Otel.listen()
    const spanProcessor = Otel.processor(0, options)
    const runtime = yield* Layer.toRuntime(
      NodeSdk.layer(() => ({ resource: { serviceName: "gateway" }, spanProcessor, shutdownTimeout: "30 seconds" }))
    )
    const run = Requests.runner(runtime)
    return {
      request: (_, index) => run(Requests.make(index, options.messages)),
      sized: (_, size, count) => run(Requests.sized(size, count)),
      inSpan: (_, work) => run(Requests.inSpan(work)),
      drain: Effect.promise(() => spanProcessor.forceFlush().catch(() => {})),
      lost
    }
  })
