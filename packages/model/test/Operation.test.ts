import { describe, expect, it } from "@effect/vitest"
import { Operation } from "@tenant-tracer/model"
import { FastCheck as fc, Schema } from "effect"

const table: Readonly<Record<string, Operation.Operation>> = {
  completion: "chat",
  completion_with_retries: "chat",
  responses: "chat",
  text_completion: "text_completion",
  embedding: "embeddings",
  image_generation: "generate_content",
  ocr: "generate_content",
  speech: "generate_content",
  transcription: "generate_content",
  moderation: "gateway.moderation",
  get_responses: "gateway.responses_management",
  delete_responses: "gateway.responses_management",
  cancel_responses: "gateway.responses_management",
  list_input_items: "gateway.responses_management",
  call_mcp_tool: "execute_tool",
  vector_store_search: "retrieval",
  query: "retrieval",
  send_message: "invoke_agent",
  send_message_streaming: "invoke_agent",
  vector_store_create: "gateway.vector_store_management",
  vector_store_delete: "gateway.vector_store_management",
  vector_store_file_create: "gateway.vector_store_file_management",
  vector_store_file_content: "gateway.vector_store_file_management"
}

describe("Operation", () => {
  it("maps call types, their asynchronous twins, and any case", () => {
    for (const [callType, operation] of Object.entries(table)) {
      expect([callType, Operation.fromCallType(callType)]).toStrictEqual([callType, operation])
      expect([callType, Operation.fromCallType(`a${callType}`)]).toStrictEqual([callType, operation])
      expect([callType, Operation.fromCallType(` ${callType.toUpperCase()} `)]).toStrictEqual([callType, operation])
    }
  })

  it("takes an operation's own name", () => {
    for (const operation of Operation.Operation.literals) expect(Operation.fromCallType(operation)).toBe(operation)
  })

  it("knows which are on memories, as the conventions have them", () => {
    expect(Operation.Operation.literals.filter(Operation.isMemory).sort()).toEqual([
      "create_memory",
      "create_memory_store",
      "delete_memory",
      "delete_memory_store",
      "search_memory",
      "update_memory",
      "upsert_memory"
    ])
    expect([undefined, "chat", "toString", "memory"].filter(Operation.isMemory)).toEqual([])
  })

  it("is chat for what it does not know", () => {
    for (const unknown of ["", "nope", "toString", "__proto__", null, undefined]) {
      expect(Operation.fromCallType(unknown)).toBe("chat")
    }
  })

  it("case 49: tells the output type where the route settles it", () => {
    expect(Operation.outputType("aimage_generation")).toBe("image")
    expect(Operation.outputType("image_generation")).toBe("image")
    expect(Operation.outputType("speech")).toBe("speech")
    expect(Operation.outputType("ASPEECH")).toBe("speech")
    expect(Operation.outputType("aocr")).toBe("text")
    expect(Operation.outputType("atranscription")).toBe("text")
    expect(Operation.outputType("acompletion")).toBeUndefined()
    expect(Operation.outputType(null)).toBeUndefined()
  })

  it("never throws and stays in its set", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        Operation.outputType(value as string)
        return Schema.is(Operation.Operation)(Operation.fromCallType(value as string))
      })
    )
  })
})

it("tells what is done with an agent from all else", () => {
  for (const name of Operation.AgentOperation.literals) expect(Operation.agentOf(name)).toBe(name)
  for (const name of ["chat", "execute_tool", "", undefined, 1]) expect(Operation.agentOf(name)).toBeUndefined()
})
