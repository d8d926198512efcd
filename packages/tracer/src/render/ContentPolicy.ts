/**
 * Whether what people wrote and models answered may leave for a destination. The default is that nothing does.
 *
 * @since 0.1.0
 */
import type { Vocabulary } from "@tenant-tracer/model/Vocabulary"

/**
 * How much of what people wrote and models answered may leave: nothing or all of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Content = "none" | "full"

/**
 * The strictest of several wishes wins.
 *
 * @since 0.1.0
 * @category combining
 */
export const strictest = (...wishes: ReadonlyArray<Content>): Content =>
  wishes.every((wish) => wish === "full") ? "full" : "none"

/**
 * Whether an attribute that a library wrote by itself may leave: not where its key carries content.
 *
 * @since 0.1.0
 * @category predicates
 */
export const allows = (
  view: { readonly content: Content; readonly vocabulary: Pick<Vocabulary, "content"> },
  key: string
): boolean =>
  view.content === "full" ||
  !view.vocabulary.content.some((row) => (row.endsWith(".*") ? key.startsWith(row.slice(0, -1)) : row === key))
