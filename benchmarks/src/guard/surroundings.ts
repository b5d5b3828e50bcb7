import { arch, platform } from 'node:os'
import { readEnvironment } from '../environment.ts'
import { isMachineBusy, readCpuTimes, shareOfOthers } from '../machine-load.ts'
import { formatLoad } from '../report/numbers.ts'

/** 'linux x64'. */
export const PLATFORM = `${platform()} ${arch()}`

const MS_PER_SECOND = 1_000

/** Says on standard output on which machine something is measured, and, when it is over, what else that did meanwhile. */
export async function tellLoad <T> (measure: () => Promise<T>): Promise<T> {
  const environment = readEnvironment([])
  const { cpuModel, cores, system, node, commit } = environment
  process.stdout.write(`  ${cpuModel}, ${cores} cores, ${system}, node ${node}, commit ${commit}\n`)

  const started = performance.now()
  const before = readCpuTimes()
  const measured = await measure()
  const after = readCpuTimes()

  const othersShare = before == null || after == null ? undefined : shareOfOthers(before, after)
  const isBusy = isMachineBusy({ ...environment, othersShare })
  const seconds = Math.round((performance.now() - started) / MS_PER_SECOND)
  process.stdout.write(`  ${seconds} s, ${formatLoad({ ...environment, othersShare })}${isBusy ? ': a busy machine' : ''}\n`)

  return measured
}
