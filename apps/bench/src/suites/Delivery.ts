/** Mark 2: what it costs to have the spans where they belong. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Encoding, Kind, Options } from "../Peer.js"
import { encodings } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Stats from "../Stats.js"
import * as Suite from "../Suite.js"
import type { Spread } from "../Tenants.js"

const mark = 2

interface Given extends Partial<Options> {
  readonly spread?: Spread
}

const compared = ["effect-otel", "lru-effect", "lru-otel", "ours"] as const

/** Whose heap is left to settle, and for how long: by then it is as large as it is for hours, and the rush of the warm-up is forgotten. */
const settledPeers = ["native", "effect-otel", "lru-effect", "ours"] as const
const settledLoad = { lead: 20, seconds: 25 }

/** What is compared is how it runs for hours: by then all of it is compiled. Where tenants are evicted each request takes long. */
const warmUp = ({ quick }: Suite.Plan, tenants: number): number => (quick ? 6000 : tenants > 256 ? 4500 : 20_000)

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Delivery",
  seconds: { quick: 20, full: 420 },
  run: (plan) =>
    Effect.gen(function* () {
      const cell = (kind: Kind, { spread = "uniform", ...given }: Given = {}) => {
        const options = Rounds.options(plan, given)
        const { capacity, compression, encoding, messages, tenants } = options
        // Those who keep all of them have seen each of them.
        const known = capacity >= tenants ? tenants : 0
        // First a little longer than a batch waits.
        const [lead, seconds] = plan.quick ? [0, 1.5] : [6, 8]
        return Rounds.cell({
          name: "deliver",
          ...(tenants === 100_000 && kind === "ours" && { limit: "3 minutes" }),
          steady: lead + seconds,
          setting: {
            peer: kind,
            tenants: kind === "effect-otel" || kind === "native" ? 1 : tenants,
            capacity,
            spread,
            encoding: kind === "native" ? "none" : encoding,
            compression,
            messages
          },
          params: {
            kind,
            options,
            spread,
            rate: messages ? 500 : 1500,
            lead,
            seconds,
            warm: Math.max(known, warmUp(plan, tenants)),
            // Effect's own sends once in an interval, whoever waits.
            burst: kind === "effect-otlp" ? warmUp(plan, tenants) / 2 : 256,
            profile:
              kind === "ours" && tenants === 256
                ? Suite.profileOf(plan, `deliver-${encoding}${messages ? "-messages" : ""}`)
                : undefined
          }
        })
      }
      const settled = (kind: Kind): Rounds.Cell =>
        Rounds.cell({
          name: "deliver",
          limit: "2 minutes",
          setting: { peer: kind, "s of load before": settledLoad.lead, "s of load": settledLoad.seconds },
          params: {
            kind,
            options: Rounds.options(plan),
            spread: "uniform",
            rate: 1500,
            ...settledLoad,
            warm: 5000,
            burst: 256
          }
        })
      const both = (kind: Kind) => encodings.map((encoding) => cell(kind, { encoding }))
      const core = plan.quick
        ? [cell("native"), cell("effect-otel"), cell("lru-effect"), cell("ours")]
        : [cell("native"), ...compared.flatMap(both), ...settledPeers.map(settled)]
      const more = [
        ...both("effect-otlp"),
        ...(["native", "effect-otlp", ...compared] as const).map((kind) => cell(kind, { messages: true })),
        ...(["effect-otel", "lru-effect", "ours"] as const).map((kind) => cell(kind, { compression: "gzip" }))
      ]
      const many = [1000, 10_000, 100_000]
      const climb = (kind: Kind, counts: ReadonlyArray<number>, spread: Spread) =>
        Rounds.climb(
          plan,
          counts.map((tenants) => ({ count: tenants, cell: cell(kind, { tenants, spread, capacity: tenants }) }))
        )
      const outcomes = [
        // The least of them, the floor, differs most from round to round, and is taken off the others.
        ...(yield* Rounds.run({ ...plan, rounds: plan.quick ? plan.rounds : plan.rounds + 1 }, core)),
        ...(plan.quick
          ? []
          : [
              ...(yield* Rounds.run({ ...plan, rounds: 1 }, more)),
              ...(yield* Rounds.run(
                { ...plan, rounds: 1 },
                [1, ...many].flatMap((tenants) =>
                  (tenants === 1 ? (["uniform"] as const) : (["uniform", "zipf"] as const)).flatMap((spread) => [
                    cell("ours", { tenants, spread, capacity: tenants }),
                    ...(tenants > 256 ? [cell("ours", { tenants, spread, capacity: 256 })] : []),
                    ...(tenants === 1
                      ? (["lru-effect", "lru-otel"] as const).map((kind) => cell(kind, { tenants, capacity: tenants }))
                      : [])
                  ])
                )
              )),
              ...(yield* climb("lru-effect", many, "uniform")),
              ...(yield* climb("lru-otel", many, "uniform")),
              ...(yield* climb("effect-otlp", many, "uniform")),
              ...(yield* climb("lru-effect", many, "zipf")),
              ...(yield* climb("lru-otel", many, "zipf"))
            ])
      ]
      const find = Suite.finder(outcomes)
      const floor = find("cpu", { peer: "native", messages: false })
      const of = (peer: Kind, encoding: Encoding) =>
        find("cpu", {
          peer,
          encoding,
          spread: "uniform",
          compression: "none",
          messages: false,
          tenants: peer === "effect-otel" ? 1 : 256
        })
      /** In whichever encoding it is best. */
      const best = (peer: Kind): Mark.Measured => {
        const [one, other] = [of(peer, "protobuf"), of(peer, "json")]
        if (plan.quick) return one
        if (one.failed !== undefined || other.failed !== undefined) return one.failed === undefined ? one : other
        return Stats.median(one.values) <= Stats.median(other.values) ? one : other
      }
      const above = (one = Number.NaN, other = Number.NaN, floor = Number.NaN) => (one - floor) / (other - floor)
      const total = (one = Number.NaN, other = Number.NaN) => one / other
      const aboveFloor = (peer: Kind, title: string, limit: number) =>
        Mark.evaluate(
          mark,
          `CPU per span delivered above peer 1, beside ${title}`,
          limit,
          [best("ours"), best(peer), floor],
          above
        )
      const aboveFloorSettled = (peer: Kind, title: string, limit: number) =>
        Mark.evaluate(
          mark,
          `CPU per span delivered above peer 1 once the heap has settled, beside ${title}`,
          limit,
          (["ours", peer, "native"] as const).map((kind) =>
            find("cpu", { peer: kind, "s of load": settledLoad.seconds })
          ),
          above
        )
      const inAll = (peer: Kind, title: string, limit: number | null) =>
        Mark.evaluate(mark, `CPU per span delivered in all, beside ${title}`, limit, [best("ours"), best(peer)], total)
      return {
        marks: [
          aboveFloor("effect-otel", "peer 2", 0.35),
          inAll("effect-otel", "peer 2", 0.62),
          aboveFloor("lru-effect", "peer 3a", 0.35),
          inAll("lru-effect", "peer 3a", 0.62),
          // Nothing short tells the first two; and without Effect it can cost less than peer 1 does.
          ...(plan.quick
            ? []
            : [
                aboveFloorSettled("effect-otel", "peer 2", 0.35),
                aboveFloorSettled("lru-effect", "peer 3a", 0.35),
                inAll("lru-otel", "peer 3b", null)
              ])
        ],
        rows: Suite.rows(mark, outcomes, {
          cpu: "CPU, µs per span delivered",
          late: "a request was late by at most, ms",
          sockets: "sockets at a time, at most"
        })
      }
    })
}
