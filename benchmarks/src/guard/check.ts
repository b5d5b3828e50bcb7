import { BaselineError, readBaseline } from './baseline.ts'
import { complaintsOf } from './complaints.ts'
import { isPassed } from './judge.ts'
import { measureRatios } from './measure.ts'
import { formatFailures, formatJudgements, formatNodes, formatYardsticks } from './report.ts'
import { PLATFORM, tellLoad } from './surroundings.ts'
import { judgeInTries, MAX_TRIES } from './tries.ts'
import { versionsOf } from './yardsticks.ts'
import type { GuardedRatio } from './guarded.ts'
import type { GuardOptions } from './options.ts'
import type { Told } from './report.ts'

/**
 * Tells on standard output how the ratios compare with their committed values.
 *
 * @returns whether none has fallen and all could be told
 * @throws {BaselineError} when there is no committed value of one, or it is of another system, yardstick or length of a round
 */
export async function check (ratios: GuardedRatio[], { baseline: file, rounds }: Pick<GuardOptions, 'baseline' | 'rounds'>): Promise<boolean> {
  const baseline = await readBaseline(file)
  const installed = await versionsOf(ratios.map(({ yardstick }) => yardstick))
  const complaints = complaintsOf(ratios, baseline, { installed, platform: PLATFORM })

  if (complaints.length > 0) {
    throw new BaselineError(complaints.join('\n'))
  }

  process.stdout.write(`Ours against yardsticks of fixed versions, in turns. Medians of ${rounds} rounds with [95 % interval]; more is better.\n${formatYardsticks(installed)}`)

  process.stdout.write(formatNodes(ratios.flatMap(({ name }) => baseline.get(name) ?? []), process.version))

  const committed = new Map([...baseline].map(([name, { ratio }]) => [name, ratio]))
  const judgements = await tellLoad(async () => judgeInTries(ratios.map(({ name }) => name), {
    committed,
    measure: async (names, attempt) => {
      if (attempt > 1) {
        process.stdout.write(`  try ${attempt} of ${MAX_TRIES}: ${names.join(', ')} looked fallen or could not be measured\n`)
      }

      const measured = await measureRatios(ratios.filter(({ name }) => names.includes(name)), rounds)

      if (attempt < MAX_TRIES) {
        process.stdout.write(formatFailures(measured, attempt))
      }

      return measured
    }
  }))

  process.stdout.write(`\n${formatJudgements(judgements.flatMap((judgement, i): Told[] => {
    const committed = baseline.get(judgement.name)

    return committed == null ? [] : [{ ratio: ratios[i], committed, judgement }]
  }))}`)

  return judgements.every(isPassed)
}
