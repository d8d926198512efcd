/** What a vocabulary writes, as plain data. */
export * as AttributeMap from "./AttributeMap.js"
/** The OpenTelemetry GenAI conventions, by version. */
export * as Genai from "./Genai.js"
/** Langfuse's own words. */
export * as Langfuse from "./Langfuse.js"
/** LiteLLM's own keys and span names. */
export * as Litellm from "./Litellm.js"
/** The conventions of Arize and Phoenix. */
export * as OpenInference from "./OpenInference.js"
/** Every vocabulary, look-up and layering. */
export * as Vocabularies from "./Vocabularies.js"
/** Why a destination's vocabularies cannot be spoken. */
export * as VocabularyError from "./VocabularyError.js"
