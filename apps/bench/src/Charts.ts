/** Which charts are made from the results. */
import { type Kind, kinds } from "./Peer.js"
import * as Report from "./Report.js"
import type { Setting } from "./Rounds.js"
import * as Stats from "./Stats.js"
import type { Row } from "./Suite.js"
import * as Svg from "./Svg.js"

/** A chart, for the file that it goes into; it belongs to the tables of a mark, 0 for all of them. */
export interface Chart {
  readonly mark: number
  readonly file: string
  readonly title: string
  readonly svg: string
}

/** How each peer is called where there is little room. */
export const names: Record<Kind, string> = {
  untraced: "untraced",
  native: "1 Effect's tracer",
  "effect-otel": "2 @effect/opentelemetry",
  "lru-effect": "3a OTel JS per tenant",
  "lru-otel": "3b without Effect",
  "effect-otlp": "4 Effect's OtlpTracer",
  ours: "5 TenantTracer"
}

const has = (row: Row, setting: Partial<Setting>): boolean =>
  Object.entries(setting).every(([key, value]) => row.setting[key] === value)

const isKind = (text: unknown): text is Kind => kinds.some((kind) => kind === text)

/** At most so many characters, by whole words: what is left out of a long name is in its middle, since two names differ at their ends. */
const elided = (name: string): string =>
  name.length <= maxLabel
    ? name
    : `${name.slice(0, maxLabel / 2).replace(/\S*$/, "")}… ${name.slice(-maxLabel / 2).replace(/^\S*\s/, "")}`

const maxLabel = 66

/** All that can be made: what was not measured has none. */
export const make = (results: Report.Results): ReadonlyArray<Chart> => {
  const rows = (mark: number, what: string, setting: Partial<Setting> = {}): ReadonlyArray<Row> =>
    Report.measured(results, mark).filter(
      (row) => row.what.startsWith(what) && has(row, setting) && row.values.length > 0
    )

  const bars = (
    mark: number,
    file: string,
    title: string,
    from: ReadonlyArray<Row>,
    label: (row: Row, name: string) => string = (_, name) => name
  ): ReadonlyArray<Chart> => {
    const found = from.flatMap((row): ReadonlyArray<Svg.Bar> => {
      const { peer } = row.setting
      if (!isKind(peer)) return []
      return [{ label: label(row, names[peer]), value: Stats.median(row.values), isOurs: peer === "ours" }]
    })
    return found.length < 2 ? [] : [{ mark, file, title, svg: Svg.bars({ title, bars: found }) }]
  }

  const lines = (
    mark: number,
    file: string,
    title: string,
    series: ReadonlyArray<{ readonly kind: Kind; readonly label: string; readonly rows: ReadonlyArray<Row> }>
  ): ReadonlyArray<Chart> => {
    const found = series.flatMap(({ kind, label, rows }): ReadonlyArray<Svg.Line> => {
      const points = rows
        .map((row) => [Number(row.setting.tenants), Stats.median(row.values)] as const)
        .sort(([one], [other]) => one - other)
      return points.length < 2 ? [] : [{ label, points, isOurs: kind === "ours" }]
    })
    return found.length === 0 ? [] : [{ mark, file, title, svg: Svg.lines({ title, along: "tenants", lines: found }) }]
  }

  const limited = results.marks.flatMap(({ limit, mark, name, ratio }) =>
    limit === null || ratio === null
      ? []
      : [
          {
            label: `${mark} ${elided(name)}`,
            value: ratio / limit,
            isOurs: ratio <= limit
          }
        ]
  )
  const marksTitle = "Each mark as a part of its limit (the line); blue is met"

  const atCapacity = (row: Row) => row.setting.capacity === Math.max(256, Number(row.setting.tenants))
  const path = "CPU of the request path"
  const delivered = "CPU, µs per span delivered"
  const plain = { spread: "uniform", compression: "none", messages: false } as const
  const atSmall = (row: Row) => row.setting.capacity === 256 && Number(row.setting.tenants) > 256
  const all = (kind: Kind, from: ReadonlyArray<Row>) => from.filter((row) => row.setting.peer === kind)

  return [
    ...(limited.length === 0
      ? []
      : [
          {
            mark: 0,
            file: "marks.svg",
            title: marksTitle,
            svg: Svg.bars({ title: marksTitle, bars: limited, limit: 1, left: 470 })
          }
        ]),
    ...bars(
      1,
      "request-path.svg",
      "CPU of the request path, ns per span, at 256 tenants (those without tenants: one)",
      rows(1, path, { capacity: 256 }).filter((row) => Number(row.setting.tenants) === 256 || !isTenanted(row))
    ),
    ...lines(1, "request-path-tenants.svg", "CPU of the request path, ns per span, by known tenants", [
      ...(["ours", "lru-effect", "lru-otel", "effect-otlp"] as const).map((kind) => ({
        kind,
        label: names[kind],
        rows: all(kind, rows(1, path).filter(atCapacity))
      })),
      { kind: "ours" as const, label: "5, keeping 256", rows: all("ours", rows(1, path).filter(atSmall)) }
    ]),
    ...bars(
      2,
      "delivery.svg",
      "CPU, µs per span delivered, at 256 tenants",
      rows(2, delivered, { ...plain, capacity: 256 }).filter(
        (row) => Number(row.setting.tenants) === 256 || !isTenanted(row)
      ),
      (row, name) => `${name}${row.setting.encoding === "none" ? "" : `, ${row.setting.encoding}`}`
    ),
    ...lines(2, "delivery-tenants.svg", "CPU, µs per span delivered, by tenants", [
      ...(["ours", "lru-effect", "lru-otel", "effect-otlp"] as const).map((kind) => ({
        kind,
        label: names[kind],
        rows: all(
          kind,
          rows(2, delivered, { ...plain, encoding: "protobuf" }).filter(
            (row) => atCapacity(row) || row.setting.capacity === row.setting.tenants
          )
        )
      })),
      {
        kind: "ours" as const,
        label: "5, keeping 256",
        rows: all("ours", rows(2, delivered, { ...plain, encoding: "protobuf" }).filter(atSmall))
      }
    ]),
    ...bars(4, "idle-tenant.svg", "Bytes of an idle tenant", rows(4, "bytes of an idle", { idle: true })),
    ...bars(
      4,
      "queued-span.svg",
      "Bytes of a queued span",
      rows(4, "bytes of an idle").filter((row) => row.setting.attributes !== undefined),
      (row, name) => `${name}, ${row.setting.attributes} attributes`
    ),
    ...bars(
      5,
      "sockets.svg",
      "Sockets at a time to one origin",
      rows(5, "sockets"),
      (row, name) => `${name}, ${Number(row.setting.tenants).toLocaleString("en")} tenants`
    ),
    ...bars(
      6,
      "isolation.svg",
      "99 % of the healthy tenants' spans have arrived after, ms",
      rows(6, "99 %").filter((row) => row.setting.three !== undefined),
      (row, name) => `${name}, the three ${row.setting.three}`
    ),
    ...bars(
      7,
      "event-loop.svg",
      "Delay of the event loop, 99.9th percentile, ms",
      rows(7, "delay of the event loop, 99.9th")
    ),
    ...bars(9, "sustained.svg", "Spans per second of CPU, as fast as it goes", rows(9, "spans per second of CPU"))
  ]
}

/** Those who know no tenants, or one, are measured with one. */
const isTenanted = ({ setting: { peer } }: Row): boolean =>
  peer !== "untraced" && peer !== "native" && peer !== "effect-otel"
