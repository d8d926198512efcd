/** What must arrive, as literal text. */
import type { Scene } from "./Traffic.js"

const answered = `
POST /v1/chat/completions
├── auth /v1/chat/completions
│   └── sqlite select
├── execute_guardrail pii
├── chat gpt-4o-mini
└── sqlite insert`.trim()

/** The tree of each request at the back end of its tenant. */
export const trees: Readonly<Record<Exclude<Scene, "wrong key">, string>> = {
  plain: answered,
  streamed: answered,
  traced: answered,
  "hang-up": `
POST /v1/chat/completions (cancelled)
├── auth /v1/chat/completions
│   └── sqlite select
├── execute_guardrail pii
├── chat slow-model (cancelled)
└── sqlite insert`.trim(),
  blocked: `
POST /v1/chat/completions
├── auth /v1/chat/completions
│   └── sqlite select
├── execute_guardrail pii ✗ guardrail_intervened
└── sqlite insert`.trim(),
  retried: `
POST /v1/chat/completions
├── auth /v1/chat/completions
│   └── sqlite select
├── execute_guardrail pii
├── chat flaky-model ✗ UpstreamError
├── chat flaky-model
└── sqlite insert`.trim()
}

/** The tree of the request with the wrong key, at the operator's. */
export const wrongKey = `
POST /v1/chat/completions
└── auth /v1/chat/completions ✗ KeyError
    └── VirtualKeys.authenticate ✗ KeyError
        └── sqlite select`.trim()

/** How many spans a tree has. */
export const spansOf = (tree: string): number => tree.split("\n").length
