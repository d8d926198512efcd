/** Mark 8: what it costs to write spans on the wire. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import { type Encoding, encodings } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Suite from "../Suite.js"

const mark = 8

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Encoding",
  seconds: { quick: 4, full: 40 },
  run: (plan) =>
    Effect.gen(function* () {
      const outcomes = yield* Rounds.run(
        plan,
        encodings.flatMap((encoding) =>
          (["stock", "ours"] as const).map((writer) =>
            Rounds.cell({
              name: "encode",
              setting: { writer, encoding },
              params: {
                writer,
                encoding,
                rounds: plan.quick ? 15 : 25,
                profile: writer === "ours" ? Suite.profileOf(plan, `encode-${encoding}`) : undefined
              }
            })
          )
        )
      )
      const find = Suite.finder(outcomes)
      const beside = (encoding: Encoding, name: string, limit: number) =>
        Mark.evaluate(
          mark,
          `512 spans of 25 attributes in ${name}, beside the stock serializer`,
          limit,
          [find("cpu", { writer: "ours", encoding }), find("cpu", { writer: "stock", encoding })],
          Suite.divide
        )
      return {
        marks: [beside("protobuf", "protobuf", 0.25), beside("json", "JSON", 0.4)],
        rows: Suite.rows(mark, outcomes, { cpu: "CPU, ns per span", bytes: "bytes of 512 spans" })
      }
    })
}
