/** How many requests an account may send in a minute, counted from the first of them. */

/** Takes a request at a time in milliseconds: 0 where it is within the limit, else the seconds until the next minute begins. */
export type Throttle = (now: number) => number

export const make = (perMinute: number): Throttle => {
  let began = Number.NEGATIVE_INFINITY
  let count = 0
  return (now) => {
    if (now - began >= 60_000) {
      began = now
      count = 0
    }
    return ++count <= perMinute ? 0 : Math.ceil((began + 60_000 - now) / 1000)
  }
}
