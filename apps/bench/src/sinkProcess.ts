/** The process of the sink: says its port, and ends when whoever started it is gone. */
import { Effect, Scope } from "effect"
import * as Sink from "./Sink.js"

process.on("disconnect", () => process.exit(0))
const scope = Effect.runSync(Scope.make())
void Effect.runPromise(Scope.extend(Sink.make, scope)).then((port) => process.send?.(port))
