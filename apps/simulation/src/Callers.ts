/** The app that the library traces: requests that come in, the work inside them, and how each of them ends, one move at a time. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { Spans, TenantTracer } from "tenant-tracer"
import type { Caller, Request, Span } from "./model/Model.js"
import type { Run, Tenant } from "./Run.js"
import * as Canary from "./world/Canary.js"

/** What may be done inside a request; `plain` has no role. */
export const works = ["llm", "agent", "tool", "mcp", "listing", "guardrail", "db", "service", "plain"] as const

/** One of them. */
export type Work = (typeof works)[number]

/** How a piece of work ends. */
export const endings = ["ok", "ok", "fails", "dies", "interrupted"] as const

/** One of them. */
export type Ending = (typeof endings)[number]

/** How a request comes in: over HTTP, whose it is being found out later, or as a job that is bound from the start. */
export type Door = "http" | "job"

/** Work under way: its span, what it runs in, and its end. */
export interface Handle {
  readonly span: Span
  /** In whose context it runs, also where its span came too late to belong to it. */
  readonly request: Request | undefined
  readonly context: Context.Context<never>
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  readonly done: Deferred.Deferred<void, Error>
}

const messageOf = (prompt: string) => [{ role: "user", parts: [{ type: "text" as const, content: prompt }] }]

/** The work as a span; what was asked is in it, and nowhere but where content may be. */
const asSpan = (work: Work, prompt: string, self: Effect.Effect<void, Error>): Effect.Effect<void, Error> => {
  switch (work) {
    case "llm":
      return Spans.llmCall(
        self,
        { operation: "chat", provider: "openai", requestModel: "gpt-4o", inputMessages: messageOf(prompt) },
        { onSuccess: () => ({ usage: { inputTokens: 3, outputTokens: 5 }, outputMessages: messageOf(prompt) }) }
      )
    case "agent":
      return Spans.agent(self, { name: "planner", systemInstructions: [{ type: "text", content: prompt }] })
    case "tool":
      return Spans.toolCall(self, { name: "search", arguments: { query: prompt } })
    case "mcp":
      return Spans.mcpToolCall(self, { method: "tools/call", tool: "fetch", arguments: prompt, result: [prompt] })
    case "listing":
      return Spans.mcpListTools(self, { method: "tools/list", serverName: "files" })
    case "guardrail":
      return Spans.guardrail(self, { name: "pii", mode: "pre_call", status: "success", response: { text: prompt } })
    case "db":
      return Spans.dbCall(self, { service: "postgres", system: "postgresql", callType: "select" })
    case "service":
      return Spans.service(self, { service: "billing" })
    case "plain":
      return Effect.withSpan(self, "inner work", { captureStackTrace: false })
  }
}

/** Runs work and gives its span's context, which is known as soon as it runs. */
const launch = (
  run: Run,
  wrap: (inside: Effect.Effect<void, Error>) => Effect.Effect<unknown, unknown, TenantTracer.TenantTracer>,
  context: Context.Context<never>,
  register: (span: Tracer.Span) => Pick<Handle, "span" | "request">
): Handle => {
  const { process } = run
  const done = Deferred.unsafeMake<void, Error>(FiberId.none)
  let inside: Context.Context<never> | undefined
  const wait = Effect.contextWithEffect((context: Context.Context<never>) => {
    inside = context
    return Deferred.await(done)
  })
  const fiber = process.fork(
    Effect.exit(wrap(wait)).pipe(
      Effect.mapInputContext((outer: Context.Context<TenantTracer.TenantTracer>) => Context.merge(outer, context))
    )
  )
  process.turns.drain(() => inside !== undefined)
  const active = inside && Option.getOrUndefined(Context.getOption(inside, Tracer.ParentSpan))
  if (inside === undefined || active?._tag !== "Span") throw new Error("the work did not begin")
  return { ...register(active), context: inside, fiber, done }
}

const traceparent = ({ isSampled, spanId, traceId }: Caller): string =>
  `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`

/** A request comes in. Over HTTP it is nobody's until it is bound; a job is its tenant's at once. */
export const open = (
  run: Run,
  options: {
    readonly number: number
    readonly tenant: Tenant
    readonly door: Door
    readonly caller: Caller | undefined
    /** The work in which the job was begun. */
    readonly within: Handle | undefined
  }
): void => {
  const { caller, door, number, tenant, within } = options
  const { incoming } = run.world.settings
  const isHttp = door === "http"
  const heard = isHttp && incoming !== "ignore" ? caller : undefined
  const wrap = (inside: Effect.Effect<void, Error>) => {
    if (!isHttp) return TenantTracer.withRoute(inside, tenant.route, { name: "job" })
    const source = new Request("http://gateway/v1/chat/completions", {
      method: "POST",
      headers: caller === undefined ? {} : { traceparent: traceparent(caller) }
    })
    return TenantTracer.middleware(Effect.as(inside, HttpServerResponse.empty())).pipe(
      Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(source)),
      Effect.scoped
    )
  }
  const handle = launch(run, wrap, within?.context ?? Context.empty(), ({ sampled, spanId, traceId }) => {
    const request = run.process.model.openRequest({
      number,
      author: tenant.plan.id,
      caller: heard,
      isRecorded: sampled,
      settings: isHttp ? undefined : tenant.settings
    })
    const wanted = !(incoming === "continue" && heard?.isSampled === false)
    if (sampled !== wanted) run.onBreach("sampling", `r${number} is ${sampled ? "" : "not "}recorded`)
    const label = `r${number}`
    const root = { label, spanId, traceId, hasRole: true, request, now: run.time.now }
    return { span: run.process.model.begin(root), request }
  })
  run.handles.set(`r${number}`, handle)
}

/** A piece of work begins inside another; without one it is nobody's. */
export const work = (
  run: Run,
  options: { readonly label: string; readonly work: Work; readonly within: Handle | undefined }
): void => {
  const { label, within } = options
  const prompt = Canary.make(label.split(".")[0] ?? "", "prompt", label.replace(/\W/g, ""))
  const request = within?.request
  const handle = launch(
    run,
    (inside) => asSpan(options.work, prompt, inside),
    within?.context ?? Context.empty(),
    ({ spanId, traceId }) => {
      const begun = { label, spanId, traceId, hasRole: options.work !== "plain", request, now: run.time.now }
      return { span: run.process.model.begin(begun), request }
    }
  )
  run.handles.set(label, handle)
}

/** Work, or a whole request, ends. */
export const end = (run: Run, label: string, ending: Ending): void => {
  const handle = run.handles.get(label)
  if (handle === undefined || handle.fiber.unsafePoll() !== null) return
  const { process } = run
  // Before it happens: what it sets going may be sent before it returns.
  process.model.end(handle.span, run.time.now)
  const text = Canary.make(label.split(".")[0] ?? "", "error", label.replace(/\W/g, ""))
  if (ending === "interrupted") handle.fiber.unsafeInterruptAsFork(FiberId.none)
  else
    Deferred.unsafeDone(
      handle.done,
      ending === "ok" ? Effect.void : ending === "fails" ? Effect.fail(new Error(text)) : Effect.die(new Error(text))
    )
  process.turns.drain(() => handle.fiber.unsafePoll() !== null)
}

/** It is found out whose a request is. */
export const bind = (run: Run, handle: Handle, tenant: Tenant): string | undefined => {
  const { process } = run
  const { request } = handle
  if (request === undefined) return undefined
  const expected = process.model.bind(request, tenant.settings)
  const binding = process.fork(
    Effect.mapInputContext(TenantTracer.bind(tenant.route), (outer: Context.Context<never>) =>
      Context.merge(outer, handle.context)
    )
  )
  process.turns.drain(() => binding.unsafePoll() !== null)
  const answer = binding.unsafePoll()
  const given = answer?._tag === "Success" ? answer.value : "nothing"
  if (given !== expected)
    run.onBreach("bind", `r${request.number} to ${tenant.plan.id} gave ${given}, must be ${expected}`)
  return given
}
