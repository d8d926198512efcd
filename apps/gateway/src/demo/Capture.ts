/** Writes down what each back end received, for whoever wants to look for themselves. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type * as Otlp from "@tenant-tracer/receiver/Otlp"
import type * as Receiver from "@tenant-tracer/receiver/Receiver"
import * as Effect from "effect/Effect"
import type { Evidence } from "./Checks.js"

const valueOf = (value: Otlp.AnyValue): object => {
  switch (value.type) {
    case "string":
      return { stringValue: value.value }
    case "bool":
      return { boolValue: value.value }
    case "int":
      return { intValue: String(value.value) }
    case "double":
      return { doubleValue: value.value }
    case "bytes":
      return { bytesValue: Buffer.from(value.value).toString("base64") }
    case "array":
      return { arrayValue: { values: value.value.map(valueOf) } }
    case "kvlist":
      return { kvlistValue: { values: attributesOf(value.value) } }
    case "empty":
      return {}
  }
}

const attributesOf = (keyValues: ReadonlyArray<Otlp.KeyValue>): ReadonlyArray<object> =>
  keyValues.map(({ key, value }) => ({ key, value: valueOf(value) }))

const spanOf = ({
  attributes: _,
  keyValues,
  events,
  links,
  startTimeUnixNano,
  endTimeUnixNano,
  ...span
}: Otlp.Span): object => ({
  ...span,
  startTimeUnixNano: String(startTimeUnixNano),
  endTimeUnixNano: String(endTimeUnixNano),
  attributes: attributesOf(keyValues),
  events: events.map(({ attributes: _, keyValues, timeUnixNano, ...event }) => ({
    ...event,
    timeUnixNano: String(timeUnixNano),
    attributes: attributesOf(keyValues)
  })),
  links: links.map(({ attributes: _, keyValues, ...link }) => ({ ...link, attributes: attributesOf(keyValues) }))
})

/** A decoded request in OTLP's JSON form. */
export const bodyOf = (request: Otlp.ExportRequest): object => ({
  resourceSpans: request.resourceSpans.map(({ resource, scopeSpans }) => ({
    resource: { attributes: attributesOf(resource.keyValues) },
    schemaUrl: resource.schemaUrl,
    scopeSpans: scopeSpans.map(({ scope, spans }) => ({
      scope: { name: scope.name, version: scope.version, attributes: attributesOf(scope.keyValues) },
      schemaUrl: scope.schemaUrl,
      spans: spans.map(spanOf)
    }))
  }))
})

const fileOf = ({ path, headers, request }: Receiver.Delivery): string =>
  `${JSON.stringify({ path, headers, body: bodyOf(request) }, null, 2)}\n`

/** Writes `<tenant>/NNN.json` (path, headers, decoded body) and `canaries.json` (`{"<tenant>": ["…"]}`) into a folder, which is made. */
export const write = (folder: string, evidence: Evidence) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    for (const { tenant, received } of evidence.tenants) {
      const own = path.join(folder, tenant.id)
      yield* files.makeDirectory(own, { recursive: true })
      // What an earlier run left would be taken for this one's.
      const old = (yield* files.readDirectory(own)).filter((name) => /^\d{3,}\.json$/.test(name))
      yield* Effect.forEach(old, (name) => files.remove(path.join(own, name)))
      yield* Effect.forEach(received.deliveries, (delivery, index) =>
        files.writeFileString(path.join(own, `${String(index + 1).padStart(3, "0")}.json`), fileOf(delivery))
      )
    }
    const canaries = evidence.tenants.map(({ tenant }) => [tenant.id, tenant.canaries.map(({ text }) => text)])
    yield* files.writeFileString(
      path.join(folder, "canaries.json"),
      `${JSON.stringify(Object.fromEntries(canaries), null, 2)}\n`
    )
  })
