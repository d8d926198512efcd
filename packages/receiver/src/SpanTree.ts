/** Trees of received spans: which are roots, which lost their parent, and a picture to compare in a test. */
import { Order } from "effect"
import type { ReceivedSpan, Span } from "./Otlp.js"

/**
 * What a tree needs to know of a span; a `ReceivedSpan` has it.
 *
 * @since 0.1.0
 * @category models
 */
export type TreeSpan = Pick<Span, "traceId" | "spanId" | "parentSpanId" | "name" | "startTimeUnixNano">

/**
 * `externalParents`: span ids that may be missing because somebody else has those spans (the caller's, by
 * `traceparent`). A span under one of them is a root here.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly externalParents?: Iterable<string> | undefined
}

interface Forest<A> {
  readonly roots: ReadonlyArray<A>
  readonly orphans: ReadonlyArray<A>
  readonly children: (span: A) => ReadonlyArray<A>
}

const key = (traceId: string, spanId: string): string => `${traceId}/${spanId}`

const byStart: Order.Order<TreeSpan> = Order.combine(
  Order.mapInput(Order.bigint, (span: TreeSpan) => span.startTimeUnixNano),
  Order.mapInput(Order.string, (span: TreeSpan) => span.name)
)

/** Characters before a line: what is nested deeper is drawn at this depth, or a picture of many levels would be their square. */
const maxIndent = 1000

const forestOf = <A extends TreeSpan>(spans: Iterable<A>, options: Options): Forest<A> => {
  const external = new Set(options.externalParents)
  const known = new Map<string, A>()
  // A span that was delivered twice is one span.
  for (const span of spans) {
    const id = key(span.traceId, span.spanId)
    if (!known.has(id)) known.set(id, span)
  }
  const roots: Array<A> = []
  const orphans: Array<A> = []
  const children = new Map<string, Array<A>>()
  for (const span of Array.from(known.values()).sort(byStart)) {
    const parent = key(span.traceId, span.parentSpanId)
    if (known.has(parent)) {
      const siblings = children.get(parent)
      if (siblings === undefined) children.set(parent, [span])
      else siblings.push(span)
    } else if (span.parentSpanId === "" || external.has(span.parentSpanId)) {
      roots.push(span)
    } else {
      orphans.push(span)
    }
  }
  return { roots, orphans, children: (span) => children.get(key(span.traceId, span.spanId)) ?? [] }
}

/**
 * The spans that begin a tree: those without a parent and those under an external one, by start time, then name.
 *
 * @since 0.1.0
 * @category trees
 */
export const roots = <A extends TreeSpan>(spans: Iterable<A>, options: Options = {}): ReadonlyArray<A> =>
  forestOf(spans, options).roots

/**
 * The spans whose parent is not among these spans, nor allowed to be missing. A back end draws them in the wrong place
 * or not at all, so a test of an exporter expects none.
 *
 * @since 0.1.0
 * @category trees
 */
export const orphans = <A extends TreeSpan>(spans: Iterable<A>, options: Options = {}): ReadonlyArray<A> =>
  forestOf(spans, options).orphans

/**
 * The spans as a picture, one line each, children by start time, then name. `label` picks what a line says (the name by
 * default). An orphan starts a tree of its own and its line says whom it misses; spans that are each other's parents
 * hang under no tree and are listed last.
 *
 * ```text
 * POST /v1/chat/completions
 * ├── auth
 * │   └── postgresql query
 * └── chat gpt-4o
 * ```
 *
 * @since 0.1.0
 * @category trees
 */
export const print = <A extends TreeSpan = ReceivedSpan>(
  spans: Iterable<A>,
  options: Options & { readonly label?: ((span: A) => string) | undefined } = {}
): string => {
  const label = options.label ?? ((span) => span.name)
  const all = Array.from(spans)
  const forest = forestOf(all, options)
  const lines: Array<string> = []
  const printed = new Set<string>()
  // A stack and not recursion: a hostile sender may nest as deep as it likes.
  const stack: Array<{ readonly span: A; readonly lead: string; readonly indent: string; readonly tail: string }> = []
  const draw = (span: A, tail: string) => {
    stack.push({ span, lead: "", indent: "", tail })
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { indent, span } = next
      printed.add(key(span.traceId, span.spanId))
      lines.push(`${next.lead}${label(span)}${next.tail}`)
      const children = forest.children(span)
      for (const [index, child] of Array.from(children.entries()).reverse()) {
        const last = index === children.length - 1
        stack.push({
          span: child,
          lead: `${indent}${last ? "└── " : "├── "}`,
          indent: indent.length < maxIndent ? `${indent}${last ? "    " : "│   "}` : indent,
          tail: ""
        })
      }
    }
  }
  for (const root of forest.roots) draw(root, "")
  for (const orphan of forest.orphans) draw(orphan, ` (orphan of ${orphan.parentSpanId})`)
  for (const span of all.sort(byStart)) {
    const id = key(span.traceId, span.spanId)
    if (printed.has(id)) continue
    printed.add(id)
    lines.push(`${label(span)} (in a circle under ${span.parentSpanId})`)
  }
  return lines.join("\n")
}
