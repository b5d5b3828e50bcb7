import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 20

/** One that has ended, and that nobody has reaped, is gone: in a container there may be nobody who does. */
export function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }

  return process.platform !== 'linux' || stateOf(pid) !== 'Z'
}

export async function untilGone (pid: number): Promise<void> {
  while (isRunning(pid)) {
    await delay(POLL_MS)
  }
}

/** The first field behind the name, which may have any character (proc_pid_stat(5)); 'Z' where there is no such process any more. */
function stateOf (pid: number): string | undefined {
  try {
    return /\) (\S)[^)]*$/.exec(readFileSync(`/proc/${pid}/stat`, 'utf-8'))?.[1]
  } catch {
    return 'Z'
  }
}
