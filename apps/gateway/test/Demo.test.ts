/** The demo as people run it: a process of its own, with arguments, output and an exit code. */
import { spawn } from "node:child_process"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Canaries from "../src/demo/Canaries.js"

const folder = new URL("..", import.meta.url).pathname
const program = ["--import", "tsx", "src/demo/main.ts"]

const Count = Schema.NonNegativeInt

const Summary = Schema.Struct({
  ok: Schema.Boolean,
  tenants: Schema.Array(
    Schema.Struct({
      tenant: Schema.String,
      vendor: Schema.String,
      traces: Count,
      spans: Count,
      orphans: Count,
      foreign: Count
    })
  ),
  ledger: Schema.Struct({
    made: Count,
    hidden: Count,
    delivered: Count,
    rejected: Count,
    dropped: Count,
    held: Count,
    spooled: Count
  })
})

const text = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) => Stream.mkString(Stream.decodeText(stream))

const run = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const command = Command.workingDirectory(Command.make(process.execPath, ...program, ...args), folder)
    const child = yield* Command.start(command)
    const [code, out, err] = yield* Effect.all([child.exitCode, text(child.stdout), text(child.stderr)], {
      concurrency: "unbounded"
    })
    return { code: Number(code), out, err, lines: out.trimEnd().split("\n") }
  }).pipe(Effect.scoped)

const Captured = Schema.parseJson(
  Schema.Struct({
    path: Schema.String,
    headers: Schema.Record({ key: Schema.String, value: Schema.String }),
    body: Schema.Struct({ resourceSpans: Schema.NonEmptyArray(Schema.Unknown) })
  })
)

const CanaryFile = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.NonEmptyArray(Schema.String) }))

describe("npm run demo", () => {
  it.effect(
    "-- --exit --json --capture DIR: everything holds, and what is claimed can be looked up",
    () =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const directory = yield* files.makeTempDirectoryScoped()
        const { code, err, lines, out } = yield* run("--exit", "--json", "--capture", directory)
        expect(err).toBe("")
        expect(code).toBe(0)
        expect(out).not.toContain("✗ not")
        expect(out).not.toContain("\u001b")
        expect(out).toContain("Every check held")

        const summary = yield* Schema.decodeUnknown(Schema.parseJson(Summary))(lines.at(-1))
        expect(summary.ok).toBe(true)
        expect(summary.tenants.map(({ tenant, vendor }) => [tenant, vendor])).toEqual([
          ["acme", "langfuse_otel"],
          ["globex", "arize"],
          ["initech", "arize_phoenix"]
        ])
        for (const { foreign, orphans, spans, traces } of summary.tenants) {
          expect([traces, spans, orphans, foreign]).toEqual([6, 36, 0, 0])
        }
        const { delivered, dropped, held, hidden, made, rejected, spooled } = summary.ledger
        expect(made).toBe(hidden + delivered)
        expect([rejected, dropped, held, spooled]).toEqual([0, 0, 0, 0])

        const canaries = yield* Schema.decodeUnknown(CanaryFile)(
          yield* files.readFileString(`${directory}/canaries.json`)
        )
        expect(Object.keys(canaries)).toEqual(["acme", "globex", "initech"])
        for (const tenant of Object.keys(canaries)) {
          const names = yield* files.readDirectory(`${directory}/${tenant}`)
          expect(names.length).toBeGreaterThan(0)
          for (const name of names) {
            expect(name).toMatch(/^\d{3}\.json$/)
            const content = yield* files.readFileString(`${directory}/${tenant}/${name}`)
            const captured = yield* Schema.decodeUnknown(Captured)(content)
            expect(captured.path).toMatch(/\/v1\/traces$/)
            for (const [owner, texts] of Object.entries(canaries)) {
              if (owner === tenant) continue
              const foreign = texts.map((text) => ({ owner, what: "", text, isSecret: false }))
              expect(Canaries.find(foreign, [Buffer.from(content)])).toEqual([])
            }
          }
        }
      }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)),
    60_000
  )

  it.live(
    "without --exit: it goes on serving, says how to ask it, and ends when it is told to",
    () =>
      Effect.async<{ readonly out: string; readonly code: number | null; readonly answer: string }, Error>((resume) => {
        const child = spawn(process.execPath, program, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] })
        let out = ""
        let answer = ""
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
          out += chunk
          const [, url, key] =
            /curl (http:\S+\/v1\/chat\/completions)[\s\S]*?Bearer ([^']+)'[\s\S]*Ctrl-C/.exec(out) ?? []
          if (answer !== "" || url === undefined) {
            if (out.includes("Langfuse received:\n")) child.kill("SIGINT")
            return
          }
          answer = "asked"
          const body = JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "hello" }] })
          fetch(url, { method: "POST", headers: { authorization: `Bearer ${key}` }, body })
            .then((response) => response.text())
            .then((text) => {
              answer = text
            })
        })
        child.on("error", (error) => resume(Effect.fail(error)))
        child.on("close", (code) => resume(Effect.succeed({ out, code, answer })))
        return Effect.sync(() => child.kill("SIGKILL"))
      }).pipe(
        Effect.timeout("50 seconds"),
        Effect.andThen(({ answer, out }) => {
          expect(out).toContain("The gateway goes on serving.")
          expect(answer).toContain("You said: hello")
          expect(out).toContain("acme's Langfuse received:\n\n    POST /v1/chat/completions\n    ├── auth")
        })
      ),
    60_000
  )

  it.effect(
    "says how it is used, and refuses what it does not know",
    () =>
      Effect.gen(function* () {
        const help = yield* run("--help")
        expect(help.code).toBe(0)
        expect(help.out).toContain("--capture DIR")
        const wrong = yield* run("--exti")
        expect(wrong.code).toBe(2)
        expect(wrong.err).toContain("--exti")
        expect(wrong.err).toContain("Usage")
        expect(wrong.out).toBe("")
        const unwritable = yield* run("--exit", "--capture", "package.json/x")
        expect(unwritable.code).toBe(1)
        expect(unwritable.err).toMatch(/^--capture: choose a folder that can be written/)
      }).pipe(Effect.provide(NodeContext.layer)),
    60_000
  )
})
