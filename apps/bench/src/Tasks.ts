/** What a process of the benchmark can be asked to measure. */
import type { Effect } from "effect"
import * as Deliver from "./tasks/Deliver.js"
import * as Encode from "./tasks/Encode.js"
import * as Memory from "./tasks/Memory.js"
import * as Ops from "./tasks/Ops.js"
import * as Path from "./tasks/Path.js"

/** By name. */
export const tasks = {
  deliver: Deliver.run,
  encode: Encode.run,
  memory: Memory.run,
  ops: Ops.run,
  path: Path.run
} as const

/** Its name. */
export type Name = keyof typeof tasks

/** What it is told. */
export type Params<N extends Name> = Parameters<(typeof tasks)[N]>[0]

/** What it says. */
export type Result<N extends Name> = Effect.Effect.Success<ReturnType<(typeof tasks)[N]>>
