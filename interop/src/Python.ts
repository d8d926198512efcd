/** OpenTelemetry's own Python messages: they decode what we wrote, in both encodings, and the spans are compared with what our receiver read. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { Receiver } from "../../packages/receiver/src/index.js"
import { Destination } from "../../packages/tenant-tracer/src/index.js"
import * as Check from "./Check.js"
import * as Program from "./Program.js"
import { differences, different, type Normal, normal } from "./Spans.js"
import * as Tools from "./Tools.js"
import * as Trace from "./Trace.js"

const program = "OpenTelemetry for Python"

const encodings = ["protobuf", "json"] as const

const vocabularies = ["genai", "openinference"] as const

export const checks: Effect.Effect<ReadonlyArray<Check.Check>> = Check.part(
  program,
  Effect.gen(function* () {
    const venv = yield* Tools.python
    const kinds = encodings.flatMap((encoding) =>
      vocabularies.map((name) => ({ encoding, name, id: `${encoding}-${name}` }))
    )
    const receiver = yield* Receiver.make({
      accounts: kinds.map(({ id }) => ({ id, headers: { "x-key": id } }))
    })
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "interop-python-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    yield* Trace.send(
      yield* Effect.forEach(kinds, ({ encoding, id, name }) =>
        Effect.flatMap(receiver.endpoint(id), (endpoint) =>
          Trace.destination(
            Destination.make({
              name: id,
              endpoint,
              protocol: `http/${encoding}`,
              headers: Trace.secret({ "x-key": id }),
              vocabularies: [{ name }],
              content: "full"
            })
          )
        )
      )
    )
    const read = yield* Effect.forEach(kinds, ({ encoding, id, name }) =>
      Effect.gen(function* () {
        const deliveries = yield* receiver.received(id)
        const decoded = yield* Effect.forEach(deliveries, ({ body }, index) => {
          const file = join(folder, `${id}-${index}`)
          writeFileSync(file, body)
          return Program.run(join(venv, "bin", "python"), [Tools.decoder, encoding, file])
        })
        return {
          encoding,
          name,
          ours: (yield* receiver.spans(id)).map(normal),
          // As `decode.py` prints it.
          theirs: decoded.flatMap((text): ReadonlyArray<Normal> => JSON.parse(text))
        }
      })
    )
    const each = read.map(({ encoding, name, ours, theirs }) =>
      Check.compared(program, `http/${encoding}, ${name}: ${ours.length} spans, field by field`, [
        ...different("spans", Trace.size, theirs.length),
        ...differences(ours, theirs)
      ])
    )
    const both = vocabularies.map((name) => {
      const [protobuf, json] = encodings.map(
        (encoding) => read.find((one) => one.encoding === encoding && one.name === name)?.theirs ?? []
      )
      return Check.compared(program, `${name}: both encodings say the same`, differences(protobuf ?? [], json ?? []))
    })
    return [...each, ...both]
  }).pipe(Effect.scoped, Effect.mapError(Check.problem))
)
