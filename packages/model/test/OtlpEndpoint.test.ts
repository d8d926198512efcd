import { describe, expect, it } from "@effect/vitest"
import { OtlpEndpoint } from "@tenant-tracer/model"
import { FastCheck as fc } from "effect"

const { traces, metrics, logs } = OtlpEndpoint

describe("OtlpEndpoint", () => {
  it("case 125: appends the path of the signal, or puts it in another's place", () => {
    expect(traces("http://collector:4318")).toBe("http://collector:4318/v1/traces")
    expect(traces("http://collector:4318/")).toBe("http://collector:4318/v1/traces")
    expect(traces("http://collector:4318///")).toBe("http://collector:4318/v1/traces")
    expect(traces("http://collector:4318/v1/traces")).toBe("http://collector:4318/v1/traces")
    expect(traces("http://collector:4318/v1/traces/")).toBe("http://collector:4318/v1/traces")
    expect(traces("http://collector:4318/v1/logs")).toBe("http://collector:4318/v1/traces")
    expect(traces("http://collector:4318/v1/metrics")).toBe("http://collector:4318/v1/traces")
    expect(traces("https://x.splunk.com/v2/trace/otlp")).toBe("https://x.splunk.com/v2/trace/otlp")
    expect(traces("")).toBe("")
  })

  it("does the same for metrics and logs, without Splunk's exception", () => {
    expect(metrics("http://c:4318/otlp")).toBe("http://c:4318/otlp/v1/metrics")
    expect(metrics("http://c:4318/v1/traces")).toBe("http://c:4318/v1/metrics")
    expect(metrics("https://x.splunk.com/v2/trace/otlp")).toBe("https://x.splunk.com/v2/trace/otlp/v1/metrics")
    expect(logs("http://c:4318/v1/logs")).toBe("http://c:4318/v1/logs")
    expect(logs("http://c:4318/v1/metrics/")).toBe("http://c:4318/v1/logs")
  })

  it("replaces only a whole path", () => {
    expect(traces("https://c/v1/logs/eu")).toBe("https://c/v1/logs/eu/v1/traces")
    expect(traces("https://c/xv1/logs")).toBe("https://c/xv1/logs/v1/traces")
  })

  it("keeps a query behind the path", () => {
    expect(traces("https://c/otel?tenant=a/b/")).toBe("https://c/otel/v1/traces?tenant=a/b/")
    expect(logs("https://c/v1/traces/?x=1#f")).toBe("https://c/v1/logs?x=1#f")
  })

  it("is idempotent, and the last signal asked for wins", () => {
    const url = fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string())
    fc.assert(
      fc.property(url, (text) => {
        for (const signal of [traces, metrics, logs]) expect(signal(signal(text))).toBe(signal(text))
        expect(metrics(logs(text))).toBe(metrics(text))
      })
    )
  })
})
