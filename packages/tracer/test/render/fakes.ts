/** A rendered span with something in every field, and what its batch has in common. */
import { type BatchContext, Double, type RenderedSpan } from "../../src/render/RenderedSpan.js"

export const context: BatchContext = {
  resource: { "service.name": "gateway", "host.cpu": 2, flags: ["a", "b"] },
  schemaUrl: "https://opentelemetry.io/schemas/1.37.0",
  scope: { name: "tenant-tracer", version: "0.1.0" }
}

export const rendered = (overrides: Partial<RenderedSpan> = {}): RenderedSpan => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "00f067aa0ba902b7",
  parentIsRemote: true,
  traceState: "vendor=1,other=2",
  name: "chat gpt-4o",
  kind: "client",
  startTime: 1_795_289_780_570_527_401n,
  endTime: 1_795_289_781_570_527_402n,
  attributes: [
    ["text", "x"],
    ["int", 5],
    ["double", new Double(0.25)],
    ["bool", true],
    ["texts", ["a", "b"]],
    ["numbers", [1, 2]],
    ["__proto__", "own"]
  ],
  droppedAttributes: 2,
  events: [{ name: "first chunk", time: 1_795_289_780_670_527_401n, attributes: [["index", 0]] }],
  droppedEvents: 1,
  links: [{ traceId: "1af7651916cd43dd8448eb211c80319c", spanId: "c7ad6b7169203331", attributes: [["why", "caller"]] }],
  status: { code: "error", message: "it failed" },
  ...overrides
})

export const bare = rendered({
  spanId: "b7ad6b7169203332",
  parentSpanId: undefined,
  parentIsRemote: false,
  traceState: undefined,
  kind: "server",
  attributes: [],
  droppedAttributes: 0,
  events: [],
  droppedEvents: 0,
  links: [],
  status: { code: "unset", message: undefined }
})
