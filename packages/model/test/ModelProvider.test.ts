import { describe, expect, it } from "@effect/vitest"
import { ModelProvider } from "@tenant-tracer/model"
import { FastCheck as fc } from "effect"

describe("ModelProvider", () => {
  it("case 47: spells providers as the conventions do", () => {
    expect(
      ["openai", "bedrock", "vertex_ai", "my_custom_llm", null, undefined, ""].map(ModelProvider.normalize)
    ).toStrictEqual(["openai", "aws.bedrock", "gcp.vertex_ai", "my_custom_llm", "", "", ""])
  })

  it("knows the spellings of gateways, in any case", () => {
    const names = {
      "text-completion-openai": "openai",
      azure: "azure.ai.openai",
      azure_ai: "azure.ai.inference",
      anthropic: "anthropic",
      Bedrock_Converse: "aws.bedrock",
      VERTEX_AI_BETA: "gcp.vertex_ai",
      gemini: "gcp.gemini",
      cohere_chat: "cohere",
      mistral: "mistral_ai",
      xai: "x_ai",
      watsonx: "ibm.watsonx.ai"
    }
    for (const [name, expected] of Object.entries(names)) expect(ModelProvider.normalize(name)).toBe(expected)
  })

  it("leaves its own names and unknown ones as they are, also those of Object's prototype", () => {
    for (const name of ["aws.bedrock", "gcp.vertex_ai", "azure.ai.openai", "My_LLM", "constructor", "__proto__"]) {
      expect(ModelProvider.normalize(name)).toBe(name)
    }
  })

  it("is idempotent", () => {
    const known = fc.constantFrom("azure", "azure_ai", "bedrock", "gemini", "mistral", "xai", "watsonx", "moonshot")
    fc.assert(
      fc.property(fc.oneof(fc.string(), known), (name) => {
        expect(ModelProvider.normalize(ModelProvider.normalize(name))).toBe(ModelProvider.normalize(name))
      })
    )
  })

  it("never throws", () => {
    fc.assert(fc.property(fc.anything(), (value) => typeof ModelProvider.normalize(value as string) === "string"))
  })
})
