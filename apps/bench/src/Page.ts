/** The parts of `docs/performance.md` that are written from the results. */
import * as Charts from "./Charts.js"
import * as Paper from "./Paper.js"
import * as Report from "./Report.js"
import * as Table from "./Table.js"

const begin = (name: string): string => `<!-- begin ${name}: written by \`npm run bench -- --write\` -->`
const end = (name: string): string => `<!-- end ${name} -->`

/** Puts each section between its marks in a document, or says which has none. */
export const placed = (
  document: string,
  sections: Readonly<Record<string, string>>
): { readonly document: string } | { readonly missing: string } => {
  let written = document
  for (const [name, section] of Object.entries(sections)) {
    const from = written.indexOf(begin(name))
    const to = written.indexOf(end(name), from)
    if (from === -1 || to === -1) return { missing: name }
    written = `${written.slice(0, from + begin(name).length)}\n\n${section}\n\n${written.slice(to)}`
  }
  return { document: written }
}

const machineOf = ({ rows }: Report.Results): string => {
  const setting = rows.find(({ mark }) => mark === 0)?.setting
  if (setting === undefined) return "The machine is not known."
  const { cores, cpu, date, inParts, memory, node, platform, quick, rounds, seconds } = setting
  const how = quick === true ? "**with `--quick`, so take the numbers with salt**" : `in ${rounds} rounds`
  const took =
    inParts === true ? `some of the marks at a time (the last of them on that day), ${seconds} s` : `${seconds} s`
  return `Measured on ${date} with Node ${node} on ${platform}: ${cpu}, ${cores} cores, ${memory}; ${how}, ${took} in all.`
}

/** The sections by their names. */
export const sections = (
  results: Report.Results,
  charts: ReadonlyArray<Charts.Chart> = Charts.make(results)
): Readonly<Record<string, string>> => {
  const images = (mark: number) =>
    charts.filter((chart) => chart.mark === mark).map(({ file, title }) => `![${title}](performance/${file})`)
  const numbers = [...new Set(results.marks.map(({ mark }) => mark))]
  return {
    marks: [machineOf(results), ...images(0), Table.marks(results)].join("\n\n"),
    ...Object.fromEntries(
      numbers.map((mark) => [
        `mark ${mark}`,
        [...images(mark), Table.rows(Report.measured(results, mark))].join("\n\n")
      ])
    ),
    "on paper": Paper.table(Paper.measured(results))
  }
}
