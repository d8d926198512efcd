/** A call to a database in the words of the OpenTelemetry conventions. */
export * as DatabaseCall from "./DatabaseCall.js"
/** Where a tenant's spans go. */
export * as Destination from "./Destination.js"
/** The methods of HTTP that the conventions know. */
export * as HttpMethod from "./HttpMethod.js"
/** JSON text of any value, without a throw. */
export * as Json from "./Json.js"
/** How MCP travels, in the words of the network conventions. */
export * as McpTransport from "./McpTransport.js"
/** What was said to a model and what it answered. */
export * as Message from "./Message.js"
/** What may be kept of a bag of facts that nobody has checked. */
export * as Metadata from "./Metadata.js"
/** Who serves a model, in the words of the GenAI conventions. */
export * as ModelProvider from "./ModelProvider.js"
/** The types that catch an illegal nesting of spans. */
export * as Nesting from "./Nesting.js"
/** What a model call does, in the words of the GenAI conventions. */
export * as Operation from "./Operation.js"
/** The URL of a signal, from the base URL of an OTLP collector. */
export * as OtlpEndpoint from "./OtlpEndpoint.js"
/** Headers as one line of text, and whether they can be sent. */
export * as OtlpHeaders from "./OtlpHeaders.js"
/** Reads the payload of a span, leaving out what does not fit. */
export * as PayloadReader from "./PayloadReader.js"
/** What is taken out of the copies that a destination receives. */
export * as Redaction from "./Redaction.js"
/** What the inner services of a gateway are. */
export * as ServiceCatalog from "./ServiceCatalog.js"
/** The payload of a span, one tagged shape per role. */
export * as SpanData from "./SpanData.js"
/** The name of a span. */
export * as SpanName from "./SpanName.js"
/** The hierarchy of a request's spans. */
export * as SpanRegistry from "./SpanRegistry.js"
/** The roles that a span can play. */
export * as SpanRole from "./SpanRole.js"
/** Whose request it is and where its trace goes. */
export * as TenantRoute from "./TenantRoute.js"
/** Facts about a whole trace. */
export * as TraceFacts from "./TraceFacts.js"
/** The contract of a vendor. */
export * as Vendor from "./Vendor.js"
/** The contract of a vocabulary. */
export * as Vocabulary from "./Vocabulary.js"
