import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Otlp from "@tenant-tracer/receiver/Otlp"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Capture from "../src/demo/Capture.js"
import { delivery, goodRun } from "./Evidence.js"

/** A request with an attribute of every type, as OTLP's JSON form has it. */
const attributes = [
  { key: "text", value: { stringValue: "é" } },
  { key: "yes", value: { boolValue: true } },
  { key: "whole", value: { intValue: "9007199254740993" } },
  { key: "real", value: { doubleValue: 1.5 } },
  { key: "bytes", value: { bytesValue: "AAEC" } },
  { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { intValue: "1" }] } } },
  { key: "record", value: { kvlistValue: { values: [{ key: "a", value: { boolValue: false } }] } } },
  { key: "nothing", value: {} }
]

const exported = {
  resourceSpans: [
    {
      resource: { attributes },
      schemaUrl: "https://example.org/schema",
      scopeSpans: [
        {
          scope: { name: "test", version: "1", attributes },
          schemaUrl: "",
          spans: [
            {
              traceId: "0af7651916cd43dd8448eb211c80319c",
              spanId: "b7ad6b7169203331",
              parentSpanId: "",
              traceState: "a=b",
              flags: 257,
              name: "GET",
              kind: 2,
              startTimeUnixNano: "1700000000000000001",
              endTimeUnixNano: "1700000000000000002",
              attributes,
              droppedAttributesCount: 1,
              events: [
                { timeUnixNano: "1700000000000000003", name: "exception", attributes, droppedAttributesCount: 0 }
              ],
              droppedEventsCount: 2,
              links: [
                {
                  traceId: "1af7651916cd43dd8448eb211c80319c",
                  spanId: "c7ad6b7169203331",
                  traceState: "",
                  flags: 1,
                  attributes,
                  droppedAttributesCount: 0
                }
              ],
              droppedLinksCount: 3,
              status: { code: 2, message: "oops" }
            }
          ]
        }
      ]
    }
  ]
}

const decode = (json: unknown) => Either.getOrThrow(Otlp.decode(Buffer.from(JSON.stringify(json)), "json"))

const inFolder = <A, E>(
  use: (folder: string, files: FileSystem.FileSystem) => Effect.Effect<A, E, NodeContext.NodeContext>
) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return yield* use(yield* files.makeTempDirectoryScoped(), files)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const readJson = (files: FileSystem.FileSystem, path: string) =>
  Effect.map(files.readFileString(path), (text): unknown => JSON.parse(text))

describe("a captured body", () => {
  it("is OTLP's JSON form, and nothing of what came is lost", () => {
    expect(Capture.bodyOf(decode(exported))).toEqual(exported)
    expect(decode(Capture.bodyOf(decode(exported)))).toEqual(decode(exported))
  })
})

describe("a capture", () => {
  it.effect("has a file for each request of each tenant, and all canaries", () =>
    inFolder((folder, files) =>
      Effect.gen(function* () {
        const run = goodRun()
        yield* Capture.write(`${folder}/new/deep`, run)
        const path = `${folder}/new/deep`
        expect((yield* files.readDirectory(path)).sort()).toEqual(["acme", "canaries.json", "globex", "initech"])
        expect(yield* files.readDirectory(`${path}/acme`)).toEqual(["001.json"])
        const [acme] = run.tenants
        expect(yield* readJson(files, `${path}/acme/001.json`)).toEqual({
          path: "/v1/traces",
          headers: acme?.tenant.account.headers,
          body: { resourceSpans: [] }
        })
        expect(yield* readJson(files, `${path}/canaries.json`)).toEqual(
          Object.fromEntries(run.tenants.map(({ tenant }) => [tenant.id, tenant.canaries.map(({ text }) => text)]))
        )
      })
    )
  )

  it.effect("leaves nothing of an earlier one, and what is not its own alone", () =>
    inFolder((folder, files) =>
      Effect.gen(function* () {
        const run = goodRun()
        const twice = run.tenants.map((one) => ({
          ...one,
          received: { ...one.received, deliveries: [...one.received.deliveries, delivery(one.tenant.id, "x")] }
        }))
        yield* Capture.write(folder, { ...run, tenants: twice })
        yield* files.writeFileString(`${folder}/acme/notes.txt`, "mine")
        expect(yield* files.readDirectory(`${folder}/globex`)).toHaveLength(2)
        yield* Capture.write(folder, run)
        expect((yield* files.readDirectory(`${folder}/acme`)).sort()).toEqual(["001.json", "notes.txt"])
        expect(yield* files.readDirectory(`${folder}/globex`)).toEqual(["001.json"])
      })
    )
  )

  it.effect("that cannot be written is an error", () =>
    inFolder((folder, files) =>
      Effect.gen(function* () {
        yield* files.writeFileString(`${folder}/file`, "")
        const error = yield* Effect.flip(Capture.write(`${folder}/file`, goodRun()))
        expect(error._tag).toBe("SystemError")
      })
    )
  )
})
