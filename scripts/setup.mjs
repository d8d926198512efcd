/**
 * Brings a clone to the state in which its programs run: checks Node, then installs what the lock file says with the pnpm
 * that `package.json` pins, fetched through npm. Does nothing when that was done before and nothing changed since.
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { run } from "./child.mjs"

/** The root folder of the workspace. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const read = (path) => readFileSync(join(root, path), "utf8")
const manifest = JSON.parse(read("package.json"))

/** The pinned package manager, as `pnpm@<version>`. */
export const pnpm = manifest.packageManager

/** The folders of the packages and apps, relative to the root. */
export const members = ["packages", "apps"].flatMap((parent) =>
  readdirSync(join(root, parent))
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(join(root, folder, "package.json")))
)

const stampFile = join(root, "node_modules", ".tenant-tracer-setup")

function stamp() {
  const hash = createHash("sha256")
  hash.update(`${process.platform} ${process.arch} ${process.versions.node.split(".")[0]}`)
  const manifests = members.map((folder) => `${folder}/package.json`)
  for (const path of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    hash.update(`\0${path}\0${read(path)}`)
  }
  return hash.digest("hex")
}

const isInstalled = () =>
  ["", ...members].every((folder) => existsSync(join(root, folder, "node_modules"))) &&
  existsSync(stampFile) &&
  readFileSync(stampFile, "utf8") === stamp()

/** Prints what was wrong and what to do about it, and ends the process. */
function fail(problem, remedy, code = 1) {
  process.stderr.write(`\nTenantTracer: ${problem}\n  What to do: ${remedy}\n`)
  process.exit(code)
}

function checkNode() {
  const wanted = manifest.engines.node.replace(">=", "")
  const [major, minor] = wanted.split(".").map(Number)
  const [ownMajor, ownMinor] = process.versions.node.split(".").map(Number)
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return
  fail(
    `this is Node ${process.versions.node}, which is too old.`,
    `use Node ${wanted} or newer (20, 22 and 24 are tested).`
  )
}

/** Runs the pinned pnpm with these arguments and gives its exit code. */
export const runPnpm = (args, options) => run("npx", ["--yes", pnpm, ...args], { cwd: root, ...options })

/** Installs what is missing; ends the process with a message when it cannot. */
export async function setup() {
  checkNode()
  if (isInstalled()) return
  process.stderr.write(`TenantTracer: installing what pnpm-lock.yaml lists with ${pnpm} …\n`)
  let output = ""
  // NODE_ENV=production in the caller's shell would leave out what the tests and the demo run on.
  const code = await runPnpm(["install", "--frozen-lockfile", "--prefer-offline", "--prod=false"], {
    output: (text) => {
      output += text
    }
  })
  if (code === 127)
    fail("npx was not found.", "install npm, which comes with Node (https://nodejs.org), and put it on the PATH.")
  if (code !== 0) {
    const tail = output.trimEnd().split("\n").slice(-30)
    process.stderr.write(`\n${tail.map((line) => `  | ${line}`).join("\n")}\n`)
    fail(
      `the install failed (exit code ${code}); the end of its output is above.`,
      "check that the npm registry can be reached and the disk has room; after a change to a package.json run `pnpm install` once, to renew pnpm-lock.yaml; then run the command again.",
      code
    )
  }
  writeFileSync(stampFile, stamp())
}
