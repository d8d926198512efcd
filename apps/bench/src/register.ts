/** Loaded (`node --import`) into every process of the benchmark: our packages are taken as they are built, which is what people install. */
import { register } from "node:module"

register("./resolve.js", import.meta.url)
