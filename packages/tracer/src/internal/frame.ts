/**
 * Runs an effect inside something that must begin and end: a context of its own and what happens after it, made and undone where nothing interrupts.
 * It is what `Effect.mapInputContext` and `Effect.onExit` do together, in a third of their steps: every span of a request goes through it.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"

export interface Frame<in A, in E> {
  /** What the effect runs in. */
  readonly context: Context.Context<never>
  /** Hears how the effect ended; must not throw. */
  readonly leave: (exit: Exit.Exit<A, E>) => void
  /** Nothing of our trace goes to whom the effect calls, unless its code says so itself. Default false. */
  readonly isRequest?: boolean | undefined
}

const setContext = (context: Context.Context<never>): Effect.Effect<void> =>
  FiberRef.set(FiberRef.currentContext, context)

/** Whatever `enter` begins is ended by `leave`: between them and the effect nobody can be interrupted. */
export const run = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  enter: () => Frame<A, E>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => {
    const outer = fiber.currentContext
    const { context, isRequest = false, leave } = enter()
    const inside = Effect.matchCauseEffect(restore(self), {
      onFailure: (cause) => end(Exit.failCause(cause)),
      onSuccess: (value) => end(Exit.succeed(value))
    })
    const end = (exit: Exit.Exit<A, E>) =>
      Effect.flatMap(setContext(outer), () => {
        leave(exit)
        return exit
      })
    const framed = Effect.flatMap(setContext(context), () => inside)
    return isRequest ? Effect.locally(framed, HttpClient.currentTracerPropagation, false) : framed
  })
