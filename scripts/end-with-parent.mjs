/**
 * Loaded (`node --import`) into the programs that `run.mjs` starts: when that script was killed in a way that it could
 * not pass on, the program ends with its whole process group instead of staying behind.
 */
const parent = process.ppid

setInterval(() => {
  if (process.ppid === parent) return
  if (process.platform === "win32") process.exit(1)
  process.kill(-process.pid, "SIGKILL")
}, 500).unref()
