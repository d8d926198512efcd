/** The table, for the terminal and for `docs/reliability.md`. */
import { arch, availableParallelism, platform } from "node:os"
import type { Outcome, Scenario } from "./Scenario.js"
import { type Kind, kinds, titles } from "./SetUp.js"

/** What each set-up did under a fault: an outcome, or why there is none. */
export interface Row {
  readonly scenario: Scenario
  readonly outcomes: Readonly<Partial<Record<Kind, Outcome | string>>>
}

const count = (value: number): string => value.toLocaleString("en")

/** What an outcome is in the words of the table. */
export const cell = (outcome: Outcome | string | undefined): string => {
  if (outcome === undefined) return "–"
  if (typeof outcome === "string") return `failed: ${outcome}`
  const { again, made, notes, received, said } = outcome
  const missing = made - received
  const told = Math.min(missing, said.lost)
  const waiting = Math.min(missing - told, said.waiting)
  const silent = missing - told - waiting
  const lines = [`${count(received)} of ${count(made)} arrived`]
  if (told > 0) lines.push(`${count(told)} counted as lost`)
  if (waiting > 0) lines.push(`${count(waiting)} still wait`)
  if (silent > 0) {
    const log =
      said.errors === 0 ? "" : said.errors === 1 ? " (a line in the log)" : ` (${said.errors} lines in the log)`
    lines.push(`${count(silent)} lost without a number${log}`)
  }
  if (again > 0) lines.push(`${count(again)} arrived twice`)
  return [...lines, ...notes].join("; ")
}

/** The table in Markdown. */
export const table = (rows: ReadonlyArray<Row>): string =>
  [
    `| fault | ${kinds.map((kind) => titles[kind]).join(" | ")} |`,
    `|---|${kinds.map(() => "---").join("|")}|`,
    ...rows.map(
      ({ outcomes, scenario }) => `| ${scenario.title} | ${kinds.map((kind) => cell(outcomes[kind])).join(" | ")} |`
    )
  ].join("\n")

const machine = (): string =>
  `Node ${process.versions.node} on ${platform()}/${arch()}, ${availableParallelism()} cores, everything on the loopback address`

/** What stands between the marks in the document. */
export const section = (rows: ReadonlyArray<Row>): string =>
  [
    table(rows),
    "",
    `Measured with ${machine()}.`,
    "",
    "What is done in each row:",
    "",
    ...rows.map(({ scenario }) => `- **${scenario.title}.** ${scenario.method}`)
  ].join("\n")

const begin = "<!-- begin: written by `npm run reliability -- --write` -->"
const end = "<!-- end -->"

/** Puts a section between the marks of a document; `undefined` where it has none. */
export const placed = (document: string, section: string): string | undefined => {
  const from = document.indexOf(begin)
  const to = document.indexOf(end, from)
  if (from === -1 || to === -1) return undefined
  return `${document.slice(0, from + begin.length)}\n\n${section}\n\n${document.slice(to)}`
}

/** The same for reading in a terminal. */
export const text = ({ outcomes, scenario }: Row): string =>
  [
    scenario.title,
    ...kinds.flatMap((kind) => {
      const outcome = outcomes[kind]
      return outcome === undefined ? [] : [`  ${titles[kind].padEnd(40)} ${cell(outcome)}`]
    })
  ].join("\n")
