/**
 * Type-checks every example that people read (`pnpm docs:check`): the ```ts fences of the README files, of `docs/`, and of the
 * doc comments in the packages' `src`, each as a module of its own, all in one run of tsc. A fence marked ```ts no-check is
 * skipped and counted. An error names the file and line where the example stands.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { run } from "./child.mjs"
import { members, root } from "./setup.mjs"

const folder = join(root, ".cache", "docs")
const packages = members.filter((member) => member.startsWith("packages/"))

/** The files under a folder (or the file itself), relative to the root, whose name ends so. */
function files(path, ending) {
  if (path.endsWith(ending)) return existsSync(join(root, path)) ? [path] : []
  if (!existsSync(join(root, path))) return []
  return readdirSync(join(root, path), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${path}/${name.split(sep).join("/")}`)
    .sort()
}

/**
 * The ```ts fences of a text. `comment` takes the start of a doc comment's line off; the code keeps its line numbers
 * by the empty lines put before it.
 */
function fences(source, text, comment) {
  const found = []
  let open
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.replace(comment, "")
    const fence = /^\s*```(.*)$/.exec(content)
    if (open === undefined && fence !== null) {
      const [language, ...flags] = fence[1].trim().split(/\s+/)
      open = { source, line: index + 1, language, skipped: flags.includes("no-check"), code: [] }
    } else if (open !== undefined && fence !== null) {
      if (open.language === "ts") found.push(open)
      open = undefined
    } else open?.code.push(content)
  }
  if (open?.language === "ts") {
    console.error(`${source}:${open.line}: this fence is never closed`)
    process.exit(1)
  }
  return found
}

/** Lets the examples import what any of our packages may import, and our packages themselves. */
function linkDependencies() {
  const link = (name, target) => {
    const path = join(folder, "node_modules", name)
    if (existsSync(path)) return
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(realpathSync(target), path, "junction")
  }
  for (const member of members) {
    const manifest = JSON.parse(readFileSync(join(root, member, "package.json"), "utf8"))
    if (packages.includes(member)) link(manifest.name, join(root, member))
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      link(name, join(root, member, "node_modules", name))
    }
  }
}

const prose = ["README.md", "docs", ...members.map((member) => `${member}/README.md`)].flatMap((path) =>
  files(path, ".md")
)
const sources = packages.flatMap((member) => files(`${member}/src`, ".ts"))
const read = (path) => readFileSync(join(root, path), "utf8")
const examples = [
  ...prose.flatMap((path) => fences(path, read(path), /^/)),
  ...sources.flatMap((path) => fences(path, read(path), /^\s*(\/\*\*|\*(?!\/)) ?/))
]
const checked = examples.filter((example) => !example.skipped)

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
linkDependencies()
const origin = new Map()
for (const example of checked) {
  const name = `${example.source.replaceAll("/", "__").replaceAll(".", "_")}__${example.line}.ts`
  origin.set(name, example.source)
  writeFileSync(join(folder, name), "\n".repeat(example.line) + example.code.join("\n"))
}
writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
const config = {
  extends: "../../tsconfig.base.json",
  compilerOptions: {
    noEmit: true,
    noUnusedLocals: false,
    lib: ["ES2023", "DOM"],
    typeRoots: ["../../node_modules/@types"],
    tsBuildInfoFile: "tsbuildinfo"
  },
  files: [...origin.keys()],
  references: packages.map((member) => ({ path: relative(folder, join(root, member, "tsconfig.src.json")) }))
}
writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))

let output = ""
if (checked.length > 0) {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
  await run(process.execPath, [tsc, "-b", "--pretty", "false", folder], {
    cwd: folder,
    output: (text) => {
      output += text
    }
  })
}

// A package that does not compile is the affair of `pnpm check`; here only the examples count.
let own = false
let failed = 0
for (const line of output.split("\n")) {
  const error = /^([^\s(][^(]*)\((\d+),(\d+)\): (error .*)$/.exec(line)
  if (error !== null) {
    const source = origin.get(error[1])
    own = source !== undefined
    if (own) failed += 1
    if (own) console.error(`${source}:${error[2]}: ${error[4]}`)
  } else if (/^error /.test(line)) {
    failed += 1
    console.error(line)
  } else if (own && line.trim() !== "") console.error(line)
}
for (const example of examples) {
  if (example.skipped) console.log(`${example.source}:${example.line}: not checked (no-check)`)
}
console.log(`${checked.length} examples checked, ${examples.length - checked.length} skipped, ${failed} errors`)
process.exit(failed === 0 ? 0 : 1)
