/** What a receiver can be told to do wrong, and scripts of it. */
export * as Fault from "./Fault.js"
/** OTLP/HTTP trace bodies: decoding, and the answers. */
export * as Otlp from "./Otlp.js"
/** The receiver: a real HTTP server with accounts. */
export * as Receiver from "./Receiver.js"
/** What can go wrong. */
export * as ReceiverError from "./ReceiverError.js"
/** Trees of received spans: roots, orphans, a picture. */
export * as SpanTree from "./SpanTree.js"
/** What a vendor's endpoint asks for, as data. */
export * as VendorRules from "./VendorRules.js"
