import { readFileSync } from 'node:fs'
import { parseProcessTicks } from '../machine-load.ts'

/** Of the kernel's clock, whatever the kernel itself counts in: USER_HZ, 100 on all that Node.js runs on (time(7)). */
const TICKS_PER_SECOND = 100

/** User and system time of all threads of another process since its start, to 0.01 s; NaN where there is no /proc, or no such process. */
export function cpuSecondsOf (pid: number | undefined): number {
  return pid == null ? NaN : readSeconds(`/proc/${pid}/stat`, 'own')
}

/** The same of all children of this process together that have ended, with theirs: a child's is the growth while it was the one to end. */
export function cpuSecondsOfEnded (): number {
  return readSeconds('/proc/self/stat', 'children')
}

function readSeconds (file: string, whose: 'own' | 'children'): number {
  try {
    return parseProcessTicks(readFileSync(file, 'utf-8'))[whose] / TICKS_PER_SECOND
  } catch {
    return NaN
  }
}
