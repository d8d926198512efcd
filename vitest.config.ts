import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import projects from "./vitest.workspace.js"

// A test sees nothing of what the developer's shell tells an exporter or us.
for (const name of Object.keys(process.env)) {
  if (/^(OTEL|TENANT_TRACER)_/.test(name)) delete process.env[name]
}

export default defineConfig({
  test: {
    projects,
    maxWorkers: Math.min(4, availableParallelism()),
    minWorkers: 1,
    setupFiles: [fileURLToPath(new URL("vitest.setup.ts", import.meta.url))],
    // Files share their process and its modules: loading them for each file takes as long as the tests.
    poolOptions: { forks: { isolate: false } }
  }
})
