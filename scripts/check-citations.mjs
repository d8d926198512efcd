/**
 * The tests that `docs/` names are there (`pnpm docs:check`): each `package/file › title` in a document is the title of a test in that file of that
 * package or app. A title may be a part of the real one.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { members, root } from "./setup.mjs"

const folders = new Map(members.map((member) => [member.slice(member.indexOf("/") + 1), member]))

const problemOf = (name, file, title) => {
  const member = folders.get(name)
  const path = member && join(root, member, "test", `${file}.test.ts`)
  if (path === undefined || !existsSync(path)) return "there is no such test file"
  return readFileSync(path, "utf8").includes(title) ? undefined : "there is no such test in it"
}

let cited = 0
let failed = 0
for (const document of readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))) {
  const text = readFileSync(join(root, "docs", document), "utf8")
  for (const [citation, name, file, title] of text.matchAll(/`([\w-]+)\/([\w./-]+) › ([^`]+)`/g)) {
    const problem = problemOf(name, file, title)
    cited += 1
    if (problem === undefined) continue
    failed += 1
    console.error(`docs/${document}: ${citation}: ${problem}`)
  }
}
console.log(`${cited} tests cited, ${failed} of them not there`)
process.exit(failed === 0 ? 0 : 1)
