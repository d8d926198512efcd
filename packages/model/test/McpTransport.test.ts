import { expect, it } from "@effect/vitest"
import { McpTransport } from "@tenant-tracer/model"

it("names what MCP travels over as the network conventions do", () => {
  expect(McpTransport.network("stdio")).toEqual({ transport: "pipe" })
  for (const name of ["http", "sse", "streamable_http"])
    expect(McpTransport.network(name)).toEqual({ transport: "tcp", protocol: "http" })
})

it("another is what it says, also where it is called as a property of every object", () => {
  for (const name of ["quic", "constructor", "__proto__", ""])
    expect(McpTransport.network(name)).toEqual({ transport: name })
  expect(McpTransport.network(undefined)).toBeUndefined()
})

it("reads back what it names", () => {
  for (const name of ["stdio", "http", "quic"]) {
    const { protocol, transport } = McpTransport.network(name) ?? {}
    expect(McpTransport.named(transport, protocol)).toBe(name)
  }
  expect(McpTransport.named("tcp", undefined)).toBe("tcp")
  expect(McpTransport.named(undefined, undefined)).toBeUndefined()
})
