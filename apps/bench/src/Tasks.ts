/** What a process of the benchmark can be asked to measure. */
import type { Effect } from "effect"
import * as Cache from "./tasks/Cache.js"
import * as Close from "./tasks/Close.js"
import * as Cold from "./tasks/Cold.js"
import * as Deliver from "./tasks/Deliver.js"
import * as Destinations from "./tasks/Destinations.js"
import * as Encode from "./tasks/Encode.js"
import * as Evict from "./tasks/Evict.js"
import * as Flat from "./tasks/Flat.js"
import * as Isolate from "./tasks/Isolate.js"
import * as Loop from "./tasks/Loop.js"
import * as Memory from "./tasks/Memory.js"
import * as Ops from "./tasks/Ops.js"
import * as Overload from "./tasks/Overload.js"
import * as Path from "./tasks/Path.js"
import * as Sustain from "./tasks/Sustain.js"
import * as Turns from "./tasks/Turns.js"

/** By name. */
export const tasks = {
  cache: Cache.run,
  close: Close.run,
  cold: Cold.run,
  deliver: Deliver.run,
  destinations: Destinations.run,
  encode: Encode.run,
  evict: Evict.run,
  flat: Flat.run,
  isolate: Isolate.run,
  loop: Loop.run,
  memory: Memory.run,
  ops: Ops.run,
  overload: Overload.run,
  path: Path.run,
  sustain: Sustain.run,
  turns: Turns.run
} as const

/** Its name. */
export type Name = keyof typeof tasks

/** What it is told. */
export type Params<N extends Name> = Parameters<(typeof tasks)[N]>[0]

/** What it says. */
export type Result<N extends Name> = Effect.Effect.Success<ReturnType<(typeof tasks)[N]>>
