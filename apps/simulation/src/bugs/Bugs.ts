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

/** What is different in a file, which is given below the root of the workspace. */
export interface Patch {
  readonly file: string
  readonly edits: ReadonlyArray<Edit>
}

/** A bug. */
export interface Bug {
  /** In kebab case. */
  readonly name: string
  /** What somebody has got wrong, in a sentence. */
  readonly says: string
  readonly patches: ReadonlyArray<Patch>
}

const tracer = "packages/tracer/src"

/** Every bug. */
export const all: ReadonlyArray<Bug> = [
  {
    name: "shared-header-object",
    says: "One object holds the headers of whatever is sent next, and what the last one needed stays in it.",
    patches: [
      {
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
      }
    ]
  },
  {
    name: "evict-without-drain",
    says: "A provider that has to make room is closed without sending what waits in it.",
    patches: [
      {
        file: `${tracer}/deliver/internal/sender.ts`,
        edits: [
          {
            find: `if (reason === "revoked") return this.revoke`,
            replace: `if (reason === "revoked") return this.revoke\n    if (reason === "evicted") return Effect.sync(() => void this.abandon(reason))`
          }
        ]
      }
    ]
  },
  {
    name: "retry-with-anothers-headers",
    says: "The credential in use is kept in one place for all exporters, and a retry takes what it finds there.",
    patches: [
      {
        file: `${tracer}/deliver/OtlpExporter.ts`,
        edits: [
          { find: "const done = (", replace: "let current: requestAuth.RequestAuth\n\nconst done = (" },
          { find: "const using = auth\n", replace: "const using = isRetry ? current : auth\n      current = auth\n" },
          { find: `if ("why" in verdict) {`, replace: `isRetry = "why" in verdict\n      if ("why" in verdict) {` },
          { find: "let auth = requestAuth", replace: "let isRetry = false\n  let auth = requestAuth" }
        ]
      }
    ]
  },
  {
    name: "route-by-trace-id",
    says: "Whose a span is, is looked up by the id of its trace, which two tenants can have in common.",
    patches: [
      {
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
            find: "const live = new Bag<RequestTrace>()",
            replace: "const live = new Bag<RequestTrace>()\n  const routes = new Map<string, TenantRoute>()"
          }
        ]
      }
    ]
  },
  {
    name: "late-span-to-the-operators-tenant",
    says: "A span that ends after its request has lost its owner, and goes to the operator.",
    patches: [
      {
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
      }
    ]
  },
  {
    name: "batch-in-flight-lost-at-close",
    says: "Closing waits for what is queued and not for what is on its way, which it aborts and tells nobody of.",
    patches: [
      {
        file: `${tracer}/deliver/internal/sender.ts`,
        edits: [
          {
            find: "for (const { entries } of this.inFlight) settledUpTo = Math.min(settledUpTo, entries[0]?.position ?? settledUpTo)",
            replace: ""
          },
          { find: "queue.putBack(entries)\n      fiber", replace: "queue.settle(entries)\n      fiber" }
        ]
      }
    ]
  },
  {
    name: "revoked-key-used-by-a-retry",
    says: "Revoking a key closes its provider as an eviction does, and what waits there is tried once more with that key.",
    patches: [
      {
        file: `${tracer}/internal/destinations.ts`,
        edits: [{ find: "Effect.zipRight(provider.revoke, close)", replace: "close" }]
      }
    ]
  },
  {
    name: "replay-to-a-deleted-destination",
    says: "The settings of destinations are kept beside the spool, and what is there goes out by them though its destination is gone.",
    patches: [
      {
        file: `${tracer}/internal/reclaim.ts`,
        edits: [
          {
            find: "/** One round:",
            replace:
              "export const known = new Map<DestinationId.DestinationId, Destination.Destination>()\n\n/** One round:"
          },
          {
            // Where the spool is empty, nothing is kept beside it.
            find: "const { outlets, resolve, spooling } = options",
            replace: `const { outlets, resolve, spooling } = options
  if (spooling.waiting().length === 0) known.clear()`
          },
          {
            find: 'const opened = destination && outlets.open(id, destination, "tenant")',
            replace: `const latest = destination ?? known.get(id)
    const opened = latest && outlets.open(id, latest, "tenant")`
          }
        ]
      },
      {
        file: `${tracer}/internal/outlets.ts`,
        edits: [
          {
            find: `import * as fates from "./fates.js"`,
            replace: `import * as fates from "./fates.js"\nimport { known } from "./reclaim.js"`
          },
          {
            find: "revocations.see(id, credential)\n      const key",
            replace: "revocations.see(id, credential)\n      known.set(id, destination)\n      const key"
          }
        ]
      }
    ]
  },
  {
    name: "double-count-after-a-split",
    says: "Of a batch that was too large and sent in halves, the first half counts twice and the second not at all.",
    patches: [
      {
        file: `${tracer}/deliver/OtlpExporter.ts`,
        edits: [{ find: "Exporter.combine(first, second)", replace: "Exporter.combine(first, first)" }]
      }
    ]
  },
  {
    name: "leaked-budget",
    says: "The bytes of a span that is dropped are not given back.",
    patches: [
      {
        file: `${tracer}/deliver/internal/holding.ts`,
        edits: [
          {
            find: "this.lose(this.release([entry]), reason)",
            replace: "this.lose([entry.span], reason)"
          },
          {
            find: "const spans = this.release(this.queue.expire(before))",
            replace: "const spans = this.queue.expire(before).map(({ span }) => span)"
          }
        ]
      }
    ]
  }
]

/** The bug of a name. */
export const find = (name: string): Bug | undefined => all.find((bug) => bug.name === name)

/** The root of the workspace. */
export const root = new URL("../../../../", import.meta.url)

/** The text with every edit made; an error says which one does not fit, so that a bug that has become another is noticed. */
export const apply = (source: string, name: string, { edits, file }: Patch): string => {
  let text = source
  for (const { find, replace } of edits) {
    const times = text.split(find).length - 1
    if (times !== 1)
      throw new Error(`the bug "${name}" does not fit any more: ${file} has ${times} times the text\n${find}`)
    text = text.replace(find, () => replace)
  }
  return text
}

/** The files of a bug, by their paths, with the bug in them. */
export const patched = ({ name, patches }: Bug): ReadonlyMap<string, string> =>
  new Map(
    patches.map((patch) => {
      const path = fileURLToPath(new URL(patch.file, root))
      return [path, apply(readFileSync(path, "utf8"), name, patch)]
    })
  )
