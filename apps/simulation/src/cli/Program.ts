/** The worker and the library as one file, which runs without a compiler; where a bug is to be brought back, it is in it. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as esbuild from "esbuild"
import * as Bugs from "../bugs/Bugs.js"

/** There is no such program. */
export class BuildError extends Data.TaggedError("BuildError")<{ readonly message: string }> {}

const toError = (error: unknown) => new BuildError({ message: error instanceof Error ? error.message : String(error) })

/** Reads some files with other texts. */
const reading = (texts: ReadonlyMap<string, string>): esbuild.Plugin => ({
  name: "bug",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: texts.get(path) ?? (await readFile(path, "utf8")),
      loader: "ts"
    }))
  }
})

const outfile = Effect.map(
  Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped({ prefix: "simulation-" })),
  (directory) => join(directory, "worker.mjs")
)

/** Builds it and gives its path. */
export const build = (bug?: Bugs.Bug): Effect.Effect<string, BuildError, Scope.Scope> =>
  Effect.gen(function* () {
    const texts = yield* Effect.try({ try: () => (bug ? Bugs.patched(bug) : new Map()), catch: toError })
    const path = yield* Effect.mapError(outfile, toError)
    const options: esbuild.BuildOptions = {
      absWorkingDir: fileURLToPath(Bugs.root),
      entryPoints: [fileURLToPath(new URL("worker.ts", import.meta.url))],
      outfile: path,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      sourcemap: "inline",
      sourcesContent: false,
      // For what is CommonJS.
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
      plugins: [reading(texts)],
      logLevel: "silent"
    }
    yield* Effect.tryPromise({ try: () => esbuild.build(options), catch: toError })
    return path
  }).pipe(Effect.provide(NodeFileSystem.layer))
