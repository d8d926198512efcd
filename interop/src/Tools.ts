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

/** What cannot be had is not here; what is had and then does not work has failed. */
const had = <A>(effect: Effect.Effect<A, Error>, what: string): Effect.Effect<A, Check.NotHere> =>
  Effect.mapError(effect, ({ message }) => new Check.NotHere(`no ${what}: ${message}`))

/** Made once from these files. */
const made = <E>(
  name: string,
  sources: ReadonlyArray<string>,
  make: (target: string) => Effect.Effect<unknown, E>
): Effect.Effect<string, E> =>
  Effect.gen(function* () {
    const target = join(cache, name)
    const stamp = `${target}.stamp`
    // What is made there knows where it is.
    const hash = createHash("sha256").update(target)
    for (const source of sources) hash.update(readFileSync(join(folder, source)))
    const wanted = hash.digest("hex")
    if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return target
    mkdirSync(cache, { recursive: true })
    rmSync(target, { recursive: true, force: true })
    process.stderr.write(`interop: making ${name}, which takes some minutes the first time …\n`)
    yield* make(target)
    writeFileSync(stamp, wanted)
    return target
  })

/** A virtual environment with Phoenix and OpenTelemetry's messages in it. */
export const python: Effect.Effect<string, Check.NotHere> = Effect.zipRight(
  had(Program.run("python3", ["--version"]), "python3"),
  made("venv", ["python/requirements.txt"], (target) =>
    had(
      Effect.zipRight(
        Program.run("python3", ["-m", "venv", target]),
        Program.run(join(target, "bin", "pip"), ["install", "-q", "-r", join(folder, "python", "requirements.txt")])
      ),
      "packages"
    )
  )
)

/** A Collector built from its modules: where these are here, one that does not compile is a failure. */
export const collector: Effect.Effect<string, Check.NotHere | Error> = Effect.zipRight(
  had(Program.run("go", ["version"]), "go"),
  made("collector", ["collector/main.go", "collector/go.mod", "collector/go.sum"], (target) => {
    const go = (...args: ReadonlyArray<string>) => Program.run("go", args, { cwd: join(folder, "collector") })
    return Effect.zipRight(had(go("mod", "download"), "modules"), go("build", "-trimpath", "-o", target, "."))
  })
)

/** The lines of a file that begin so, such as pinned versions. */
export const lines = (file: string, part: string): ReadonlyArray<string> =>
  readFileSync(join(folder, file), "utf8")
    .split("\n")
    .filter((line) => line.includes(part))
    .map((line) => line.trim())
