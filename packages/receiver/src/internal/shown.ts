/** What a vendor shows of the spans that it has, by what it does with orphans. */
import type { ReceivedSpan } from "../Otlp.js"
import type { Orphans } from "../VendorRules.js"

const isRoot = ({ parentSpanId }: ReceivedSpan): boolean => parentSpanId === ""

const idOf = ({ spanId, traceId }: ReceivedSpan): string => `${traceId}/${spanId}`

const parentOf = ({ parentSpanId, traceId }: ReceivedSpan): string => `${traceId}/${parentSpanId}`

/** The ids of the spans that lead up to one without a parent; those in a circle do not. */
const rooted = (spans: ReadonlyArray<ReceivedSpan>): ReadonlySet<string> => {
  const children = new Map<string, Array<string>>()
  for (const span of spans) {
    const siblings = children.get(parentOf(span))
    if (siblings === undefined) children.set(parentOf(span), [idOf(span)])
    else siblings.push(idOf(span))
  }
  const found = new Set(spans.filter(isRoot).map(idOf))
  // A set gives what is added to it on the way, too.
  for (const id of found) for (const child of children.get(id) ?? []) found.add(child)
  return found
}

/** The spans that are shown, in their order. */
export const of = (spans: ReadonlyArray<ReceivedSpan>, { shown }: Orphans): ReadonlyArray<ReceivedSpan> => {
  switch (shown) {
    case "always":
      return spans.slice()
    case "with_root": {
      const traces = new Set(spans.filter(isRoot).map(({ traceId }) => traceId))
      return spans.filter(({ traceId }) => traces.has(traceId))
    }
    case "with_parents": {
      const ids = rooted(spans)
      return spans.filter((span) => ids.has(idOf(span)))
    }
  }
}
