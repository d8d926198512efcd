/** The whole tracer over real HTTP on the loopback address. */

import * as Destination from "@tenant-tracer/model/Destination"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import { type Fault, Receiver } from "@tenant-tracer/receiver"
import type { TracingConfig } from "@tenant-tracer/tracer"
import { EndpointPolicy, Ledger, Spans, type Spool, TenantTracer, UndiciTransport } from "@tenant-tracer/tracer"
import { Context, Effect, Either, Exit, Layer, Logger, Redacted, Scope } from "effect"
import { vocabularies } from "./tracing.js"

export type Options = Partial<Destination.Options> & { readonly key?: string }

/** A receiver with an account per key, told apart by the header `x-key`. */
export const backends = (...keys: ReadonlyArray<string>) =>
  Effect.map(Receiver.make({ accounts: keys.map((key) => ({ id: key, headers: { "x-key": key } })) }), (receiver) => ({
    ...receiver,
    /** A destination to the account of its name, or of `key`. */
    to: (name: string, { key = name, ...options }: Options = {}) =>
      Either.getOrThrow(
        Destination.make({
          name,
          endpoint: `${receiver.url}/v1/traces`,
          headers: { "x-key": Redacted.make(key) },
          ...options
        })
      ),
    script: (account: string, ...steps: ReadonlyArray<Fault.Step>) => receiver.script(account, steps),
    /** Everything that an account was sent, as text. */
    bytes: (account: string) =>
      Effect.map(receiver.received(account), (deliveries) =>
        deliveries
          .map(({ body, headers }) => `${JSON.stringify(headers)}\n${Buffer.from(body).toString("latin1")}`)
          .join("\n")
      )
  }))

export const routeTo = (
  tenant: string,
  destinations: ReadonlyArray<Destination.Destination>,
  options: Partial<Parameters<typeof TenantRoute.make>[0]> = {}
) => TenantRoute.make({ tenant, destinations, ...options })

/** Log lines become span events as ever, and are not printed. */
const quiet = Logger.remove(Logger.defaultLogger)

/** Receivers are on the loopback address, which tenants' destinations may not reach by default. */
const endpoints = EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] })

/** A tracer that is closed before its receiver, or earlier by `close`. */
export const tracer = <E = never>(
  config: TracingConfig.TracingConfig = {},
  transport: UndiciTransport.Options = {},
  spool: Layer.Layer<Spool.Spool, E> | Layer.Layer<never> = Layer.empty
) =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope, exit) => Scope.close(scope, exit))
    const runtime = yield* Layer.toRuntime(
      TenantTracer.layer({ endpoints, ...config }).pipe(
        Layer.provide([UndiciTransport.layer(transport), spool]),
        Layer.provide(vocabularies),
        Layer.provideMerge(quiet)
      )
    ).pipe(Scope.extend(scope))
    const service = Context.get(runtime.context, TenantTracer.TenantTracer)
    return {
      ...service,
      run: <A, E>(effect: Effect.Effect<A, E, TenantTracer.TenantTracer>) => Effect.provide(effect, runtime),
      row: (id: string) => Effect.map(service.status, ({ ledger }) => ledger.rows.find((row) => row.id === id)),
      /** Every account of the ledger adds up, and the sum with them. */
      balanced: Effect.map(service.status, ({ ledger: { rows, total } }) => [...rows, total].every(Ledger.balances)),
      close: Scope.close(scope, Exit.void)
    }
  })

/** One model call and nothing else, in a request of its own. */
export const call = (route: TenantRoute.TenantRoute, requestModel = "gpt-4o") =>
  Effect.void.pipe(
    Spans.llmCall({ operation: "chat", provider: "openai", requestModel }),
    TenantTracer.withRoute(route)
  )
