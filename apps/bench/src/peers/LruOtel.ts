/** Peer 3b: the providers of peer 3a on the bare API of OpenTelemetry, without Effect: contexts are handed on by hand, which is the fastest way there is. */
import { ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api"
import { Effect } from "effect"
import type { Make } from "../Peer.js"
import * as Work from "../Work.js"
import * as Otel from "./otel.js"
import * as Providers from "./providers.js"

/** Nobody routes here: it is known from the start. */
const root = { ...Work.attributes.root, "http.route": Work.route }

/** Starts it. */
export const make: Make = (options) =>
  Effect.gen(function* () {
    const lost = Otel.listen()
    const providers = yield* Providers.make(options, (provider) => provider.getTracer("gateway"))
    return {
      request: (tenant, index) => {
        const tracer = providers.get(tenant)
        const { attributes, names } = Work
        const server = tracer.startSpan(names.root, { root: true, kind: SpanKind.SERVER, attributes: root })
        const inRoot = trace.setSpan(ROOT_CONTEXT, server)
        const auth = tracer.startSpan(names.auth, { kind: SpanKind.INTERNAL, attributes: attributes.auth }, inRoot)
        const inAuth = trace.setSpan(inRoot, auth)
        tracer.startSpan(names.cache, { kind: SpanKind.CLIENT, attributes: attributes.cache }, inAuth).end()
        tracer.startSpan(names.database, { kind: SpanKind.CLIENT, attributes: attributes.database }, inAuth).end()
        auth.end()
        tracer.startSpan(names.guardrail, { kind: SpanKind.INTERNAL, attributes: attributes.guardrail }, inRoot).end()
        const call = Work.callAttributes(index, options.messages)
        tracer.startSpan(names.call, { kind: SpanKind.CLIENT, attributes: call }, inRoot).end()
        server.end()
      },
      sized: (tenant, size, count) => {
        const tracer = providers.get(tenant)
        const { names } = Work
        const server = tracer.startSpan(names.root, { root: true, kind: SpanKind.SERVER, attributes: root })
        const inRoot = trace.setSpan(ROOT_CONTEXT, server)
        for (let index = 0; index < count; index++) {
          const [name, own] =
            size === "small"
              ? [names.cache, Work.small.attributes()]
              : [names.call, Work.callAttributes(index, size === "messages")]
          tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: own }, inRoot).end()
        }
        server.end()
      },
      inSpan: () => {},
      drain: providers.drain,
      lost
    }
  })
