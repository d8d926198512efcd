/**
 * Checks that every package and app is a project everywhere it must be one: in `tsconfig.json` (else nobody type-checks it),
 * in Vitest's list (else its tests never run), and with TypeScript references that follow its `package.json`
 * (else `tsc -b` builds in the wrong order, or checks against something stale).
 */
import { existsSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { members, root } from "./setup.mjs"

const json = (path) => JSON.parse(readFileSync(join(root, path), "utf8"))
const manifests = new Map(members.map((folder) => [folder, json(`${folder}/package.json`)]))
const folderOf = new Map([...manifests].map(([folder, manifest]) => [manifest.name, folder]))

/** The folders of the packages of ours among these dependencies. */
const ours = (dependencies = {}) => Object.keys(dependencies).flatMap((name) => folderOf.get(name) ?? [])

/** These folders and those of everything of ours that they depend on. */
function closure(folders) {
  const reached = new Set(folders)
  for (const folder of reached) for (const next of ours(manifests.get(folder).dependencies)) reached.add(next)
  return reached
}

const references = (path) =>
  (json(path).references ?? []).map((reference) => relative(root, join(root, path, "..", reference.path)))

const problems = []

function compare(file, wanted, allowed) {
  const found = references(file)
  const project = (folder) => `${folder}/tsconfig.src.json`
  for (const folder of wanted) {
    if (!found.includes(project(folder))) problems.push(`${file}: add a reference to ${project(folder)}`)
  }
  const known = [...allowed].map(project)
  for (const path of found) {
    if (!known.includes(path)) problems.push(`${file}: no dependency in package.json asks for the reference to ${path}`)
  }
}

const built = references("tsconfig.json")
const tested = readFileSync(join(root, "vitest.workspace.ts"), "utf8")

for (const [folder, manifest] of manifests) {
  if (!built.includes(folder)) problems.push(`tsconfig.json: add a reference to ${folder}`)
  if (!tested.includes(`"${folder}"`)) problems.push(`vitest.workspace.ts: add "${folder}"`)
  const [src, test] = ["src", "test"].map((part) => `${folder}/tsconfig.${part}.json`)
  for (const path of [src, test]) {
    if (!references(`${folder}/tsconfig.json`).includes(path))
      problems.push(`${folder}/tsconfig.json: add a reference to ${path}`)
  }
  const needed = ours(manifest.dependencies)
  compare(src, needed, closure(needed))
  const neededByTests = [folder, ...needed, ...ours(manifest.devDependencies)]
  compare(test, neededByTests, closure(neededByTests))
  if (!existsSync(join(root, folder, "test"))) problems.push(`${folder}/test: there is no test`)
}

for (const problem of problems) console.error(`error ${problem}`)
console.log(`${members.length} projects checked, ${problems.length} problems`)
process.exit(problems.length === 0 ? 0 : 1)
