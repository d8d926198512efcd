/** The demo in words: pure text, a list of lines per section. */
import type { TenantTracer } from "tenant-tracer"
import { type Check, type Evidence, plural, tally, total } from "./Checks.js"
import * as Expected from "./Expected.js"
import { type Received, requestsOf, type Trace } from "./Received.js"
import type { World } from "./World.js"

/** How text is set off; plain text where nobody looks. */
export interface Paint {
  readonly strong: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly faint: (text: string) => string
}

const same = (text: string): string => text

/** No colours. */
export const plain: Paint = { strong: same, good: same, bad: same, faint: same }

const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`

/** For a terminal. */
export const coloured: Paint = { strong: sgr(1, 22), good: sgr(32, 39), bad: sgr(31, 39), faint: sgr(2, 22) }

type Lines = ReadonlyArray<string>

const indent = (text: string, by = "    "): Lines => text.split("\n").map((line) => `${by}${line}`)

/** What runs. */
export const opening = (paint: Paint, world: World): Lines => [
  "",
  paint.strong("TenantTracer: one gateway, three tenants, each with a back end of its own"),
  "",
  ...world.players.map(
    ({ backend, content, id, title }) =>
      `  ${id.padEnd(9)}${title.padEnd(10)}${backend.url}  ${paint.faint(content === "full" ? "prompts and answers included" : "no prompts, no answers")}`
  ),
  `  ${"operator".padEnd(9)}${"collector".padEnd(10)}${world.collector.url}`,
  `  ${"gateway".padEnd(19)}${world.gateway}`,
  `  ${"model server".padEnd(19)}${world.upstream}  ${paint.faint("scripted")}`,
  "",
  "All at once each tenant sends six requests: plain, streamed, a stream it hangs up on, a prompt with a card",
  "number, one on which the model server stumbles, and one with a trace, an api-key header and a key in its query.",
  "Somebody else tries a wrong key."
]

const pictures = (paint: Paint, traces: ReadonlyArray<Trace>): Lines =>
  Array.from(tally(traces.map(({ picture }) => picture))).flatMap(([picture, count]) => [
    ...(count === 1 ? [] : [paint.faint(`    ${count} × identical`)]),
    ...indent(picture),
    ""
  ])

const heading = (paint: Paint, name: string, received: Received): string =>
  `${paint.strong(name)}  ${paint.faint(`${plural(received.traces.length, "trace")}, ${plural(received.spans.length, "span")}, ${plural(received.deliveries.length, "request")}`)}`

/** The trees of each tenant, and what the operator alone received. */
export const received = (paint: Paint, { operator, tenants }: Evidence): Lines => [
  ...tenants.flatMap(({ tenant, received }) => [
    "",
    heading(paint, `${tenant.id}'s ${tenant.title} received`, received),
    "",
    ...pictures(paint, received.traces)
  ]),
  heading(paint, "The operator's collector received", operator),
  `    ${requestsOf(operator.traces).length} requests with all of their inner spans, the gateway's own work, and what is nobody's:`,
  "",
  ...pictures(
    paint,
    operator.traces.filter(({ picture }) => picture === Expected.treesAtOperator["wrong key"])
  )
]

/** The verdicts. */
export const verdicts = (paint: Paint, checks: ReadonlyArray<Check>): Lines => [
  paint.strong("Checked, in what was received:"),
  "",
  ...checks.flatMap(({ claim, problems }) => [
    `  ${problems.length === 0 ? paint.good("✓") : paint.bad("✗")} ${claim}`,
    ...problems.flatMap((problem) => indent(problem, "      ").map(paint.bad))
  ]),
  ""
]

const columns = ["made", "hidden", "delivered", "rejected", "dropped", "held", "spooled"] as const

/** The ledger as a table. */
export const ledger = (paint: Paint, { rows, total: sum }: TenantTracer.Status["ledger"]): Lines => {
  const cells = [...rows, sum].map((row) => [
    String(row.id),
    ...columns.map((column) => {
      const value = row[column]
      return String(typeof value === "number" ? value : total(value))
    })
  ])
  const width = Math.max(...cells.map(([id = ""]) => id.length))
  const line = ([id = "", ...values]: ReadonlyArray<string>) =>
    `  ${id.padEnd(width)}${values.map((value, index) => value.padStart((columns[index]?.length ?? 0) + 2)).join("")}`
  return [
    `${paint.strong("The ledger")}, in span copies: made = hidden + delivered + rejected + dropped + held + spooled`,
    "",
    paint.faint(line(["", ...columns])),
    ...cells.map(line),
    ""
  ]
}

/** How it ended. */
export const closing = (paint: Paint, ok: boolean, seconds: number): Lines => [
  ok
    ? paint.good(`Every check held (${seconds.toFixed(1)} s).`)
    : paint.bad(`Some checks did not hold: see ✗ above (${seconds.toFixed(1)} s).`)
]

/** What to try while it goes on running. */
export const nextSteps = (paint: Paint, world: World): Lines => {
  const [first] = world.players
  return first === undefined
    ? []
    : [
        "",
        `${paint.strong("The gateway goes on serving.")} Ask it something as ${first.id}; its trace is printed here as it arrives:`,
        "",
        `  curl ${world.gateway}/v1/chat/completions \\`,
        `    -H 'Authorization: Bearer ${first.virtualKey}' -H 'Content-Type: application/json' \\`,
        `    -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}'`,
        "",
        `Add "stream":true, try the models flaky-model, slow-model, cut-model, down-model (curl ${world.gateway}/v1/models`,
        "with the same key lists them), or a prompt with a card number. Ctrl-C stops everything.",
        ""
      ]
}
