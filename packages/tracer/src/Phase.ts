/**
 * Live phases of a request: a phase is open while its effect runs, and the database calls inside nest under it by themselves.
 *
 * @since 0.1.0
 */
import type { ChildOf, InRole } from "@tenant-tracer/model/Nesting"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RoleSpan from "./internal/roleSpan.js"
import { CurrentRequest, type RequestTrace } from "./record/RequestTrace.js"

/**
 * A phase by name, from a closed set: its span is called `{name} {route}`.
 *
 * @example
 * ```ts
 * import { Phase } from "@tenant-tracer/tracer"
 * import { Effect } from "effect"
 *
 * export const budget = Effect.succeed("enough").pipe(Phase.make("budget"))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make =
  (name: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R> & InRole<ChildOf<"service">>): Effect.Effect<A, E, R> & InRole<"service"> =>
    Effect.withFiberRuntime<A, E, R>((fiber) => {
      const request = Option.getOrUndefined(Context.getOption(fiber.currentContext, CurrentRequest))
      const route = request === undefined ? undefined : routeOf(request)
      return RoleSpan.around(self, "service", { service: name, phase: route === undefined ? name : `${name} ${route}` })
    })

/**
 * The phase in which a request learns whose it is.
 *
 * @since 0.1.0
 * @category phases
 */
export const auth: <A, E, R>(
  self: Effect.Effect<A, E, R> & InRole<ChildOf<"service">>
) => Effect.Effect<A, E, R> & InRole<"service"> = make("auth")

const routeOf = ({ root }: RequestTrace): string | undefined => {
  const route = root?.attributes.get("http.route")
  if (typeof route === "string") return route
  return root?.data?._tag === "proxy_request" ? root.data.route : undefined
}
