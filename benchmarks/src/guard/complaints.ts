import { differences } from './yardsticks.ts'
import type { Baseline } from './baseline.ts'
import type { GuardedRatio } from './guarded.ts'
import type { Versions } from './yardsticks.ts'

/** Why ratios can't be compared with the committed values, and how to renew those; nothing when they can. */
export function complaintsOf (ratios: GuardedRatio[], baseline: Baseline, installed: ReadonlyMap<string, Versions>): string[] {
  const missing = ratios.filter(({ name }) => !baseline.has(name))
  const other = ratios.filter(({ name, yardstick }) => {
    const committed = baseline.get(name)

    return committed != null && (committed.yardstick !== yardstick || differences(committed.versions, installed.get(yardstick) ?? {}).length > 0)
  })

  return [
    ...(missing.length === 0 ? [] : [`no value is committed of ${listed(missing)}: ${renewal(missing)}`]),
    ...other.map(({ name, yardstick }) => {
      const { yardstick: before = '', versions = {} } = baseline.get(name) ?? {}
      const what = before === yardstick ? differences(versions, installed.get(yardstick) ?? {}).join(', ') : `${yardstick} instead of ${before}`

      return `the yardstick of ${name} is not the one of its committed value: ${what}`
    }),
    ...(other.length === 0 ? [] : [`install what was committed (npm ci), or renew the values: ${renewal(other)}`])
  ]
}

function renewal (ratios: GuardedRatio[]): string {
  return `npm run bench:guard -- --update --only ${listed(ratios)}`
}

function listed (ratios: GuardedRatio[]): string {
  return ratios.map(({ name }) => name).join(',')
}
