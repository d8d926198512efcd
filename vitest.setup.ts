/**
 * Run before each file of tests. `layer` of `@effect/vitest` writes its own `effect` and `scoped` onto the `it` that all files of a process share: they
 * are put back, so that no file's tests run in a layer of another's.
 */
import { it } from "@effect/vitest"
import { globalValue } from "effect/GlobalValue"

Object.assign(
  it,
  globalValue("tenant-tracer/vitest.setup", () => ({ ...it }))
)
