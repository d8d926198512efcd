import { describe, expect, it } from "@effect/vitest"
import { SpanRegistry, SpanRole } from "@tenant-tracer/model"
import { Either, FastCheck as fc } from "effect"

const { registry } = SpanRegistry

const failure = (input: unknown) => Either.getOrThrow(Either.flip(SpanRegistry.validate(input)))

describe("SpanRegistry", () => {
  it("case 41: the registry is valid and covers every role", () => {
    expect(SpanRegistry.validate(registry)).toStrictEqual(Either.right(registry))
    expect(Object.keys(registry)).toStrictEqual([...SpanRole.all])
  })

  it("case 41: the request is the only root, and every other role may sit under it", () => {
    expect(SpanRegistry.rootRoles()).toStrictEqual(["proxy_request"])
    expect(SpanRegistry.childRoles("proxy_request")).toStrictEqual(
      SpanRole.all.filter((role) => role !== "proxy_request")
    )
  })

  it("case 45: kinds", () => {
    const kinds = Object.fromEntries(SpanRole.all.map((role) => [role, SpanRegistry.specOf(role).kind]))
    expect(kinds).toStrictEqual({
      proxy_request: "server",
      llm_call: "client",
      agent: "internal",
      tool_call: "internal",
      mcp_tool_call: "client",
      mcp_list_tools: "client",
      guardrail: "internal",
      db_call: "client",
      service: "internal"
    })
    expect(SpanRegistry.SpanKind.literals).toStrictEqual(["internal", "server", "client", "producer", "consumer"])
  })

  it("anchors database calls and services to the active span, everything else to the request", () => {
    expect(SpanRole.all.filter((role) => SpanRegistry.specOf(role).anchor === "active")).toStrictEqual([
      "db_call",
      "service"
    ])
  })

  it("keeps a guardrail beside the model call, and lets agents and tools hold what they ask for", () => {
    expect(SpanRegistry.childRoles("llm_call")).toStrictEqual(["db_call", "service"])
    expect(SpanRegistry.childRoles("guardrail")).toStrictEqual(["db_call", "service"])
    expect(SpanRegistry.childRoles("db_call")).toStrictEqual([])
    expect(SpanRegistry.childRoles("mcp_list_tools")).toStrictEqual([])
    for (const parent of ["agent", "tool_call"] as const) {
      expect(SpanRegistry.childRoles(parent)).toStrictEqual(SpanRole.all.filter((role) => role !== "proxy_request"))
    }
  })

  it("childRoles and specOf say the same", () => {
    for (const parent of SpanRole.all) {
      for (const role of SpanRole.all) {
        expect(SpanRegistry.childRoles(parent).includes(role)).toBe(SpanRegistry.specOf(role).parents.includes(parent))
      }
    }
  })

  it("case 43: reports an unknown parent", () => {
    const error = failure({ llm_call: registry.llm_call })
    expect(error._tag).toBe("SpanRegistryError")
    expect(error.reason).toBe("unknown_parent")
    expect(error.message).toBe(
      'span registry, role "llm_call": unknown parent "proxy_request": register it, or take it off the parents'
    )
  })

  it("does not take a name of Object's prototype for a parent", () => {
    expect(failure({ ...registry, service: { ...registry.service, parents: ["toString"] } }).reason).toBe(
      "unknown_parent"
    )
  })

  it("reports a spec filed under another role", () => {
    const error = failure({ ...registry, guardrail: registry.llm_call })
    expect(error).toMatchObject({ reason: "mismatched_role", role: "guardrail" })
    expect(error.message).toContain('mismatched role "llm_call"')
  })

  it("reports every missing role", () => {
    const { db_call: _db, service: _service, ...rest } = registry
    expect(failure(rest)).toMatchObject({ reason: "missing_roles", detail: "missing roles: db_call, service" })
  })

  it("reports a circle that leads to no root", () => {
    expect(
      failure({
        ...registry,
        agent: { ...registry.agent, parents: ["tool_call"] },
        tool_call: { ...registry.tool_call, parents: ["agent"] }
      })
    ).toMatchObject({ reason: "no_root", role: "agent" })
    expect(failure({ ...registry, proxy_request: { ...registry.proxy_request, parents: ["service"] } }).reason).toBe(
      "no_root"
    )
  })

  it("accepts a registry with other parents", () => {
    const own = { ...registry, guardrail: { ...registry.guardrail, parents: ["llm_call"] } }
    expect(SpanRegistry.validate(own)).toStrictEqual(Either.right(own))
  })

  it("reports what is no registry at all, and never throws", () => {
    const hostile = {
      get llm_call(): unknown {
        throw new Error("boom")
      }
    }
    for (const input of [null, undefined, 5, "x", [1], { llm_call: null }, { llm_call: { role: 1 } }, hostile]) {
      expect(failure(input).reason).toBe("malformed")
    }
    fc.assert(fc.property(fc.anything(), (input) => Either.isLeft(SpanRegistry.validate(input))))
  })

  it("does not compile with an unknown parent, a misfiled spec or a missing role", () => {
    const guardrail = { role: "guardrail", kind: "internal", anchor: "request" } as const
    // @ts-expect-error an unknown parent
    SpanRegistry.make({ ...registry, guardrail: { ...guardrail, parents: ["llm_cal"] } })
    // @ts-expect-error a spec of another role
    SpanRegistry.make({ ...registry, guardrail: registry.llm_call })
    const { service: _service, ...rest } = registry
    // @ts-expect-error a missing role
    SpanRegistry.make(rest)
    expect(SpanRegistry.make({ ...registry, guardrail: { ...guardrail, parents: ["llm_call"] } })).toBeDefined()
  })
})
