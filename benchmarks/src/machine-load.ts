import { readFileSync } from 'node:fs'

/** Since the machine, and since this process, started. In ticks of the kernel's clock, of all processors together. */
export interface CpuTimes {
  /** In which a processor did something, for whomever, or was taken away by the host of a virtual machine. */
  busy: number
  /** In which there were processors. */
  total: number
  /** Of this process and of all children that it has waited for. */
  own: number
}

/** Share of the CPU that others took in a run from which on it says so. */
const BUSY_SHARE = 0.1

/** Load per processor from which on it does, where that share can't be told. */
const BUSY_LOAD_PER_CORE = 0.3

export interface Load {
  /** Before the run: what has just ended is part of it. */
  loadAverage: number
  cores: number
  /** From 0 to 1. */
  othersShare?: number
}

/** Whether the machine had other things to do. */
export function isMachineBusy ({ loadAverage, cores, othersShare }: Load): boolean {
  return othersShare == null ? loadAverage > cores * BUSY_LOAD_PER_CORE : othersShare > BUSY_SHARE
}

/** Where there is a /proc; `undefined` elsewhere. */
export function readCpuTimes (): CpuTimes | undefined {
  try {
    return parseCpuTimes(readFileSync('/proc/stat', 'utf-8'), readFileSync('/proc/self/stat', 'utf-8'))
  } catch {
    return undefined
  }
}

/**
 * @throws {Error} when the texts are not what the kernel writes into /proc/stat and /proc/self/stat (proc(5))
 */
export function parseCpuTimes (machine: string, self: string): CpuTimes {
  // user, nice, system, idle, iowait, irq, softirq, steal; what guests take is part of user
  const [user, nice, system, idle, waiting, irq, softirq, stolen] = numbers(machine.split('\n')[0].split(/\s+/).slice(1, 9), 8)
  const busy = user + nice + system + irq + softirq + stolen
  const { own, children } = parseProcessTicks(self)

  return { busy, total: busy + idle + waiting, own: own + children }
}

/** User and system time of a process, in ticks of the kernel's clock. */
export interface ProcessTicks {
  /** Of all its threads. */
  own: number
  /** Of the children that it has waited for, and of theirs. */
  children: number
}

/**
 * @throws {Error} when the text is not what the kernel writes into /proc/[pid]/stat (proc(5))
 */
export function parseProcessTicks (stat: string): ProcessTicks {
  // the name of the program may have blanks and brackets in it; utime is the 14th field, and state, after the name, the third
  const [user, system, childrenUser, childrenSystem] = numbers(stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 15), 4)

  return { own: user + system, children: childrenUser + childrenSystem }
}

/** From 0 to 1: what was busy for others between two moments, of all that there was. All children of the time between have ended. */
export function shareOfOthers (before: CpuTimes, after: CpuTimes): number {
  const others = (after.busy - before.busy) - (after.own - before.own)

  return Math.min(1, Math.max(0, others / Math.max(1, after.total - before.total)))
}

function numbers (texts: string[], count: number): number[] {
  const values = texts.map(Number)

  if (values.length !== count || values.some((value) => !Number.isFinite(value))) {
    throw new Error(`'${texts.join(' ')}' is not ${count} numbers`)
  }

  return values
}
