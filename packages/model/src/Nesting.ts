/**
 * The types that catch an illegal nesting of spans at compile time, where it can be seen: in direct nesting and in
 * `pipe`. What passes through `Effect.gen`, `Effect.map` or a fork has no brand and is the recorder's to place.
 *
 * @since 0.1.0
 */
import type { registry } from "./SpanRegistry.js"
import type { SpanRole } from "./SpanRole.js"

declare const typeId: unique symbol

/**
 * The brand of an effect that is a span of `Role`. It exists in types only, and is optional so that an effect without
 * it fits everywhere.
 *
 * @since 0.1.0
 * @category models
 */
export interface InRole<out Role extends SpanRole> {
  readonly [typeId]?: Role
}

type Registry = typeof registry

/**
 * The roles that may sit directly under a span of `Outer`, read from the registry.
 *
 * A helper of role `Outer` takes `Effect<A, E, R> & InRole<ChildOf<Outer>>` and returns `Effect<A, E, R> &
 * InRole<Outer>`.
 *
 * @since 0.1.0
 * @category models
 */
export type ChildOf<Outer extends SpanRole> = {
  readonly [Role in SpanRole]: Outer extends Registry[Role]["parents"][number] ? Role : never
}[SpanRole]
