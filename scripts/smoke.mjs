/**
 * Tries the packages as a user gets them (`pnpm smoke`): builds and packs them, looks into the tarballs, installs these with
 * npm in a folder outside the workspace, imports each entry point in plain Node, and type-checks a small program on them.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { run } from "./child.mjs"
import { members, root, runPnpm, setup } from "./setup.mjs"

const packages = members
  .filter((member) => member.startsWith("packages/"))
  .map((member) => ({ member, manifest: JSON.parse(readFileSync(join(root, member, "package.json"), "utf8")) }))

const problems = []

/** Runs a step and gives its output; a step that fails ends the whole with what it said. */
async function step(title, start) {
  let output = ""
  const code = await start((text) => {
    output += text
  })
  console.log(`${code === 0 ? "ok    " : "failed"} ${title}`)
  if (code === 0) return output
  console.error(output)
  process.exit(1)
}

/** What a tarball may hold, and what its manifest may export. */
function checkTarball(name, unpacked) {
  const problem = (text) => problems.push(`${name}: ${text}`)
  const paths = readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(unpacked.length + 1))
  for (const wanted of ["dist/index.js", "dist/index.d.ts", "LICENSE"]) {
    if (!paths.includes(wanted)) problem(`${wanted} is not in the tarball`)
  }
  const allowed = /^(package\.json|LICENSE|README\.md|src\/.+\.ts|dist\/.+\.(js|d\.ts|js\.map|d\.ts\.map))$/
  for (const path of paths) {
    if (!allowed.test(path) || /(^|\/)test\/|\.test\./.test(path)) problem(`${path} has no place in the tarball`)
  }
  const manifest = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"))
  for (const [entry, target] of Object.entries(manifest.exports)) {
    const targets = typeof target === "object" && target !== null ? Object.values(target) : [target]
    for (const path of targets) {
      if (path !== null && !/^\.\/(dist\/|package\.json$)/.test(path))
        problem(`exports "${entry}" as ${path}, which is not built code`)
    }
  }
  if (manifest.exports["./internal/*"] !== null) problem('does not close "./internal/*" in its exports')
  const ranges = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
  for (const [dependency, range] of ranges) {
    if (/^(workspace|catalog|file|link):/.test(range)) problem(`depends on ${dependency} as ${range}`)
  }
}

await setup()
const folder = mkdtempSync(join(tmpdir(), "tenant-tracer-smoke-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
const tsc = join(root, "node_modules", "typescript", "bin", "tsc")

const projects = packages.map(({ member }) => join(member, "tsconfig.src.json"))
await step("build", (output) => run(process.execPath, [tsc, "-b", ...projects], { cwd: root, output }))

const dependencies = {}
for (const { member, manifest } of packages) {
  const tarballs = join(folder, "tarballs", member)
  mkdirSync(tarballs, { recursive: true })
  await step(`pack ${manifest.name}`, (output) =>
    runPnpm(["pack", "--pack-destination", tarballs], { cwd: join(root, member), output })
  )
  const tarball = join(tarballs, readdirSync(tarballs)[0])
  await step(`unpack ${manifest.name}`, (output) => run("tar", ["-xzf", tarball, "-C", tarballs], { output }))
  checkTarball(manifest.name, join(tarballs, "package"))
  dependencies[manifest.name] = `file:${tarball}`
}

const consumer = join(folder, "consumer")
const write = (name, text) => writeFileSync(join(consumer, name), text)
mkdirSync(consumer)
write("package.json", JSON.stringify({ private: true, type: "module", dependencies }))
await step("install with npm", (output) =>
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: consumer, output })
)

const names = packages.map(({ manifest }) => manifest.name)
write(
  "import.mjs",
  `for (const name of ${JSON.stringify(names)}) {
  const namespaces = Object.keys(await import(name))
  if (namespaces.length === 0) throw new Error(name + " exports nothing")
  for (const namespace of namespaces) await import(name + "/" + namespace).catch((error) => {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error
  })
}
`
)
await step("import in plain Node", (output) => run(process.execPath, ["import.mjs"], { cwd: consumer, output }))

write(
  "consumer.ts",
  names.map((name, index) => `import * as Package${index} from "${name}"\n`).join("") +
    `
export const packages = [${names.map((_, index) => `Package${index}`).join(", ")}] satisfies ReadonlyArray<object>
`
)
const compilerOptions = {
  strict: true,
  module: "NodeNext",
  target: "ES2022",
  lib: ["ES2023", "DOM"],
  types: [],
  noEmit: true
}
write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["consumer.ts"] }))
await step("type-check a consumer", (output) => run(process.execPath, [tsc, "-p", consumer], { cwd: consumer, output }))

for (const problem of problems) console.error(`error ${problem}`)
console.log(`${packages.length} packages tried, ${problems.length} problems`)
process.exit(problems.length === 0 ? 0 : 1)
