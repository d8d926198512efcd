/**
 * Loaded (`node --import`) before the compiler: the file that is named in this module's own URL is read with another text, so that what is compiled
 * is the library with a bug in it. Without one it does nothing.
 */
import { register } from "node:module"

const patch = new URL(import.meta.url).searchParams.get("patch")

if (patch !== null) register("./load.mjs", { parentURL: import.meta.url, data: JSON.parse(patch) })
