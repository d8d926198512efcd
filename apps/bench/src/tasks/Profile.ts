/** Writes down where the time or the memory of the measured part goes, for reading in the developer tools of a browser. */
import { mkdirSync, writeFileSync } from "node:fs"
import { Session } from "node:inspector/promises"
import { join } from "node:path"
import { Effect } from "effect"

/** What is profiled, and into which folder. */
export interface Options {
  readonly folder: string
  readonly name: string
  readonly of: "cpu" | "heap"
}

/** Profiles an effect, if so it is wished. */
export const around = <A, E>(options: Options | undefined, self: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  options === undefined
    ? self
    : Effect.acquireUseRelease(
        Effect.promise(async () => {
          const session = new Session()
          session.connect()
          if (options.of === "cpu") {
            await session.post("Profiler.enable")
            await session.post("Profiler.setSamplingInterval", { interval: 250 })
            await session.post("Profiler.start")
          } else {
            // What is collected again counts as well: it has cost something.
            await session.post("HeapProfiler.startSampling", {
              samplingInterval: 8192,
              includeObjectsCollectedByMajorGC: true,
              includeObjectsCollectedByMinorGC: true
            })
          }
          return session
        }),
        () => self,
        (session) =>
          Effect.promise(async () => {
            const { profile } =
              options.of === "cpu"
                ? await session.post("Profiler.stop")
                : await session.post("HeapProfiler.stopSampling")
            mkdirSync(options.folder, { recursive: true })
            const path = join(options.folder, `${options.name}.${options.of}profile`)
            writeFileSync(path, JSON.stringify(profile))
            session.disconnect()
          })
      )
