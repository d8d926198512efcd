/**
 * `npm run bench`, `demo`, `interop`, `simulate`, `reliability` and `npm test`: does the set-up that a clean clone needs, then runs the program, and leaves no process
 * behind however it ends. Arguments after `--` go to the program; for the tests that is Vitest.
 */
import { run } from "./child.mjs"
import { root, setup } from "./setup.mjs"

const programs = {
  bench: ["--import", "./apps/bench/dist/register.js", "apps/bench/dist/main.js"],
  demo: ["--import", "tsx", "apps/gateway/src/demo/main.ts"],
  interop: ["--import", "tsx", "interop/src/main.ts"],
  reliability: ["--import", "tsx", "apps/reliability/src/main.ts"],
  simulate: ["--import", "tsx", "apps/simulation/src/main.ts"],
  test: ["node_modules/vitest/vitest.mjs", "run"]
}

/** What is measured is what people install: it is built first. */
const builds = { bench: ["node_modules/typescript/bin/tsc", "-b", "apps/bench/tsconfig.src.json"] }

const [name, ...args] = process.argv.slice(2)
const program = programs[name]
if (program === undefined) {
  process.stderr.write(`Usage: node scripts/run.mjs ${Object.keys(programs).join("|")} [arguments]\n`)
  process.exit(2)
}

const guard = new URL("end-with-parent.mjs", import.meta.url).href

// No top-level await: a Node that is too old must come as far as the message that says so.
setup()
  .then(() => (builds[name] === undefined ? 0 : run(process.execPath, builds[name], { cwd: root })))
  .then((code) => code === 0 || process.exit(code))
  .then(() => run(process.execPath, ["--import", guard, ...program, ...args], { cwd: root }))
  .then((code) => process.exit(code))
