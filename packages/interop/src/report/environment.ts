import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, platform, release } from 'node:os'

/** What a result means nothing without. */
export interface Environment {
  /** ISO 8601. */
  date: string
  cpuModel: string
  cores: number
  system: string
  node: string
  /** With a mark when the checkout has changes that are not committed; 'unknown' outside a checkout. */
  commit: string
}

export function readEnvironment (): Environment {
  return {
    date: new Date().toISOString(),
    cpuModel: cpus()[0]?.model ?? 'unknown CPU',
    cores: availableParallelism(),
    system: `${platform()} ${release()}`,
    node: process.version,
    commit: commit()
  }
}

function commit (): string {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty=+changes'], { cwd: import.meta.dirname, encoding: 'utf8' })

  return status === 0 ? stdout.trim() : 'unknown'
}
