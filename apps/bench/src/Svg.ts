/** Charts as plain SVG that reads on light and dark pages: bars, and lines over a scale of tens. */

/** One bar. */
export interface Bar {
  readonly label: string
  readonly value: number
  /** Ours stands out. */
  readonly isOurs: boolean
}

/** One line: a value at each place of the scale, as far as there is one. */
export interface Line {
  readonly label: string
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
  readonly isOurs: boolean
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/** Text as it stands in XML. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign)

/** A number for reading, not for calculating. */
export const short = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)))

const round = (value: number): number => Math.round(value * 10) / 10

const colours = ["#c2410c", "#7c3aed", "#0e7490", "#4d7c0f", "#be185d", "#64748b"] as const
const ours = "#1d4ed8"
const other = "#94a3b8"
const ink = "#0f172a"

const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${round(x)}" y="${round(y)}"${more}>${escaped(content)}</text>`

const picture = (width: number, height: number, title: string, parts: ReadonlyArray<string>): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="13" fill="${ink}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(16, 26, title, ' font-size="15" font-weight="600"'),
    ...parts,
    "</svg>",
    ""
  ].join("\n")

/** Bars from the left; a limit is a line across them. */
export const bars = (options: {
  readonly title: string
  readonly bars: ReadonlyArray<Bar>
  readonly limit?: number | undefined
  /** Where the bars begin: how much room their labels have. Default 300. */
  readonly left?: number | undefined
}): string => {
  const { left = 300 } = options
  const [top, step, width] = [44, 28, left + 460]
  const most = Math.max(...options.bars.map(({ value }) => value), options.limit ?? 0)
  const scale = (value: number) => (most === 0 ? 0 : (Math.max(0, value) / most) * (width - left - 90))
  const height = top + options.bars.length * step + 16
  return picture(width, height, options.title, [
    ...options.bars.flatMap(({ isOurs, label, value }, index) => {
      const y = top + index * step
      return [
        text(left - 8, y + 15, label, ' text-anchor="end"'),
        `<rect x="${left}" y="${y}" width="${round(scale(value))}" height="20" rx="2" fill="${isOurs ? ours : other}"/>`,
        text(left + scale(value) + 6, y + 15, short(value))
      ]
    }),
    ...(options.limit === undefined
      ? []
      : [
          `<line x1="${round(left + scale(options.limit))}" x2="${round(left + scale(options.limit))}" y1="${top - 6}" y2="${height - 10}" stroke="#b91c1c" stroke-dasharray="4 3"/>`
        ])
  ])
}

/** Lines over the powers of ten, from 0 upwards. */
export const lines = (options: {
  readonly title: string
  /** What runs along. */
  readonly along: string
  readonly lines: ReadonlyArray<Line>
}): string => {
  const [left, top, bottom, right] = [70, 48, 300, 520]
  const points = options.lines.flatMap(({ points }) => points)
  const [first, last] = [Math.min(...points.map(([x]) => x)), Math.max(...points.map(([x]) => x))]
  const most = Math.max(...points.map(([, y]) => y))
  const span = Math.log10(last / first)
  const x = (value: number) => left + (span === 0 ? 0 : (Math.log10(value / first) / span) * (right - left))
  const y = (value: number) => bottom - (most === 0 ? 0 : (value / most) * (bottom - top))
  const ticks = [...new Set(points.map(([at]) => at))].sort((a, b) => a - b)
  let colour = 0
  return picture(760, 350, options.title, [
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((part) => [
      `<line x1="${left}" x2="${right}" y1="${round(y(most * part))}" y2="${round(y(most * part))}" stroke="#e2e8f0"/>`,
      text(left - 8, y(most * part) + 4, short(most * part), ' text-anchor="end"')
    ]),
    ...ticks.map((tick) => text(x(tick), bottom + 20, short(tick), ' text-anchor="middle"')),
    text((left + right) / 2, bottom + 40, options.along, ' text-anchor="middle"'),
    ...options.lines.flatMap(({ isOurs, label, points }, index) => {
      const stroke = isOurs ? ours : (colours[colour++ % colours.length] ?? other)
      const dash = isOurs && options.lines.findIndex((line) => line.isOurs) !== index ? ' stroke-dasharray="6 4"' : ""
      const at = top + 6 + index * 36
      return [
        `<polyline fill="none" stroke="${stroke}" stroke-width="2"${dash} points="${points.map(([px, py]) => `${round(x(px))},${round(y(py))}`).join(" ")}"/>`,
        ...points.map(([px, py]) => `<circle cx="${round(x(px))}" cy="${round(y(py))}" r="3" fill="${stroke}"/>`),
        `<line x1="${right + 16}" x2="${right + 40}" y1="${at}" y2="${at}" stroke="${stroke}" stroke-width="2"${dash}/>`,
        text(right + 46, at + 4, label)
      ]
    })
  ])
}
