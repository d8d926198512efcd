/**
 * Runs one program at a time for the other scripts, so that nothing of it is left behind: the program gets a process group
 * of its own, signals (and the death of whoever called us) are passed on to the whole group, and what is still there after
 * a grace time, or when the program has ended, is killed.
 */
import { spawn } from "node:child_process"
import { constants } from "node:os"

/** How long a program may take to end by itself once it was told to, in milliseconds. */
const graceTime = 5000
const windows = process.platform === "win32"

/** @type {import("node:child_process").ChildProcess | undefined} */
let running
/** @type {{ signal: NodeJS.Signals, at: number } | undefined} */
let stopping

/** Sends a signal to the whole group of the running program. */
function signalGroup(child, signal) {
  try {
    if (windows) child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // the group is gone already
  }
}

function stop(signal) {
  if (stopping !== undefined) {
    // A terminal's Ctrl-C arrives twice (from it and from npm): only a later one is a second request.
    if (running !== undefined && Date.now() - stopping.at > 1000) signalGroup(running, "SIGKILL")
    return
  }
  stopping = { signal, at: Date.now() }
  if (running === undefined) process.exit(exitCode(signal))
  signalGroup(running, signal)
  setTimeout(() => running && signalGroup(running, "SIGKILL"), graceTime).unref()
}

const exitCode = (signal) => 128 + constants.signals[signal]

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal))
const parent = process.ppid
setInterval(() => process.ppid === parent || stop("SIGTERM"), 100).unref()

/**
 * Runs a program to its end and gives its exit code; after a signal, to it or to us, 128 + the signal's number.
 * Never fails: a program that cannot be started gives 127 (not found) or 126.
 *
 * @param {string} command
 * @param {ReadonlyArray<string>} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, output?: "inherit" | ((text: string) => void) }} [options]
 *   `output`: where both output streams go; a function gets them as text
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  const { output = "inherit", ...rest } = options
  const stdio = output === "inherit" ? "inherit" : "pipe"
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...rest, stdio: ["ignore", stdio, stdio], detached: !windows, shell: windows })
    running = child
    if (output !== "inherit") {
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", output)
    }
    const end = (code) => {
      running = undefined
      if (stopping === undefined) resolve(code)
      else process.exit(exitCode(stopping.signal))
    }
    child.on("error", (error) => end(error.code === "ENOENT" ? 127 : 126))
    child.on("exit", () => signalGroup(child, "SIGKILL"))
    child.on("close", (code, signal) => end(signal === null ? code : exitCode(signal)))
  })
}
