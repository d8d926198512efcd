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
  readonly name: string
  /** The file, below the root of the workspace. */
  readonly file: string
  readonly edits: ReadonlyArray<Edit>
}

const tracer = "packages/tracer/src"

/** Every bug. */
export const all: ReadonlyArray<Bug> = [
  {
    name: "shared-header-object",
    file: `${tracer}/deliver/internal/requestAuth.ts`,
    edits: [
      {
        find: "const revealed: Record<string, string> = {}",
        replace: "const revealed: Record<string, string> = shared"
      },
      { find: "const reveal = (", replace: "const shared: Record<string, string> = {}\nconst reveal = (" }
    ]
  },
  {
    name: "evict-without-drain",
    file: `${tracer}/deliver/ProviderCache.ts`,
    edits: [{ find: "Effect.timeoutOption(closeDeadline)", replace: "Effect.timeoutOption(0)" }]
  },
  {
    name: "retry-with-anothers-headers",
    file: `${tracer}/deliver/OtlpExporter.ts`,
    edits: [
      { find: "const using = auth\n", replace: "const using = hasFailed ? latest : auth\n      latest = auth\n" },
      { find: `if ("why" in verdict) {`, replace: `if ("why" in verdict) {\n        hasFailed = true` },
      { find: "let auth = requestAuth", replace: "let hasFailed = false\n  let auth = requestAuth" },
      { find: "const done = (", replace: "let latest: requestAuth.RequestAuth\n\nconst done = (" }
    ]
  },
  {
    name: "route-by-trace-id",
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
    name: "late-span-to-the-operator",
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
    file: `${tracer}/deliver/Provider.ts`,
    edits: [{ find: "ledger.dropped(id, reason, batch.entries.length)", replace: "" }]
  },
  {
    name: "double-count-after-a-split",
    file: `${tracer}/deliver/OtlpExporter.ts`,
    edits: [{ find: "Exporter.combine(first, second)", replace: "Exporter.combine(first, first)" }]
  }
]

/** The bug of a name. */
export const find = (name: string): Bug | undefined => all.find((bug) => bug.name === name)

const root = new URL("../../../../", import.meta.url)

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
