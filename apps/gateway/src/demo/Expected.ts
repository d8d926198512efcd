/** What must arrive, as literal text. */
import type { Scene } from "./Traffic.js"

const answered = `
POST /v1/chat/completions
├── auth /v1/chat/completions
│   └── sqlite select
├── execute_guardrail pii
├── chat gpt-4o-mini
└── sqlite insert`.trim()

/** The tree of each request at the back end of its tenant. The one with the wrong key has none. */
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

const answeredAtOperator = `
POST /v1/chat/completions
├── auth /v1/chat/completions
│   └── VirtualKeys.authenticate
│       └── sqlite select
├── execute_guardrail pii
├── chat gpt-4o-mini
│   └── POST
└── SpendLog.insert
    └── sqlite insert`.trim()

/** The tree of each request at the operator's, with the spans that are the gateway's own business. */
export const treesAtOperator: Readonly<Record<Scene, string>> = {
  plain: answeredAtOperator,
  streamed: answeredAtOperator,
  traced: answeredAtOperator,
  "hang-up": `
POST /v1/chat/completions (cancelled)
├── auth /v1/chat/completions
│   └── VirtualKeys.authenticate
│       └── sqlite select
├── execute_guardrail pii
├── chat slow-model (cancelled)
│   └── POST
└── SpendLog.insert
    └── sqlite insert`.trim(),
  blocked: `
POST /v1/chat/completions
├── auth /v1/chat/completions
│   └── VirtualKeys.authenticate
│       └── sqlite select
├── execute_guardrail pii ✗ guardrail_intervened
└── SpendLog.insert
    └── sqlite insert`.trim(),
  retried: `
POST /v1/chat/completions
├── auth /v1/chat/completions
│   └── VirtualKeys.authenticate
│       └── sqlite select
├── execute_guardrail pii
├── chat flaky-model ✗ UpstreamError
│   └── POST ✗ 500
├── chat flaky-model
│   └── POST
└── SpendLog.insert
    └── sqlite insert`.trim(),
  "wrong key": `
POST /v1/chat/completions
└── auth /v1/chat/completions ✗ KeyError
    └── VirtualKeys.authenticate ✗ KeyError
        └── sqlite select`.trim()
}

/** How many spans a tree has. */
export const spansOf = (tree: string): number => tree.split("\n").length
