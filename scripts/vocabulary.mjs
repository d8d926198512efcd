/**
 * `pnpm vocabulary diff genai@1.36 genai@1.41` prints how two vocabularies differ on a span of each role; `pnpm vocabulary docs` writes
 * `docs/vocabularies` anew. Run through tsx, since it reads the packages' sources.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { print } from "../packages/vocabulary/src/internal/difference.ts"
import { pages } from "../packages/vocabulary/src/internal/pages.ts"
import * as Vocabularies from "../packages/vocabulary/src/Vocabularies.ts"
import { root } from "./setup.mjs"

const refuse = (message) => {
  console.error(message)
  process.exit(2)
}

const find = (text) => {
  const [name, version] = text.split("@", 2)
  const found = Vocabularies.layer([{ name, version }])
  return found._tag === "Right" ? found.right : refuse(found.left.message)
}

const docs = () => {
  const sources = join(root, "packages", "vocabulary", "src")
  const modules = readdirSync(sources)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name.slice(0, -3), readFileSync(join(sources, name), "utf8")])
  const folder = join(root, "docs", "vocabularies")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of pages(Vocabularies.all, new Map(modules))) writeFileSync(join(folder, name), text)
}

const [command, ...names] = process.argv.slice(2)
if (command === "docs" && names.length === 0) docs()
else if (command === "diff" && names.length === 2) console.log(print(...names.map(find)))
else refuse("Say `diff <name>[@version] <name>[@version]` or `docs`.")
