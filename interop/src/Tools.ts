/** What has to be on the machine, and what is fetched and built from it: kept in `.cache/interop`, made anew when what it is made from changes. */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import * as Check from "./Check.js"
import * as Program from "./Program.js"

const folder = fileURLToPath(new URL("..", import.meta.url))

const cache = join(folder, "..", ".cache", "interop")

export const decoder: string = join(folder, "python", "decode.py")

const isThere = (command: string, args: ReadonlyArray<string>): Effect.Effect<string, Check.NotHere> =>
  Effect.mapError(Program.run(command, args), ({ message }) => new Check.NotHere(`no ${command}: ${message}`))

/** Made once from these files; whatever cannot be fetched is not here. */
const made = (
  name: string,
  sources: ReadonlyArray<string>,
  make: (target: string) => Effect.Effect<unknown, Error | Check.NotHere>
): Effect.Effect<string, Check.NotHere> =>
  Effect.gen(function* () {
    const target = join(cache, name)
    const stamp = `${target}.stamp`
    const hash = createHash("sha256")
    for (const source of sources) hash.update(readFileSync(join(folder, source)))
    const wanted = hash.digest("hex")
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return target
    mkdirSync(cache, { recursive: true })
    rmSync(target, { recursive: true, force: true })
    process.stderr.write(`interop: making ${name}, which takes some minutes the first time …\n`)
    yield* make(target)
    writeFileSync(stamp, wanted)
    return target
  }).pipe(
    Effect.mapError(({ message, why }: { message?: string; why?: string }) => new Check.NotHere(why ?? message ?? ""))
  )

/** A virtual environment with Phoenix and OpenTelemetry's messages in it. */
export const python: Effect.Effect<string, Check.NotHere> = Effect.zipRight(
  isThere("python3", ["--version"]),
  made("venv", ["python/requirements.txt"], (target) =>
    Effect.zipRight(
      Program.run("python3", ["-m", "venv", target]),
      Program.run(join(target, "bin", "pip"), ["install", "-q", "-r", join(folder, "python", "requirements.txt")])
    )
  )
)

/** A Collector built from its modules. */
export const collector: Effect.Effect<string, Check.NotHere> = Effect.zipRight(
  isThere("go", ["version"]),
  made("collector", ["collector/main.go", "collector/go.mod", "collector/go.sum"], (target) =>
    Program.run("go", ["build", "-trimpath", "-o", target, "."], { cwd: join(folder, "collector") })
  )
)

/** The lines of a file that begin so, such as pinned versions. */
export const lines = (file: string, part: string): ReadonlyArray<string> =>
  readFileSync(join(folder, file), "utf8")
    .split("\n")
    .filter((line) => line.includes(part))
    .map((line) => line.trim())
