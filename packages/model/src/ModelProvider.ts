/**
 * Who serves a model, in the words of the GenAI conventions (`gen_ai.provider.name`).
 *
 * @since 0.1.0
 */

/**
 * Spellings that gateways and SDKs use, to the name in the conventions; what is not here is already spelled right or is
 * nobody's but its user's.
 */
const names: ReadonlyMap<string, string> = new Map([
  ["openai", "openai"],
  ["text-completion-openai", "openai"],
  ["azure", "azure.ai.openai"],
  ["azure_ai", "azure.ai.inference"],
  ["anthropic", "anthropic"],
  ["bedrock", "aws.bedrock"],
  ["bedrock_converse", "aws.bedrock"],
  ["vertex_ai", "gcp.vertex_ai"],
  ["vertex_ai_beta", "gcp.vertex_ai"],
  ["gemini", "gcp.gemini"],
  ["cohere", "cohere"],
  ["cohere_chat", "cohere"],
  ["mistral", "mistral_ai"],
  ["deepseek", "deepseek"],
  ["groq", "groq"],
  ["perplexity", "perplexity"],
  ["xai", "x_ai"],
  ["watsonx", "ibm.watsonx.ai"],
  ["moonshot", "moonshot_ai"]
])

/**
 * The conventions' name of a provider, whatever the case; an unknown one as it is, nothing for nothing.
 *
 * @since 0.1.0
 * @category conversions
 */
export const normalize = (provider: string | null | undefined): string =>
  typeof provider === "string" ? (names.get(provider.trim().toLowerCase()) ?? provider) : ""
