/** The projects of the workspace, each with its own `test` folder. `vitest.config.ts` hands the list to Vitest. */
const folders = [
  "packages/model",
  "packages/vocabulary",
  "packages/vendors",
  "packages/tracer",
  "packages/receiver",
  "packages/tenant-tracer",
  "apps/bench",
  "apps/gateway",
  "apps/reliability",
  "apps/simulation"
]

export default folders.map((root) => ({
  extends: true as const,
  test: {
    name: root.slice(root.indexOf("/") + 1),
    root,
    include: ["test/**/*.test.ts"],
    testTimeout: 15_000,
    hookTimeout: 15_000
  }
}))
