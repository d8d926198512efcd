/**
 * The last line of `.ci/run`: adds up what Vitest counted (its JSON report and its exit code, the first two arguments) and
 * the results of the further steps (`passed` or `failed`, the others). Exit code 1 when anything failed or no test ran.
 */
import { existsSync, readFileSync } from "node:fs"

const [report, exitCode, ...steps] = process.argv.slice(2)

function countTests() {
  if (!existsSync(report)) return { passed: 0, failed: 0 }
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"))
  // A file that could not be loaded has no failed test, but did fail.
  const broken = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length
  return { passed: numPassedTests, failed: numFailedTests + broken }
}

const tests = countTests()
if (tests.passed + tests.failed === 0) console.error("No test ran.")
// What failed outside a test (the set-up, an unhandled error, a time limit) counts as one.
if (tests.failed === 0 && (exitCode !== "0" || tests.passed === 0)) tests.failed = 1

const failedSteps = steps.filter((step) => step !== "passed").length
const failed = tests.failed + failedSteps
console.log(`${tests.passed + steps.length - failedSteps} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
