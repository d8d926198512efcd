import { expect, it } from "@effect/vitest"
import * as Paper from "../src/Paper.js"
import * as Report from "../src/Report.js"
import type { Row } from "../src/Suite.js"

const measured: Paper.Measured = {
  batched: 20,
  single: 100,
  idle: 1024,
  hit: 100,
  eviction: 10_000,
  sockets: 8,
  closing: 500
}

const row = (name: string, table: string): ReadonlyArray<string> =>
  (table.split("\n").find((line) => line.startsWith(`| ${name}`)) ?? "")
    .split(" | ")
    .slice(2)
    .map((cell) => cell.replace(/ \|$/, ""))

it("works out each part from what was measured", () => {
  const table = Paper.table(measured)
  // 10,000 × 1,000 ÷ 86,400; 1,000,000 × 100 ÷ 86,400; ten times as many.
  expect(row("requests of a second", table)).toEqual(["116", "1,157", "11,574"])
  expect(row("tenants kept", table)).toEqual(["10,000", "10,000", "10,000"])
  expect(row("memory of those", table)).toEqual(["9.77 MiB", "9.77 MiB", "9.77 MiB"])
  expect(row("memory if", table)).toEqual(["9.77 MiB", "977 MiB", "977 MiB"])
  expect(row("sockets", table)).toEqual(["40 at most", "4,000 at most", "40,000 at most"])
  // 116 requests of 6 spans, nearly all by themselves, at 100 µs a span.
  expect(row("CPU for tracing", table)[0]).toBe("0.0663 cores")
  // Of 5 s: 579 tenants.
  expect(row("closing a replica", table)[0]).toBe("289 ms")
  expect(row("requests to a back end", table)).toEqual(["0.2 a minute", "2 a minute", "20 a minute"])
})

it("says so where something was not measured", () => {
  const table = Paper.table({ ...measured, idle: undefined, single: undefined })
  expect(row("memory of those", table)).toEqual(["not measured", "not measured", "not measured"])
  expect(row("CPU for tracing", table)).toEqual(["not measured", "not measured", "not measured"])
  expect(row("sockets", table)[0]).toBe("40 at most")
})

it("plays the cache through", () => {
  expect(Paper.hitRate(100, 100, 5000)).toBe(1)
  const [few, more] = [Paper.hitRate(10_000, 10, 20_000), Paper.hitRate(10_000, 1000, 20_000)]
  expect(few).toBeGreaterThan(0.05)
  expect(more).toBeGreaterThan(few)
  expect(more).toBeLessThan(1)
})

it("the more replicas, the more requests are alone", () => {
  const fleet = { replicas: 1, tenants: 10, requests: 86_400, origins: 1 }
  expect(Paper.alone(fleet)).toBeCloseTo(Math.exp(-5))
  expect(Paper.alone({ ...fleet, replicas: 5 })).toBeCloseTo(Math.exp(-1))
})

it("finds what it needs in the results", () => {
  const ours = { peer: "ours", spread: "uniform", encoding: "protobuf", compression: "none", messages: false }
  const rows: ReadonlyArray<Row> = [
    {
      mark: 2,
      what: "CPU, µs per span delivered",
      setting: { ...ours, peer: "lru-effect", tenants: 256 },
      values: [99]
    },
    {
      mark: 2,
      what: "CPU, µs per span delivered",
      setting: { ...ours, tenants: 256, capacity: 256 },
      values: [20, 22, 21]
    },
    {
      mark: 2,
      what: "CPU, µs per span delivered",
      setting: { ...ours, tenants: 10_000, capacity: 10_000 },
      values: [90]
    },
    {
      mark: 4,
      what: "bytes of an idle tenant, or a queued span",
      setting: { peer: "ours", idle: true },
      values: [900]
    },
    { mark: 9, what: "a hit in the cache, ns", setting: { peer: "ours", cache: true }, values: [80] },
    { mark: 5, what: "sockets at a time, at most", setting: { peer: "ours" }, values: [] }
  ]
  const found = Paper.measured({ marks: [], rows })
  expect(found).toEqual({
    batched: 21,
    single: 90,
    idle: 900,
    hit: 80,
    eviction: undefined,
    sockets: undefined,
    closing: undefined
  })
  expect(Report.measured({ marks: [], rows }, 2)).toHaveLength(3)
})
