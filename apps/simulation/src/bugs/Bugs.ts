/**
 * Bugs that this library must never have, each ready to be brought back: a text of one of its files and what it becomes. They show that the
 * simulation would find them.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** One text of a file, which must be there exactly once, and what it becomes. */
export interface Edit {
  readonly find: string
  readonly replace: string
}

/** A bug. */
export interface Bug {
  /** In kebab case. */
  readonly name: string
  /** What somebody has got wrong, in a sentence. */
  readonly says: string
  /** The file, below the root of the workspace. */
  readonly file: string
  readonly edits: ReadonlyArray<Edit>
}

const tracer = "packages/tracer/src"

/** Every bug. */
export const all: ReadonlyArray<Bug> = [
  {
    name: "shared-header-object",
    says: "One object holds the headers of whatever is sent next, and what the last one needed stays in it.",
    file: `${tracer}/deliver/internal/otlpRequest.ts`,
    edits: [
      {
        find: "const contentTypes = {",
        replace: "const shared: Record<string, string> = {}\n\nconst contentTypes = {"
      },
      {
        find: "headers: { ...headers, ...ownHeaders }, body, tls",
        replace: "headers: Object.assign(shared, headers, ownHeaders), body, tls"
      }
    ]
  },
  {
    name: "evict-without-drain",
    says: "A provider that has to make room is closed without sending what waits in it.",
    file: `${tracer}/deliver/Provider.ts`,
    edits: [
      {
        find: `if (reason === "revoked") return revoke`,
        replace: `if (reason === "revoked") return revoke\n        if (reason === "evicted") return Effect.sync(() => void abandon(reason))`
      }
    ]
  },
  {
    name: "retry-with-anothers-headers",
    says: "The credential in use is kept in one place for all exporters, and a retry takes what it finds there.",
    file: `${tracer}/deliver/OtlpExporter.ts`,
    edits: [
      { find: "const done = (", replace: "let current: requestAuth.RequestAuth\n\nconst done = (" },
      { find: "const using = auth\n", replace: "const using = isRetry ? current : auth\n      current = auth\n" },
      { find: `if ("why" in verdict) {`, replace: `isRetry = "why" in verdict\n      if ("why" in verdict) {` },
      { find: "let auth = requestAuth", replace: "let isRetry = false\n  let auth = requestAuth" }
    ]
  },
  {
    name: "route-by-trace-id",
    says: "Whose a span is, is looked up by the id of its trace, which two tenants can have in common.",
    file: `${tracer}/record/Recorder.ts`,
    edits: [
      {
        find: `else sink(span, ownership._tag === "bound" ? ownership.route : undefined)`,
        replace: `else {
      if (ownership._tag === "bound" && !routes.has(request.traceId)) routes.set(request.traceId, ownership.route)
      sink(span, routes.get(request.traceId))
    }`
      },
      {
        find: "const live = new Set<RequestTrace>()",
        replace: "const live = new Set<RequestTrace>()\n  const routes = new Map<string, TenantRoute>()"
      }
    ]
  },
  {
    name: "late-span-to-the-operators-tenant",
    says: "A span that ends after its request has lost its owner, and goes to the operator.",
    file: `${tracer}/record/Recorder.ts`,
    edits: [
      {
        find: `else sink(span, ownership._tag === "bound" ? ownership.route : undefined)`,
        replace: `else {
      const isLate = request.rootEndTime !== undefined && span !== request.root
      sink(span, ownership._tag === "bound" && !isLate ? ownership.route : undefined)
    }`
      }
    ]
  },
  {
    name: "batch-in-flight-lost-at-close",
    says: "Closing waits for what is queued and not for what is on its way, which it aborts and tells nobody of.",
    file: `${tracer}/deliver/Provider.ts`,
    edits: [
      { find: "for (const { entries } of inFlight) up = Math.min(up, entries[0]?.position ?? up)", replace: "" },
      { find: "queue.putBack(entries)\n        fiber", replace: "queue.settle(entries)\n        fiber" }
    ]
  },
  {
    name: "revoked-key-used-by-a-retry",
    says: "Revoking a key closes its provider as an eviction does, and what waits there is tried once more with that key.",
    file: `${tracer}/internal/destinations.ts`,
    edits: [{ find: "Effect.zipRight(provider.revoke, close)", replace: "close" }]
  },
  {
    name: "replay-to-a-deleted-destination",
    says: "What is on disk goes to the destination as it was known when it was last asked for, though there is none any more.",
    file: `${tracer}/internal/reclaim.ts`,
    edits: [
      {
        find: "const settle = (",
        replace: "const known = new Map<DestinationId.DestinationId, Destination.Destination>()\n\n  const settle = ("
      },
      {
        find: 'const opened = destination && outlets.open(id, destination, "tenant")',
        replace: `if (destination !== undefined) known.set(id, destination)
    const latest = destination ?? known.get(id)
    const opened = latest && outlets.open(id, latest, "tenant")`
      }
    ]
  },
  {
    name: "double-count-after-a-split",
    says: "Of a batch that was too large and sent in halves, the first half counts twice and the second not at all.",
    file: `${tracer}/deliver/OtlpExporter.ts`,
    edits: [{ find: "Exporter.combine(first, second)", replace: "Exporter.combine(first, first)" }]
  },
  {
    name: "leaked-budget",
    says: "The bytes of a span that is dropped are not given back.",
    file: `${tracer}/deliver/Provider.ts`,
    edits: [{ find: "const spans = release(entries)\n", replace: "const spans = entries.map(({ span }) => span)\n" }]
  }
]

/** The bug of a name. */
export const find = (name: string): Bug | undefined => all.find((bug) => bug.name === name)

/** The root of the workspace. */
export const root = new URL("../../../../", import.meta.url)

/** Where a bug's file is. */
export const fileOf = (bug: Bug): URL => new URL(bug.file, root)

/** The text with every edit made; an error says which one does not fit, so that a bug that has become another is noticed. */
export const apply = (source: string, bug: Bug): string => {
  let text = source
  for (const { find, replace } of bug.edits) {
    const times = text.split(find).length - 1
    if (times !== 1)
      throw new Error(`the bug "${bug.name}" does not fit any more: ${bug.file} has ${times} times the text\n${find}`)
    text = text.replace(find, () => replace)
  }
  return text
}

/** A bug's file with the bug in it. */
export const patched = (bug: Bug): string => apply(readFileSync(fileURLToPath(fileOf(bug)), "utf8"), bug)
