/** What was found, as text for a terminal and as tables for `docs/performance.md`. */
import { availableParallelism, cpus, totalmem } from "node:os"
import type { Mark } from "./Mark.js"

/** A ratio as it is written. */
export const ratio = (value: number | null): string => (value === null ? "–" : value.toPrecision(3))

const verdict = ({ limit, met }: Mark): string => (limit === null ? "reported" : met ? "met" : "missed")

/** The marks, one to a line. */
export const text = (marks: ReadonlyArray<Mark>): string =>
  marks
    .map((mark) => {
      const spread = mark.spread === undefined ? "" : ` (${mark.spread.map((value) => value.toPrecision(3)).join("–")})`
      const limit = mark.limit === null ? "" : `, limit ${mark.limit}`
      const why = mark.why === undefined ? "" : `: ${mark.why}`
      return `${verdict(mark).padEnd(8)} ${mark.mark}  ${mark.name}: ${ratio(mark.ratio)}${spread}${limit}${why}`
    })
    .join("\n")

/** Where it was measured. */
export const machine = () => ({
  node: process.versions.node,
  platform: `${process.platform}/${process.arch}`,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`
})
