/**
 * Where a span with a role hangs in its tree, by what the registry says of its role.
 *
 * @since 0.1.0
 */
import * as SpanRegistry from "@tenant-tracer/model/SpanRegistry"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import type { Ancestry } from "./RecordedSpan.js"

/**
 * The parent of a span with a role: for roles anchored at the request the nearest open agent or tool call that may hold it, else the root; for
 * the others the active span, unless the nearest role above it may not hold them, then the nearest that may.
 *
 * @since 0.1.0
 * @category anchors
 */
export const anchor = (
  role: SpanRole,
  active: Ancestry | undefined,
  root: Ancestry | undefined,
  onReanchored: () => void
): Ancestry | undefined => {
  const { anchor, parents } = SpanRegistry.specOf(role)
  const mayHold = (node: Ancestry): boolean => node === root || (node.role !== undefined && parents.includes(node.role))
  if (anchor === "request") {
    if (root === undefined) return active
    let node = active
    while (
      node !== undefined &&
      !(node.state === "open" && (node.role === "agent" || node.role === "tool_call") && mayHold(node))
    )
      node = node.parent
    return node ?? root
  }
  let nearest = active
  while (nearest !== undefined && nearest.role === undefined && nearest !== root) nearest = nearest.parent
  if (nearest === undefined || mayHold(nearest)) return active
  onReanchored()
  while (nearest !== undefined && !mayHold(nearest)) nearest = nearest.parent
  return nearest ?? root
}

/**
 * Whether a span with a role lies between an active span and the parent that was chosen instead.
 *
 * @since 0.1.0
 * @category anchors
 */
export const isInsideRole = (active: Ancestry, parent: Ancestry | undefined): boolean => {
  for (let node: Ancestry | undefined = active; node !== undefined && node !== parent; node = node.parent) {
    if (node.role !== undefined) return true
  }
  return false
}

/**
 * The role, unless the active span is inside one of the same role already: then it is a part of that, not a second one.
 *
 * @since 0.1.0
 * @category anchors
 */
export const unlessWithin = (role: SpanRole | undefined, active: Ancestry | undefined): SpanRole | undefined => {
  if (role === undefined) return undefined
  let outer = active
  while (outer !== undefined && outer.role === undefined) outer = outer.parent
  return outer?.role === role ? undefined : role
}
