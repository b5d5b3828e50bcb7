import { box } from '../report/box.ts'
import { formatNumber, formatRatio } from '../report/numbers.ts'
import { spread } from '../statistics.ts'
import { closerLook } from './guarded.ts'
import { isPassed, MAX_CHANGE } from './judge.ts'
import { formatVersions } from './yardsticks.ts'
import type { CommittedRatio } from './baseline.ts'
import type { GuardedRatio } from './guarded.ts'
import type { Judgement, RatioRounds } from './judge.ts'
import type { Versions } from './yardsticks.ts'

/** A ratio with all that is told of it. */
export interface Told {
  ratio: GuardedRatio
  committed: CommittedRatio
  judgement: Judgement
}

export function formatYardsticks (yardsticks: ReadonlyMap<string, Versions>): string {
  return [...yardsticks].map(([name, versions]) => `  yardstick ${name}: ${formatVersions(versions)}\n`).join('')
}

/** What else there is to know of a comparison, each by a box; nothing when the values were committed with this version of Node.js. */
export function formatNodes (committed: CommittedRatio[], node: string): string {
  return [...new Set(committed.map((value) => value.node))]
    .filter((version) => version !== node)
    .map((version) => `${box([`NOTE: values of the guard were committed with Node.js ${version}, this is ${node}.`, 'It runs below ours and most yardsticks, but not below raw-quinn.'])}\n`)
    .join('')
}

/** A box with what could not be measured in a try that is not the last. */
export function formatFailures (measured: RatioRounds[], attempt: number): string {
  const failed = measured.filter(({ failure }) => failure != null)

  return failed.length === 0 ? '' : `${box(failed.flatMap(({ name, failure = '' }) => [`${name} could not be measured in try ${attempt}:`, ...failure.split('\n').map((line) => `  ${line}`)]))}\n`
}

/** A line for each ratio, then what there is to do, and last how many passed and failed, which `npm test` counts. */
export function formatJudgements (told: Told[]): string {
  const width = Math.max(...told.map(({ ratio: { name } }) => name.length))
  const passed = told.filter(({ judgement }) => isPassed(judgement)).length

  return [
    ...told.map((one) => formatLine(one, width)),
    ...told.flatMap(formatAdvice),
    '',
    `${passed} passed, ${told.length - passed} failed`,
    ''
  ].join('\n')
}

function formatLine ({ ratio, committed, judgement }: Told, width: number): string {
  const mark = isPassed(judgement) ? '✔' : '✘'
  const measured = judgement.verdict === 'untold' ? 'could not be told' : `${formatMeasured(judgement)}, ${formatChange(judgement)}`

  return `${mark} ${ratio.name.padEnd(width)}  ${measured}; committed ${formatNumber(committed.ratio)}; ${ratio.figure}, ${ratio.metric} against ${ratio.yardstick}`
}

function formatAdvice ({ ratio, committed, judgement }: Told): string[] {
  const renew = `npm run bench:guard -- --update --only ${ratio.name}`

  if (judgement.verdict === 'rose') {
    return ['', box([
      `${ratio.name} has RISEN by more than ${MAX_CHANGE * 100} %: ${formatMeasured(judgement)} instead of ${formatNumber(committed.ratio)}.`,
      'Raise its committed value, so that a fall from there is seen:',
      renew
    ])]
  }

  if (judgement.verdict === 'fell') {
    return [
      '',
      `${ratio.name} has FALLEN: ${formatMeasured(judgement)} of ${judgement.ratios.length} rounds, ${formatChange(judgement)} of the committed ${formatNumber(committed.ratio)}; -${MAX_CHANGE * 100} % are allowed`,
      `  committed ${committed.date.slice(0, 10)} at ${committed.commit}: ${committed.machine}, node ${committed.node}`,
      `  look closer: ${closerLook(ratio)}`,
      `  if it is meant to be so: ${renew}`
    ]
  }

  return judgement.failure == null ? [] : ['', `${ratio.name} COULD NOT BE TOLD:`, ...judgement.failure.split('\n').map((line) => `  ${line}`)]
}

/** '0.94 [0.90 to 1.01]'. */
function formatMeasured ({ ratios, interval }: Judgement): string {
  return formatRatio({ ...spread(ratios), interval })
}

/** '+3 %'. */
function formatChange ({ median, committed }: Judgement): string {
  const percent = Math.round((median / committed - 1) * 100)

  return `${percent < 0 ? '' : '+'}${percent} %`
}
