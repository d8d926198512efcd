import { expect, it } from "@effect/vitest"
import { built, resolve } from "../src/resolve.js"

it.each([
  ["file:///a/packages/tracer/src/index.ts", "file:///a/packages/tracer/dist/index.js"],
  ["file:///a/packages/tracer/src/render/Writer.ts", "file:///a/packages/tracer/dist/render/Writer.js"],
  ["file:///a/node_modules/effect/dist/esm/index.js", "file:///a/node_modules/effect/dist/esm/index.js"],
  ["node:fs", "node:fs"]
])("%s is taken from %s", (url, from) => {
  expect(built(url)).toBe(from)
})

it("keeps what else was found", async () => {
  const found = { url: "file:///packages/model/src/index.ts", format: "module" }
  expect(await resolve("@tenant-tracer/model", {}, () => Promise.resolve(found))).toEqual({
    url: "file:///packages/model/dist/index.js",
    format: "module"
  })
})
