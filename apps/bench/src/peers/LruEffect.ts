/** Peer 3a: OTel JS, one provider per tenant in an LRU, through Effect: a request runs with the tracer of its tenant, which must be known when it begins. */
import * as OtelTracer from "@effect/opentelemetry/Tracer"
import { Effect, Runtime } from "effect"
import type { Make } from "../Peer.js"
import * as Otel from "./otel.js"
import * as Providers from "./providers.js"
import * as Requests from "./requests.js"

/** Starts it. */
export const make: Make = (options) =>
  Effect.gen(function* () {
    const lost = Otel.listen()
    const providers = yield* Providers.make(options, (provider) =>
      Effect.runSync(Effect.provideService(OtelTracer.make, OtelTracer.OtelTracer, provider.getTracer("gateway")))
    )
    const run = Requests.runner(Runtime.defaultRuntime)
    return {
      request: (tenant, index) => run(Effect.withTracer(Requests.make(index, options.messages), providers.get(tenant))),
      sized: (tenant, size, count) => run(Effect.withTracer(Requests.sized(size, count), providers.get(tenant))),
      inSpan: (tenant, work) => run(Effect.withTracer(Requests.inSpan(work), providers.get(tenant))),
      drain: providers.drain,
      lost
    }
  })
