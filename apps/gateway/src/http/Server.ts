/** The gateway's HTTP face: its routes, traced, each failure as an answer. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TenantTracer } from "tenant-tracer"
import * as ChatCompletions from "../chat/ChatCompletions.js"
import { GatewayConfig } from "../GatewayConfig.js"
import * as Models from "../models/Models.js"
import * as Listener from "./Listener.js"
import * as OpenAiError from "./OpenAiError.js"

/** All routes. No failure is left: each is an answer. */
export const app = HttpRouter.empty.pipe(
  HttpRouter.post("/v1/chat/completions", ChatCompletions.handler),
  HttpRouter.get("/v1/models", Models.handler),
  Effect.catchAll((failure) => Effect.succeed(OpenAiError.toResponse(failure))),
  Effect.catchAllDefect((defect) =>
    Effect.as(Effect.logError("A request met a defect", Cause.die(defect)), OpenAiError.internal)
  )
)

/** Serves the routes where the configuration says. */
export const layer = HttpServer.serve(app, TenantTracer.middleware).pipe(
  Layer.provideMerge(Layer.unwrapEffect(Effect.map(GatewayConfig, Listener.layer)))
)
