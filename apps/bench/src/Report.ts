/** What was found, for a terminal and as the JSON that everything else is made from. */
import { availableParallelism, cpus, totalmem } from "node:os"
import type { Mark } from "./Mark.js"
import * as Stats from "./Stats.js"
import type { Found, Row } from "./Suite.js"

/** A promise and what came of it, as it is in the JSON. */
export type Verdict = Pick<Mark, "mark" | "name" | "ratio" | "limit" | "met">

/**
 * The JSON. What single rounds came to is in a row of the mark's name, and the machine in a row of mark 0.
 */
export interface Results {
  readonly marks: ReadonlyArray<Verdict>
  readonly rows: ReadonlyArray<Row>
}

/** In the settings of the row with the single rounds of a mark. */
const ofMark = { rounds: "of the mark" } as const

/** Where and how it was measured, as a row. */
export const machine = (run: { readonly quick: boolean; readonly rounds: number; readonly seconds: number }): Row => ({
  mark: 0,
  what: "machine",
  setting: {
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    date: new Date().toISOString().slice(0, 10),
    ...run
  },
  values: []
})

/** Puts it together. */
export const results = (found: ReadonlyArray<Found>, machine: Row): Results => {
  const byMark = (one: { readonly mark: number }, other: { readonly mark: number }) => one.mark - other.mark
  const marks = found.flatMap(({ marks }) => marks).sort(byMark)
  return {
    marks: marks.map(({ limit, mark, met, name, ratio }) => ({ mark, name, ratio, limit, met })),
    rows: [
      machine,
      ...marks.map(({ each, mark, name, why }) => ({ mark, what: name, setting: ofMark, values: each, failed: why })),
      ...found.flatMap(({ rows }) => rows).sort(byMark)
    ]
  }
}

/**
 * What was found before, with what was measured again in its place; or why the two cannot stand side by side, such as a short run and a whole one.
 */
export const merged = (before: Results, again: Results): Results | { readonly differ: string } => {
  const [old, own] = [before, again].map(({ rows }) => rows.find(({ mark }) => mark === 0))
  const differ = ["node", "platform", "cpu", "cores", "memory", "quick", "rounds"].find(
    (key) => old?.setting[key] !== own?.setting[key]
  )
  if (differ !== undefined) return { differ }
  const isKept = ({ mark }: { readonly mark: number }) =>
    mark !== 0 && !again.marks.some((verdict) => verdict.mark === mark)
  const seconds = [old, own].reduce((sum, machine) => sum + Number(machine?.setting.seconds), 0)
  return {
    marks: [...before.marks.filter(isKept), ...again.marks].sort((one, other) => one.mark - other.mark),
    rows: [
      ...(own === undefined ? [] : [{ ...own, setting: { ...own.setting, seconds, inParts: true } }]),
      ...[...before.rows.filter(isKept), ...again.rows.filter((row) => row !== own)].sort(
        (one, other) => one.mark - other.mark
      )
    ]
  }
}

/** The row with the single rounds of a mark. */
export const roundsOf = ({ rows }: Results, { mark, name }: Verdict): Row | undefined =>
  rows.find((row) => row.mark === mark && row.what === name && row.setting.rounds === ofMark.rounds)

/** The rows of a mark that were measured. */
export const measured = ({ rows }: Results, mark: number): ReadonlyArray<Row> =>
  rows.filter((row) => row.mark === mark && row.setting.rounds !== ofMark.rounds)

/** A number as it is written: three digits, or all that it has before the point. */
export const number = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)))

/** The least and the greatest, where there is more than one. */
export const spread = (values: ReadonlyArray<number>): string => {
  const { max, min } = Stats.summary(values)
  return values.length < 2 ? "" : `${number(min)}–${number(max)}`
}

/** How a promise fared, in a word. */
export const verdict = ({ limit, met, ratio }: Verdict): string =>
  ratio === null ? "not measured" : limit === null ? "reported" : met ? "met" : "missed"

/** The marks, one to a line. */
export const text = (results: Results): string =>
  results.marks
    .map((mark) => {
      const row = roundsOf(results, mark)
      const range = spread(row?.values ?? [])
      const limit = mark.limit === null ? "" : `, limit ${mark.limit}`
      const ratio = mark.ratio === null ? (row?.failed ?? "–") : number(mark.ratio)
      return `${verdict(mark).padEnd(12)} ${mark.mark}  ${mark.name}: ${ratio}${range && ` (${range})`}${limit}`
    })
    .join("\n")
