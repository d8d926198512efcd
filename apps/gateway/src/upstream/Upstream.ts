/** The model server that the environment asks for. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { OpenAiUpstream } from "./OpenAiUpstream.js"
import * as ScriptedUpstream from "./ScriptedUpstream.js"

/** The gateway's own scripted model server. */
export const layerScripted = Layer.unwrapEffect(
  Effect.map(ScriptedUpstream.ScriptedUpstream, ({ url }) => OpenAiUpstream.Default({ url }))
).pipe(Layer.provideMerge(ScriptedUpstream.layer))

/** The server at `UPSTREAM_URL` (with its version, such as `https://api.openai.com/v1`) with `UPSTREAM_API_KEY`, else the scripted one. */
export const layerConfig = Layer.unwrapEffect(
  Effect.gen(function* () {
    const url = yield* Config.option(Config.url("UPSTREAM_URL"))
    const apiKey = yield* Config.option(Config.redacted("UPSTREAM_API_KEY"))
    if (Option.isSome(url)) return OpenAiUpstream.Default({ url: url.value, apiKey: Option.getOrUndefined(apiKey) })
    yield* Effect.logWarning("UPSTREAM_URL is not set: a scripted model server answers")
    return Layer.map(layerScripted, (context) => context)
  })
)
