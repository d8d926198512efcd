import { expect, it } from "@effect/vitest"
import * as Url from "../../src/internal/url.js"

it("reads a host beyond ASCII, also after many times", () => {
  for (let i = 0; i < 20_000; i++)
    if (Url.parse("https://bücher.example/")?.hostname !== "xn--bcher-kva.example")
      expect.fail(`read wrongly the ${i}th time`)
})

it.each(["", "x", "https://", "https://a b/", "//x.example", "https://x:99999"])("%j is no URL", (text) => {
  expect(Url.parse(text)).toBeUndefined()
})
