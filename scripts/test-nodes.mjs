/**
 * Runs the tests under each Node version that we support (`pnpm test:nodes`), with binaries that npm ships as packages.
 * Arguments that look like a version select versions; all others go to Vitest: `pnpm test:nodes 20.18 24 --project model`.
 */
import { delimiter, dirname } from "node:path"
import { run } from "./child.mjs"
import { root, setup } from "./setup.mjs"

const isVersion = (argument) => /^\d+(\.\d+){0,2}$/.test(argument)
const args = process.argv.slice(2)
const selected = args.filter(isVersion)
const versions = selected.length > 0 ? selected : ["20", "22", "24"]
const vitestArgs = args.filter((argument) => !isVersion(argument))

// The package `node` fetches one of these in an install script; naming it needs no script.
const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node"
const platform = process.platform === "win32" ? "win" : process.platform
const binary = `${prefix}-${platform}-${process.arch}`

/** Fetches a Node and gives its path and exact version; undefined (with npm's words) where there is none. */
async function fetchNode(version) {
  let output = ""
  const print = "console.log(JSON.stringify([process.execPath, process.versions.node]))"
  const code = await run("npx", ["--yes", "--package", `${binary}@${version}`, "--", "node", "--eval", print], {
    cwd: root,
    output: (text) => {
      output += text
    }
  })
  const answer = output.split("\n").find((line) => line.startsWith("["))
  if (code === 0 && answer !== undefined) return JSON.parse(answer)
  console.error(`Node ${version}: could not get ${binary}@${version} from the npm registry.\n${output}`)
}

await setup()
const rows = []
for (const version of versions) {
  const found = await fetchNode(version)
  if (found === undefined) {
    rows.push({ node: version, result: "not found", seconds: 0 })
    continue
  }
  const [path, exact] = found
  console.log(`\nNode ${exact}`)
  const started = Date.now()
  const code = await run(path, ["node_modules/vitest/vitest.mjs", "run", ...vitestArgs], {
    cwd: root,
    env: { ...process.env, PATH: `${dirname(path)}${delimiter}${process.env.PATH}` }
  })
  rows.push({
    node: exact,
    result: code === 0 ? "passed" : `failed (${code})`,
    seconds: Math.round((Date.now() - started) / 1000)
  })
}

console.table(rows)
process.exit(rows.every((row) => row.result === "passed") ? 0 : 1)
