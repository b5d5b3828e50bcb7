import { differences } from './yardsticks.ts'
import type { Baseline, CommittedRatio } from './baseline.ts'
import type { GuardedRatio } from './guarded.ts'
import type { Versions } from './yardsticks.ts'

/** What the committed values are compared on. */
export interface Here {
  /** Of each yardstick. */
  installed: ReadonlyMap<string, Versions>
  /** 'linux x64' */
  platform: string
}

/** Why ratios can't be compared with the committed values, and how to renew those; nothing when they can. */
export function complaintsOf (ratios: GuardedRatio[], baseline: Baseline, { installed, platform }: Here): string[] {
  const missing = ratios.filter(({ name }) => !baseline.has(name))
  const foreign = ratios.filter(({ name }) => baseline.has(name) && baseline.get(name)?.platform !== platform)
  const others = ratios.map((ratio) => ({ ratio, what: otherIn(ratio, baseline.get(ratio.name), installed) })).filter(({ what }) => what.length > 0)

  return [
    ...(missing.length === 0 ? [] : [`no value is committed of ${listed(missing)}: ${renewal(missing)}`]),
    ...foreign.map(({ name }) => `the value of ${name} was committed on ${baseline.get(name)?.platform}, this is ${platform}`),
    ...(foreign.length === 0 ? [] : [`measure values of this system to a file of their own, and compare with that: ${renewal(foreign)} --baseline FILE`]),
    ...others.flatMap(({ what }) => what),
    ...(others.length === 0 ? [] : [`go back to what was committed (npm ci), or renew the values: ${renewal(others.map(({ ratio }) => ratio))}`])
  ]
}

function otherIn ({ name, yardstick, work }: GuardedRatio, committed: CommittedRatio | undefined, installed: Here['installed']): string[] {
  if (committed == null) {
    return []
  }

  const versions = committed.yardstick === yardstick ? differences(committed.versions, installed.get(yardstick) ?? {}) : [`${yardstick} instead of ${committed.yardstick}`]
  const works = differences(committed.work, work)

  return [
    ...(versions.length === 0 ? [] : [`the yardstick of ${name} is not the one of its committed value: ${versions.join(', ')}`]),
    ...(works.length === 0 ? [] : [`a round of ${name} does not do what it did for its committed value: ${works.join(', ')}`])
  ]
}

function renewal (ratios: GuardedRatio[]): string {
  return `npm run bench:guard -- --update --only ${listed(ratios)}`
}

function listed (ratios: GuardedRatio[]): string {
  return ratios.map(({ name }) => name).join(',')
}
