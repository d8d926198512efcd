import { expect, it } from "@effect/vitest"
import * as Vendors from "../src/Vendors.js"
import { markdown } from "./docs.js"

const every = [...Vendors.all, ...Vendors.unverified]

it("docs/vendors.md is what the vendors say of themselves: write it anew with --update where they have changed", async () => {
  await expect(markdown(every)).toMatchFileSnapshot("../../../docs/vendors.md")
})

it("each vendor has its line and its section, with its page and each of its headers", () => {
  const text = markdown(every)
  for (const { headers, name, page, title } of every) {
    expect(text).toContain(`| \`${name}\` |`)
    const section = text.slice(text.indexOf(`### ${title}\n`)).split("\n### ")[0]
    expect(section).toContain(page)
    for (const header of Object.keys(headers)) expect(section).toContain(`| \`${header}\` |`)
  }
})
