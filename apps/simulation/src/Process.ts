/** One process of the library's: the real layer, with virtual time, a simulated network, and a log that is read. */
import { inspect } from "node:util"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Random from "effect/Random"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { Spool, TenantTracer, Tracing, type TracingConfig, Transport } from "tenant-tracer"
import type { Model } from "./model/Model.js"
import type { Turns } from "./virtual/Turns.js"
import type { Time, VirtualClock } from "./virtual/VirtualClock.js"

/** A process, from its start until it has closed or crashed. */
export interface Process {
  readonly number: number
  readonly model: Model
  readonly turns: Turns
  readonly service: TenantTracer.Service
  /** Runs an effect as the app would; it has begun when this returns. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E, TenantTracer.TenantTracer>) => Fiber.RuntimeFiber<A, E>
  /** Lets time pass up to this moment, and whoever is due by then do what he waited for. */
  readonly advance: (until: number) => void
  /** Begins to close; time must pass until it is closed. */
  readonly close: () => void
  readonly state: () => "running" | "closing" | "closed"
  /** Ends it where it stands: nothing of it runs any more. */
  readonly kill: () => void
}

/** What a process is made of. */
export interface Options {
  readonly number: number
  readonly seed: number
  readonly config: TracingConfig.TracingConfig
  readonly time: Time
  readonly clock: VirtualClock
  readonly turns: Turns
  readonly model: Model
  readonly transport: Transport.Transport.Service
  readonly spool: Spool.Spool.Service | undefined
  readonly onLog: (line: string) => void
}

const logger = (onLog: (line: string) => void): Layer.Layer<never> =>
  Layer.merge(
    Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ annotations, cause, logLevel, message }) =>
        onLog(`${logLevel.label} ${inspect([message, cause, Object.fromEntries(annotations)], { depth: 10 })}`)
      )
    ),
    Logger.minimumLogLevel(LogLevel.Debug)
  )

/** Starts a process. */
export const start = (options: Options): Process => {
  const { clock, model, time, turns } = options
  const scope = Effect.runSync(Scope.make())
  const layer = Layer.provide(
    TenantTracer.layer(options.config),
    Layer.mergeAll(
      Tracing.vocabularies,
      Layer.succeed(Transport.Transport, options.transport),
      options.spool === undefined ? Layer.empty : Layer.succeed(Spool.Spool, options.spool)
    )
  )
  const building = Effect.runFork(
    Layer.toRuntime(layer).pipe(
      Scope.extend(scope),
      Effect.provide(logger(options.onLog)),
      Effect.withRandom(Random.make(`${options.seed} ${options.number}`)),
      Effect.withClock(clock)
    ),
    { scheduler: turns }
  )
  turns.drain()
  const built = building.unsafePoll()
  if (built === null || Exit.isFailure(built)) throw new Error(`the layer could not be built: ${inspect(built)}`)
  const runtime = built.value
  const service = Context.get(runtime.context, TenantTracer.TenantTracer)
  const fork: Process["fork"] = (effect) => Runtime.runFork(runtime)(effect)
  let state: ReturnType<Process["state"]> = "running"

  return {
    number: options.number,
    model,
    turns,
    service,
    fork,
    advance: (until) => {
      turns.drain()
      for (let next = clock.next(); next !== undefined && next <= until; next = clock.next()) {
        time.now = Math.max(time.now, next)
        model.sweep(time.now)
        clock.wake()
        turns.drain()
      }
      time.now = until
    },
    close: () => {
      state = "closing"
      fork(Scope.close(scope, Exit.void)).addObserver(() => {
        state = "closed"
      })
      turns.drain()
    },
    state: () => state,
    kill: () => {
      state = "closed"
      turns.stop()
    }
  }
}
