/**
 * Who may import what (`pnpm boundaries`). `mayImport` is the one declaration of the arrows between our packages;
 * tests may point anywhere, but make no circles.
 */

/** For each package the packages of ours that its `src` may import. Apps may import every package, nobody an app. */
const mayImport = {
  model: [],
  vocabulary: ["model"],
  vendors: ["model"],
  tracer: ["model"],
  receiver: [],
  "tenant-tracer": ["model", "vocabulary", "vendors", "tracer", "receiver"]
}

/** The packages whose `src` may use what Node alone has; the others run in a browser too. */
const onNode = ["tracer", "receiver"]

const packages = Object.keys(mayImport).join("|")

const arrows = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `${name} -> ${allowed.join(", ") || "nothing of ours"}`,
  comment:
    "An arrow between packages that .dependency-cruiser.cjs does not declare: move the code, or give it as a service.",
  severity: "error",
  from: { path: `^packages/${name}/src/` },
  to: { path: "^packages/", pathNot: `^packages/(${[name, ...allowed].join("|")})/` }
}))

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: "declared packages",
      comment: "A package that `mayImport` in .dependency-cruiser.cjs does not know: declare what it may import.",
      severity: "error",
      from: { path: "^packages/", pathNot: `^packages/(${packages})/` },
      to: {}
    },
    {
      name: "nobody imports an app",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^apps/", pathNot: "^$1/$2/" }
    },
    {
      name: "no circle",
      comment:
        "Modules that need each other are one module, or need a third one. Types that name each other are no circle: they vanish.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } }
    },
    {
      name: "no other package's internals",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^packages/.+/internal/", pathNot: "^$1/$2/" }
    },
    {
      name: "no relative path into another package",
      comment: "Import the package by its name.",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^(packages|apps)/", pathNot: "^$1/$2/", dependencyTypes: ["local"] }
    },
    {
      name: "no undeclared dependency",
      comment: "Declare it in this package's own package.json (and docs/dependencies.md).",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] }
    },
    {
      name: "nothing that cannot be found",
      severity: "error",
      from: {},
      to: { couldNotResolve: true }
    },
    {
      name: "src needs no devDependency",
      comment: "What is published must list what it imports under dependencies or peerDependencies.",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-peer"] }
    },
    {
      name: "only tracer touches OpenTelemetry and undici",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src/", pathNot: "^(packages/tracer|apps/bench|apps/reliability)/" },
      to: { path: "node_modules/(@opentelemetry/|undici/)" }
    },
    {
      name: "no Node in pure packages",
      comment: "Model, vocabulary, vendors and tenant-tracer run anywhere; Node comes in through tracer and receiver.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: `^packages/(${onNode.join("|")})/` },
      to: { dependencyTypes: ["core"] }
    }
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(packages|apps)/[^/]+/(dist|\\.[a-z]+)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] }
  }
}
