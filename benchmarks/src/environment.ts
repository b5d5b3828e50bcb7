import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { arch, availableParallelism, cpus, loadavg, platform, release } from 'node:os'
import { isMachineBusy } from './machine-load.ts'

/** What a figure means nothing without. */
export interface Environment {
  date: string
  cpuModel: string
  cores: number
  system: string
  node: string
  /** With a mark when the checkout has changes that are not committed; 'unknown' outside a checkout. */
  commit: string
  /** Runnable processes in the minute before the run. */
  loadAverage: number
  /** Of the CPU while the run was on, from 0 to 1: what was not the run's; absent where it can't be told. */
  othersShare?: number
  /** It had other things to do: while the run was on, or, where that can't be told, before it. */
  isBusy: boolean
  packages: Record<string, string>
}

/** Of a commit, when the checkout has changes that are not committed. */
export const CHANGES_MARK = '+changes'

/**
 * To be called before the run, whose own load is not the machine's.
 *
 * @param packages - of npm, whose versions are looked up
 * @param others - versions of what is no package of npm
 */
export function readEnvironment (packages: string[], others: Record<string, string> = {}): Environment {
  const cores = availableParallelism()
  const loadAverage = loadavg()[0]

  return {
    date: new Date().toISOString(),
    cpuModel: cpus()[0]?.model ?? 'unknown CPU',
    cores,
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    commit: commit(),
    loadAverage,
    isBusy: isMachineBusy({ loadAverage, cores }),
    packages: { ...packageVersions(packages), ...others }
  }
}

function commit (): string {
  const { status, stdout } = spawnSync('git', ['describe', '--always', `--dirty=${CHANGES_MARK}`], {
    cwd: import.meta.dirname,
    encoding: 'utf-8'
  })

  return status === 0 ? stdout.trim() : 'unknown'
}

/** As they are installed; 'not installed' for one that is not. */
export function packageVersions (names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, packageVersion(name)]))
}

function packageVersion (name: string): string {
  const file = findPackageJSON(name, import.meta.url)

  if (file == null) {
    return 'not installed'
  }

  return String(JSON.parse(readFileSync(file, 'utf-8')).version)
}
