/** What a vocabulary writes, as plain data. */
export * as AttributeMap from "./AttributeMap.js"
/** Braintrust's own words. */
export * as Braintrust from "./Braintrust.js"
/** The OpenTelemetry GenAI conventions, by version. */
export * as Genai from "./Genai.js"
/** Langfuse's own words. */
export * as Langfuse from "./Langfuse.js"
/** LangSmith's own words. */
export * as Langsmith from "./Langsmith.js"
/** Langtrace's own words. */
export * as Langtrace from "./Langtrace.js"
/** LiteLLM's own keys and span names. */
export * as Litellm from "./Litellm.js"
/** The conventions of Arize and Phoenix. */
export * as OpenInference from "./OpenInference.js"
/** Traceloop's keys of old. */
export * as Traceloop from "./Traceloop.js"
/** Every vocabulary, look-up and layering. */
export * as Vocabularies from "./Vocabularies.js"
/** Why a destination's vocabularies cannot be spoken. */
export * as VocabularyError from "./VocabularyError.js"
/** W&B Weave's own words, over the GenAI conventions. */
export * as Weave from "./Weave.js"
