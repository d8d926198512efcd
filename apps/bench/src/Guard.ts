/** Whether something has become much slower than it should be: ratios alone, and generously, since whoever asks shares its machine with others. */
import type { Verdict } from "./Report.js"

/** How far beyond its limit a ratio may be. */
export const slack = 1.6

/**
 * What a ratio may be at most where that is not its limit with the slack: marks that are not met yet, and those that a short run on a busy machine
 * cannot tell so well.
 */
export const ceilings: Readonly<Record<string, number>> = {
  "CPU of the request path per span, beside peer 1": 3,
  "CPU of the request path per span, beside peer 2": 1.2,
  "CPU of the request path: the most of all numbers of known tenants, beside the least": 2.5,
  "a request that misses the cache, beside one that hits it": 30,
  "an operation inside a span, beside peer 1": 3,
  "CPU per span delivered above peer 1, beside peer 2": 6,
  "CPU per span delivered in all, beside peer 2": 4,
  "CPU per span delivered above peer 1, beside peer 3a": 6,
  "CPU per span delivered in all, beside peer 3a": 4,
  "CPU per span of a second destination with the same rendering, beside the first": 10,
  "CPU per span of a second destination with another vocabulary, beside the first": 12,
  "KiB of an idle tenant": 24,
  "bytes of a queued span with 2 attributes, beside peer 3a": 3,
  "bytes of a queued span with 25 attributes, beside peer 3a": 3,
  "512 spans of 25 attributes in protobuf, beside the stock serializer": 1,
  "512 spans of 25 attributes in JSON, beside the stock serializer": 1,
  "ms more of event-loop delay (99.9th percentile) than untraced, at half of the sustained rate with 8 KB messages": 100,
  "ms of the longest turn while a batch with 8 KB messages is rendered, written, compressed and sent": 100
}

/** What is beyond what it may be, each in a line; nothing if all is well. */
export const problems = (marks: ReadonlyArray<Verdict>, above = ceilings): ReadonlyArray<string> =>
  marks.flatMap(({ limit, mark, name, ratio }) => {
    if (limit === null) return []
    if (ratio === null) return [`${mark}  ${name}: there is no number`]
    const most = above[name] ?? limit * slack
    return ratio <= most ? [] : [`${mark}  ${name}: ${ratio.toPrecision(3)} is more than ${most.toPrecision(3)}`]
  })
