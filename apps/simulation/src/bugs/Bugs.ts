/**
 * Bugs that this library must never have, each ready to be brought back: a text of one of its files and what it becomes. They show that the
 * simulation would find them.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** One text of a file, which must be there exactly once, and what it becomes. */
export interface Edit {
  /** Where it is, below the root of the workspace. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A bug. */
export interface Bug {
  readonly name: string
  readonly edits: ReadonlyArray<Edit>
}

const edits = (file: string, ...pairs: ReadonlyArray<readonly [find: string, replace: string]>): ReadonlyArray<Edit> =>
  pairs.map(([find, replace]) => ({ file: `packages/tracer/src/${file}`, find, replace }))

/** Every bug. */
export const all: ReadonlyArray<Bug> = [
  {
    name: "shared-header-object",
    edits: edits(
      "deliver/internal/requestAuth.ts",
      ["OtlpHeaders.reveal(headers),", "Effect.map(OtlpHeaders.reveal(headers), (own) => Object.assign(shared, own)),"],
      ["const reveal = (", "const shared: Record<string, string> = {}\nconst reveal = ("]
    )
  },
  {
    name: "evict-without-drain",
    edits: edits("deliver/ProviderCache.ts", ["Effect.timeoutOption(closeDeadline)", "Effect.timeoutOption(0)"])
  },
  {
    name: "retry-with-anothers-headers",
    edits: edits(
      "deliver/OtlpExporter.ts",
      ["const using = auth\n", "const using = hasFailed ? latest : auth\n      latest = auth\n"],
      [`if ("why" in verdict) {`, `if ("why" in verdict) {\n        hasFailed = true`],
      ["let auth = requestAuth", "let hasFailed = false\n  let auth = requestAuth"],
      ["const done = (", "let latest: requestAuth.RequestAuth\n\nconst done = ("]
    )
  },
  {
    name: "route-by-trace-id",
    edits: edits(
      "record/Recorder.ts",
      [
        `else sink(span, ownership._tag === "bound" ? ownership.route : undefined)`,
        `else {
      if (ownership._tag === "bound" && !routes.has(request.traceId)) routes.set(request.traceId, ownership.route)
      sink(span, routes.get(request.traceId))
    }`
      ],
      [
        "const live = new Set<RequestTrace>()",
        "const live = new Set<RequestTrace>()\n  const routes = new Map<string, TenantRoute>()"
      ]
    )
  },
  {
    name: "late-span-to-the-operator",
    edits: edits("record/Recorder.ts", [
      `else sink(span, ownership._tag === "bound" ? ownership.route : undefined)`,
      `else {
      const isLate = request.rootEndTime !== undefined && span !== request.root
      sink(span, ownership._tag === "bound" && !isLate ? ownership.route : undefined)
    }`
    ])
  },
  {
    name: "batch-in-flight-lost-at-close",
    edits: edits("deliver/Provider.ts", ["queue.putBack(entries)", "queue.settle(entries)"])
  },
  {
    name: "revoked-key-used-by-a-retry",
    edits: edits("internal/destinations.ts", ["Effect.zipRight(provider.revoke, close)", "Effect.void"])
  },
  {
    name: "replay-to-a-deleted-destination",
    edits: [
      ...edits("internal/outlets.ts", [
        "open: (id, destination, audience) => {",
        `open: (id, destination, audience) => {
      if (spooling !== undefined) ((spooling as any).known ??= new Map()).set(id, destination)`
      ]),
      ...edits(
        "internal/reclaim.ts",
        ["const destination = Option", "const allowed = Option"],
        [
          "const opened = destination &&",
          "const destination = allowed ?? (spooling as any).known?.get(id)\n    const opened = destination &&"
        ]
      )
    ]
  },
  {
    name: "double-count-after-a-split",
    edits: edits("deliver/OtlpExporter.ts", ["Exporter.combine(first, second)", "Exporter.combine(first, first)"])
  },
  {
    name: "leaked-budget",
    edits: edits("deliver/Provider.ts", ["share.give(bytes)", "if (entries.length > 1) share.give(bytes)"])
  }
]

/** The bug of a name. */
export const find = (name: string): Bug | undefined => all.find((bug) => bug.name === name)

const root = new URL("../../../../", import.meta.url)

/** A file with a bug in it: where it is, and what it says now. */
export interface Patched {
  readonly url: string
  readonly text: string
}

/**
 * The files of a bug with the bug in them. An edit that does not fit any more is an error, so that a bug that has become none is noticed. `read` gives
 * the text of a file below the root.
 */
export const patch = (
  bug: Bug,
  read: (file: string) => string = (file) => readFileSync(fileURLToPath(new URL(file, root)), "utf8")
): ReadonlyArray<Patched> => {
  const texts = new Map<string, string>()
  for (const { file, find, replace } of bug.edits) {
    const text = texts.get(file) ?? read(file)
    const times = text.split(find).length - 1
    if (times !== 1)
      throw new Error(`the bug "${bug.name}" does not fit any more: ${file} has ${times} times the text\n${find}`)
    texts.set(
      file,
      text.replace(find, () => replace)
    )
  }
  return Array.from(texts, ([file, text]) => ({ url: new URL(file, root).href, text }))
}
