/**
 * Runs an effect inside something that must begin and end: a context of its own and what happens after it, made and undone where nothing interrupts.
 * It is what `Effect.mapInputContext` and `Effect.onExit` do together, in a quarter of their steps: every span of a request goes through it.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import { copied } from "./copied.js"

export interface Frame<in A, in E> {
  /** What the effect runs in. */
  readonly context: Context.Context<never>
  /** Hears how the effect ended; must not throw. */
  readonly leave: (exit: Exit.Exit<A, E>) => void
  /** Nothing of our trace goes to whom the effect calls, unless its code says so itself. Default false. */
  readonly isRequest?: boolean | undefined
}

/** Whatever `enter` begins is ended by `leave`: between them and the effect nobody can be interrupted. */
export const run = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  running: Fiber.RuntimeFiber<unknown, unknown>,
  enter: () => Frame<A, E>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => {
    const fiber = running as Own
    const { context, isRequest = false, leave } = enter()
    const outside = refsOf(fiber)
    const inside = changed(fiber, context, isRequest ? false : undefined)
    const outer = fiber.currentContext
    const propagates = isRequest ? fiber.getFiberRef(HttpClient.currentTracerPropagation) : undefined
    fiber.setFiberRefs(inside)
    const end = (exit: Exit.Exit<A, E>) => {
      fiber.setFiberRefs(fiber._fiberRefs === inside ? outside : changed(fiber, outer, propagates))
      leave(exit)
      return exit
    }
    return Effect.matchCauseEffect(restore(self), {
      onFailure: (cause) => end(Exit.failCause(cause)),
      onSuccess: (value) => end(Exit.succeed(value))
    })
  })

/**
 * What a fiber has and its type does not tell. `FiberRef.set` copies all references each time and compares the two contexts by what is in them, and
 * `getFiberRefs` copies them, too: here they are copied once, and are what they were where nobody else has changed any.
 */
interface Own extends Fiber.RuntimeFiber<unknown, unknown> {
  readonly _fiberRefs?: FiberRefs.FiberRefs
  readonly setFiberRefs: (refs: FiberRefs.FiberRefs) => void
}

const refsOf = (fiber: Own): FiberRefs.FiberRefs => fiber._fiberRefs ?? fiber.getFiberRefs()

/** The references of a fiber with this context, and with this answer to whether trace headers are sent, where there is one. */
const changed = (fiber: Own, context: Context.Context<never>, propagates: boolean | undefined): FiberRefs.FiberRefs => {
  const locals = copied(refsOf(fiber).locals)
  put(locals, fiber.id(), FiberRef.currentContext, context)
  if (propagates !== undefined) put(locals, fiber.id(), HttpClient.currentTracerPropagation, propagates)
  return FiberRefs.unsafeMake(locals)
}

/** Values are kept with the fiber that set them, its own first, so that a join knows what is new. */
const put = <A>(
  locals: FiberRefs.FiberRefs["locals"],
  id: FiberId.Single,
  ref: FiberRef.FiberRef<A>,
  value: A
): void => {
  const known = locals.get(ref)
  if (known === undefined) locals.set(ref, [[id, value]])
  else locals.set(ref, [[id, value], ...(Equal.equals(known[0][0], id) ? known.slice(1) : known)])
}
