/**
 * The tests that `docs/` names are there (`pnpm docs:check`): each `package/file › title`, or `package/file › group › title`, in a document names a test
 * in that file of that package or app. A title may be a part of the real one, and `…` stands for any. In the page of cases nothing is quoted but so.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { members, root } from "./setup.mjs"

const folders = new Map(members.map((member) => [member.slice(member.indexOf("/") + 1), member]))

/** What a file calls its tests: the texts in it, and none of its comments. */
const textsOf = (source) =>
  [...source.matchAll(/"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`/g)].map(([, plain, template]) =>
    (plain ?? template).replaceAll('\\"', '"')
  )

const problemOf = (name, file, titles) => {
  const member = folders.get(name)
  const path = member && join(root, member, "test", `${file}.test.ts`)
  if (path === undefined || !existsSync(path)) return "there is no such test file"
  const texts = textsOf(readFileSync(path, "utf8"))
  const missing = titles.split(" › ").find((title) => {
    const parts = title.split("…").map((part) => part.trim())
    return !texts.some((text) => parts.every((part) => text.includes(part)))
  })
  return missing === undefined ? undefined : `there is no "${missing}" in it`
}

let cited = 0
let failed = 0
const fail = (document, citation, problem) => {
  failed += 1
  console.error(`docs/${document}: ${citation}: ${problem}`)
}
for (const document of readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))) {
  const text = readFileSync(join(root, "docs", document), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "")
  for (const [quoted, code] of text.matchAll(/`([^`\n]+)`/g)) {
    const citation = /^([\w-]+)\/([\w./-]+) › (.+)$/.exec(code)
    if (citation === null) {
      if (code.includes(" › ")) fail(document, quoted, "a test is cited as `package/file › title`")
      continue
    }
    cited += 1
    const problem = problemOf(...citation.slice(1))
    if (problem !== undefined) fail(document, quoted, problem)
  }
  if (document !== "cases.md") continue
  for (const [quoted] of text.replaceAll(/`[^`\n]+`/g, "").matchAll(/"[^"\n]*"/g))
    fail(document, quoted, "a test is cited as `package/file › title`")
}
console.log(`${cited} tests cited, ${failed} errors`)
process.exit(failed === 0 ? 0 : 1)
