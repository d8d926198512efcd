/** Credentials of every vendor with every field that may stand together, secrets as text. */
export const complete: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  langfuse_otel: { publicKey: "pk-lf-1", secretKey: "sk-lf-1", host: "https://langfuse.example.com" },
  arize: { apiKey: "ak-1", spaceId: "space-1", project: "checkout", endpoint: "https://arize.example.com/v1/traces" },
  arize_phoenix: { endpoint: "https://phoenix.example.com", apiKey: "px-1", project: "checkout" },
  otlp: {
    endpoint: "https://collector.example.com",
    headers: { authorization: "Bearer b-1" },
    protocol: "http/protobuf",
    compression: "gzip",
    resource: { "service.name": "checkout" },
    vocabularies: ["genai", { name: "openinference", version: "1" }]
  }
}
