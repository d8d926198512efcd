/**
 * What OTLP says in numbers, in whatever format.
 */
import type { Double, RenderedSpan, Value } from "../RenderedSpan.js"

export const kinds: { readonly [Kind in RenderedSpan["kind"]]: number } = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5
}

export const statusCodes: { readonly [Code in RenderedSpan["status"]["code"]]: number } = { unset: 0, error: 2 }

const sampled = 0x001
const knowsIfRemote = 0x100
const isRemote = 0x200

/** What leaves is sampled. */
export const linkFlags: number = sampled | knowsIfRemote

export const spanFlags = ({ parentIsRemote, parentSpanId }: RenderedSpan): number =>
  parentIsRemote && parentSpanId !== undefined ? linkFlags | isRemote : linkFlags

/** Whether a number goes as a 64-bit integer. A whole one that is too large for it goes as a double. */
export const isInteger = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63

/** A list of values. */
export type List = Exclude<Value, string | number | boolean | Double>

/** Whether one of a list's numbers is a double, for then all of them are: items are of one type. */
export const hasDoubles = (list: List): boolean => {
  for (const item of list) if (typeof item === "number" && !isInteger(item)) return true
  return false
}

/** Numbers that are not finite have no word in JSON. A list travels whole or not at all. */
export const canTravel = (list: List): boolean => {
  for (const item of list) if (typeof item === "number" && !Number.isFinite(item)) return false
  return true
}
