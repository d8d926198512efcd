/**
 * The stock parts of OpenTelemetry JS, as a careful engineer combines them: one provider, batch processor and OTLP exporter per tenant and
 * credential, in a bounded map that shuts down what it evicts. Every option is at its documented default unless the fault is about it.
 */
import { DiagLogLevel, diag, ROOT_CONTEXT, type Span, trace } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Effect, type Scope } from "effect"
import type { Options, SetUp, Tenant } from "../SetUp.js"
import * as Lru from "./Lru.js"
import { inTurns } from "./requests.js"

const providerOf = ({ endpoint, key }: Tenant, { batchSpans, queueSpans }: Options): BasicTracerProvider =>
  new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": "gateway" }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: endpoint, headers: { "x-key": key } }), {
        ...(batchSpans !== undefined && { maxExportBatchSize: batchSpans }),
        ...(queueSpans !== undefined && { maxQueueSize: queueSpans })
      })
    ]
  })

/** Reads in the log what the SDK says there: how many spans a full queue has dropped, and that an export failed. */
const listen = () => {
  const said = { lost: 0, errors: 0, waiting: 0 }
  const line = (message: unknown) => {
    const dropped = /Dropped (\d+) spans/.exec(String(message))?.[1]
    if (dropped === undefined) said.errors++
    else said.lost += Number(dropped)
  }
  const ignore = () => {}
  diag.setLogger({ error: line, warn: line, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN)
  return said
}

/** Starts it. */
export const make = (options: Options): Effect.Effect<SetUp, never, Scope.Scope> =>
  Effect.gen(function* () {
    const said = listen()
    const failed = () => {
      said.errors++
    }
    const going = new Set<Promise<void>>()
    const shutdown = (provider: BasicTracerProvider) => {
      const ended = provider.shutdown().catch(failed)
      going.add(ended)
      void ended.then(() => going.delete(ended))
    }
    const providers = Lru.make(options.capacity ?? 10_000, shutdown)
    const tracerOf = (tenant: Tenant) =>
      providers.get(JSON.stringify(tenant), () => providerOf(tenant, options)).getTracer("gateway")
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        for (const provider of providers.values()) shutdown(provider)
        return Effect.promise(() => Promise.all(going))
      })
    )

    const begin = (tenant: Tenant): (() => void) => {
      const tracer = tracerOf(tenant)
      const root = tracer.startSpan("job", { root: true })
      const call: Span = tracer.startSpan(
        "chat gpt-4o",
        { attributes: { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o" } },
        trace.setSpan(ROOT_CONTEXT, root)
      )
      return () => {
        call.end()
        root.end()
      }
    }
    return {
      emit: (tenant, requests) =>
        inTurns(
          requests,
          Effect.sync(() => begin(tenant)())
        ),
      open: (tenant) => Effect.sync(() => Effect.sync(begin(tenant))),
      flush: Effect.promise(() =>
        Promise.all(providers.values().map((provider) => provider.forceFlush().catch(failed)))
      ),
      said: Effect.sync(() => ({ ...said }))
    }
  })
