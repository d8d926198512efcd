/** Arize AX. */
export * as Arize from "./Arize.js"
/** Langfuse. */
export * as Langfuse from "./Langfuse.js"
/** Any OTLP/HTTP back end. */
export * as Otlp from "./Otlp.js"
/** Arize Phoenix. */
export * as Phoenix from "./Phoenix.js"
/** Every vendor: look-up, destinations, headers per request. */
export * as Vendors from "./Vendors.js"
