/**
 * Loaded (`node --import`) before the compiler: the files that are named in this module's own URL are read with other texts, so that what is
 * compiled is the library with a bug in it.
 */
import { register } from "node:module"

const patched = new URL(import.meta.url).searchParams.get("patched")

register("./load.mjs", { parentURL: import.meta.url, data: JSON.parse(patched) })
