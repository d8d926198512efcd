/**
 * The hierarchy of a request's spans: what each role is, under which roles it may sit, and where it attaches. This is
 * the one declaration of it; the recorder, the tests and the types of `Nesting` read it from here.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as SpanRole from "./SpanRole.js"

/**
 * The kinds of OpenTelemetry, in its order.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanKind = Schema.Literal("internal", "server", "client", "producer", "consumer")

/**
 * What the other side of a span is: nobody (`internal`), a caller (`server`), a callee (`client`) or a queue.
 *
 * @since 0.1.0
 * @category models
 */
export type SpanKind = typeof SpanKind.Type

/**
 * Where a span attaches. `request`: to the nearest open ancestor that may hold it and steers a request (an agent, a
 * tool call, else the request's root), whatever span is active. `active`: to the active span.
 *
 * @since 0.1.0
 * @category models
 */
export type Anchor = "request" | "active"

/**
 * The place of one role. A role without parents is a root.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanSpec<Role extends SpanRole.SpanRole = SpanRole.SpanRole> {
  readonly role: Role
  readonly kind: SpanKind
  readonly parents: ReadonlyArray<SpanRole.SpanRole>
  readonly anchor: Anchor
}

/**
 * A spec for every role, each filed under its own.
 *
 * @since 0.1.0
 * @category models
 */
export type SpanRegistry = { readonly [Role in SpanRole.SpanRole]: SpanSpec<Role> }

/**
 * Declares a registry and keeps its literal type. An unknown parent, a spec filed under another role and a missing role
 * do not compile; `validate` says the same, and that there is no cycle, of a registry that the compiler has not seen.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const Registry extends SpanRegistry>(registry: Registry): Registry => registry

/**
 * The registry of TenantTracer. A call to a database or an inner service may be made by whatever does work; everything
 * else belongs to the request, or to the agent or tool call that asked for it.
 *
 * @since 0.1.0
 * @category constants
 */
export const registry = make({
  proxy_request: { role: "proxy_request", kind: "server", parents: [], anchor: "request" },
  llm_call: { role: "llm_call", kind: "client", parents: ["proxy_request", "agent", "tool_call"], anchor: "request" },
  agent: { role: "agent", kind: "internal", parents: ["proxy_request", "agent", "tool_call"], anchor: "request" },
  tool_call: {
    role: "tool_call",
    kind: "internal",
    parents: ["proxy_request", "agent", "tool_call"],
    anchor: "request"
  },
  mcp_tool_call: {
    role: "mcp_tool_call",
    kind: "client",
    parents: ["proxy_request", "agent", "tool_call"],
    anchor: "request"
  },
  mcp_list_tools: {
    role: "mcp_list_tools",
    kind: "client",
    parents: ["proxy_request", "agent", "tool_call"],
    anchor: "request"
  },
  guardrail: {
    role: "guardrail",
    kind: "internal",
    parents: ["proxy_request", "agent", "tool_call"],
    anchor: "request"
  },
  db_call: {
    role: "db_call",
    kind: "client",
    parents: ["proxy_request", "service", "guardrail", "agent", "tool_call", "llm_call", "mcp_tool_call"],
    anchor: "active"
  },
  service: {
    role: "service",
    kind: "internal",
    parents: ["proxy_request", "service", "guardrail", "agent", "tool_call", "llm_call", "mcp_tool_call"],
    anchor: "active"
  }
})

/**
 * Why something is not a registry. `role` is the entry that is wrong, or empty where the whole is.
 *
 * @since 0.1.0
 * @category errors
 */
export class SpanRegistryError extends Schema.TaggedError<SpanRegistryError>()("SpanRegistryError", {
  reason: Schema.Literal("malformed", "mismatched_role", "unknown_parent", "missing_roles", "no_root"),
  role: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return this.role === "" ? `span registry: ${this.detail}` : `span registry, role "${this.role}": ${this.detail}`
  }
}

const Untrusted = Schema.Record({
  key: Schema.String,
  value: Schema.Struct({
    role: Schema.String,
    kind: SpanKind,
    parents: Schema.Array(Schema.String),
    anchor: Schema.Literal("request", "active")
  })
})
type Untrusted = typeof Untrusted.Type

const decode = (input: unknown): Either.Either<Untrusted, SpanRegistryError> => {
  try {
    const decoded = Schema.decodeUnknownEither(Untrusted)(input)
    if (Either.isRight(decoded)) return Either.right(decoded.right)
  } catch {
    // A getter that throws is one more way of not being a registry.
  }
  return Either.left(
    new SpanRegistryError({
      reason: "malformed",
      role: "",
      detail: "is not a record of { role, kind, parents, anchor }: give every role such a spec"
    })
  )
}

const problem = (specs: Untrusted): SpanRegistryError | undefined => {
  for (const [role, spec] of Object.entries(specs)) {
    if (spec.role !== role) {
      return new SpanRegistryError({
        reason: "mismatched_role",
        role,
        detail: `mismatched role "${spec.role}": file each spec under its own role`
      })
    }
    const unknown = spec.parents.find((parent) => !Object.hasOwn(specs, parent))
    if (unknown !== undefined) {
      return new SpanRegistryError({
        reason: "unknown_parent",
        role,
        detail: `unknown parent "${unknown}": register it, or take it off the parents`
      })
    }
  }
  const missing = SpanRole.all.filter((role) => !Object.hasOwn(specs, role))
  if (missing.length > 0) {
    return new SpanRegistryError({ reason: "missing_roles", role: "", detail: `missing roles: ${missing.join(", ")}` })
  }
  const rooted = new Set<string>()
  for (let before = -1; before < rooted.size; ) {
    before = rooted.size
    for (const [role, spec] of Object.entries(specs)) {
      if (spec.parents.length === 0 || spec.parents.some((parent) => rooted.has(parent))) rooted.add(role)
    }
  }
  const adrift = Object.keys(specs).find((role) => !rooted.has(role))
  return adrift === undefined
    ? undefined
    : new SpanRegistryError({
        reason: "no_root",
        role: adrift,
        detail:
          "its parents lead in a circle and to no root: give one of them a parent that leads to a role without parents"
      })
}

/**
 * Checks a registry that comes from elsewhere, such as a plug-in: never throws, and reports the first thing that is
 * wrong.
 *
 * @example
 * ```ts
 * import { Either } from "effect"
 * import { SpanRegistry } from "@tenant-tracer/model"
 *
 * const own = { ...SpanRegistry.registry, guardrail: { ...SpanRegistry.registry.guardrail, parents: ["llm_call"] } }
 * const checked = SpanRegistry.validate(own)
 * if (Either.isLeft(checked)) throw checked.left
 * ```
 *
 * @since 0.1.0
 * @category validation
 */
export const validate = (input: unknown): Either.Either<SpanRegistry, SpanRegistryError> =>
  Either.flatMap(decode(input), (specs) => {
    const error = problem(specs)
    // The checks above are what the type says: every role is there, filed under itself, under parents that are there.
    return error === undefined ? Either.right(specs as unknown as SpanRegistry) : Either.left(error)
  })

/**
 * The place of a role.
 *
 * @since 0.1.0
 * @category getters
 */
export const specOf = <Role extends SpanRole.SpanRole>(role: Role): SpanSpec<Role> => {
  const specs: SpanRegistry = registry
  return specs[role]
}

/**
 * The roles that start a tree.
 *
 * @since 0.1.0
 * @category getters
 */
export const rootRoles = (): ReadonlyArray<SpanRole.SpanRole> => roots

const roots = SpanRole.all.filter((role) => specOf(role).parents.length === 0)

/**
 * The roles that may sit directly under a role; none for what is not a role.
 *
 * @since 0.1.0
 * @category getters
 */
export const childRoles = (parent: SpanRole.SpanRole): ReadonlyArray<SpanRole.SpanRole> => children.get(parent) ?? []

const children: ReadonlyMap<SpanRole.SpanRole, ReadonlyArray<SpanRole.SpanRole>> = new Map(
  SpanRole.all.map((parent) => [parent, SpanRole.all.filter((role) => specOf(role).parents.includes(parent))])
)
