/** Finds the shortest part of something in which the same still goes wrong. */

/** Items among which something goes wrong, and what. */
export interface Failing<out Item, out Why> {
  readonly items: ReadonlyArray<Item>
  readonly why: Why
}

/**
 * Leaves out items, larger parts first and single ones until none can go, or `mayGoOn` says that it has taken long enough. `attempt` gives nothing
 * where these items go well, or where something else goes wrong; it may cut off what comes after the failure.
 */
export const shrink = <Item, Why>(
  found: Failing<Item, Why>,
  attempt: (items: ReadonlyArray<Item>) => Failing<Item, Why> | undefined,
  mayGoOn: () => boolean = () => true
): Failing<Item, Why> => {
  let best = found
  let size = Math.ceil(found.items.length / 2)
  while (best.items.length > 0 && mayGoOn()) {
    const before = best.items.length
    // From the end, so that what is still to be tried stays where it is.
    for (let end = before; end > 0 && mayGoOn(); end -= size) {
      const start = Math.max(0, end - size)
      if (start >= best.items.length) continue
      best = attempt([...best.items.slice(0, start), ...best.items.slice(end)]) ?? best
    }
    if (size === 1 && best.items.length === before) break
    size = Math.max(1, Math.floor(size / 2))
  }
  return best
}
