/** Tables in Markdown. */
import { type Kind, titles } from "./Peer.js"
import * as Report from "./Report.js"
import * as Stats from "./Stats.js"
import type { Row } from "./Suite.js"

/** A table from its cells; what would end a cell is escaped. */
export const markdown = (head: ReadonlyArray<string>, body: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...body]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`)
    .join("\n")

/** The promises. */
export const marks = (results: Report.Results): string =>
  markdown(
    ["mark", "what", "measured", "rounds", "limit", ""],
    results.marks.map((mark) => {
      const row = Report.roundsOf(results, mark)
      return [
        String(mark.mark),
        mark.name,
        mark.ratio === null ? `– (${row?.failed ?? "not run"})` : Report.number(mark.ratio),
        Report.spread(row?.values ?? []),
        mark.limit === null ? "none" : String(mark.limit),
        mark.limit !== null && !mark.met ? `**${Report.verdict(mark)}**` : Report.verdict(mark)
      ]
    })
  )

const settingOf = (value: unknown): string =>
  typeof value === "string" && value in titles
    ? titles[value as Kind]
    : typeof value === "number"
      ? value.toLocaleString("en")
      : value === true
        ? "yes"
        : value === false
          ? "no"
          : String(value)

const measuredOf = (row: Row | undefined): string => {
  if (row === undefined) return ""
  if (row.failed !== undefined) return `– (${row.failed})`
  const range = Report.spread(row.values)
  return `${Report.number(Stats.median(row.values))}${range && ` (${range})`}`
}

/** Settings that only tell one kind of measurement from another. */
const isTag = (rows: ReadonlyArray<Row>, key: string): boolean => rows.every((row) => row.setting[key] === true)

/** The rows of one mark: a table for each kind of setting, with a column for each number. */
export const rows = (rows: ReadonlyArray<Row>): string => {
  const groups = new Map<string, Array<Row>>()
  for (const row of rows) {
    const group = Object.keys(row.setting).join(" ")
    groups.set(group, [...(groups.get(group) ?? []), row])
  }
  return [...groups.values()].map(table).join("\n\n")
}

const table = (rows: ReadonlyArray<Row>): string => {
  const keys = Object.keys(rows[0]?.setting ?? {}).filter((key) => !isTag(rows, key))
  const measured = rows.filter(({ failed }) => failed === undefined)
  const whats = [...new Set((measured.length > 0 ? measured : rows).map(({ what }) => what))]
  const settings = new Map(rows.map((row) => [JSON.stringify(row.setting), row.setting]))
  return markdown(
    [...keys, ...whats],
    [...settings].map(([id, setting]) => {
      const own = rows.filter((row) => JSON.stringify(row.setting) === id)
      const failed = own.find((row) => row.failed !== undefined)
      return [
        ...keys.map((key) => settingOf(setting[key])),
        // Why there are no numbers is said once.
        ...whats.map((what, index) =>
          failed === undefined || index === 0 ? measuredOf(failed ?? own.find((row) => row.what === what)) : ""
        )
      ]
    })
  )
}
