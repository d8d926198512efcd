/** Which tenant each request is of: all alike, or a few with most of the traffic, as it is. The same every time. */

/** How the traffic is spread over the tenants. */
export const spreads = ["uniform", "zipf"] as const

/** One of them. In `zipf` the k-th tenant has a share in proportion to 1/k. */
export type Spread = (typeof spreads)[number]

/** Numbers from 0 to 1 that only look random (mulberry32). */
export const random = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** The numbers from 0 on, in an order of their own. */
const shuffled = (count: number, next: () => number): Uint32Array => {
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  for (let index = count - 1; index > 0; index--) {
    const other = Math.floor(next() * (index + 1))
    const [one, two] = [order[index] ?? 0, order[other] ?? 0]
    order[index] = two
    order[other] = one
  }
  return order
}

/** Says of which tenant the next request is. Uniform traffic comes round to every tenant before it comes to one again. */
export const traffic = (tenants: number, spread: Spread, seed = 1): (() => number) => {
  const next = random(seed)
  const order = shuffled(tenants, next)
  if (spread === "uniform") {
    let index = 0
    return () => order[index++ % tenants] ?? 0
  }
  // By the sums of the shares, so that a draw is a search.
  const sums = new Float64Array(tenants)
  let sum = 0
  for (let rank = 0; rank < tenants; rank++) {
    sum += 1 / (rank + 1)
    sums[rank] = sum
  }
  return () => {
    const drawn = next() * sum
    let [low, high] = [0, tenants - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] ?? 0) > drawn) high = middle
      else low = middle + 1
    }
    return order[low] ?? 0
  }
}
