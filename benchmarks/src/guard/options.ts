import { fromCaller, integer, names, valuesOf } from '../arguments.ts'
import { BASELINE_FILE } from './baseline.ts'
import { GUARDED_NAMES } from './guarded.ts'
import { MAX_CHANGE } from './judge.ts'
import { MAX_TRIES } from './tries.ts'

export interface GuardOptions {
  /** Names of ratios, in the order in which they are told. */
  only: string[]
  /** Of each try. */
  rounds: number
  /** A path. */
  baseline: string
  isUpdate: boolean
  isHelp: boolean
}

const DEFAULT_ROUNDS = 5
const MAX_ROUNDS = 1_000

export const USAGE = `Usage: npm run bench:guard -- [options]

  --only NAME[,NAME]     ratios (all): ${GUARDED_NAMES.join(', ')}
  --rounds N             of each try (${DEFAULT_ROUNDS})
  --baseline FILE        committed values (benchmarks/guard.json)
  --update               measures ${MAX_TRIES} times, and commits the lowest of the medians instead of judging; benchmarks/guard.json needs a
                         checkout without changes
  --help                 this text

A ratio is told so that more is better. One that is more than ${MAX_CHANGE * 100} % below its committed value, or could not be measured, is measured again, up to
${MAX_TRIES} times in all.

Exit code: 0 when no ratio has fallen, 1 when one has or could not be told, 2 for wrong options.
`

/**
 * @throws {OptionsError} for an unknown option or a value out of range
 */
export function parseOptions (args: string[]): GuardOptions {
  const { only, rounds, baseline, update, help } = parse(args)

  return {
    only: names('only', only, GUARDED_NAMES),
    rounds: integer('rounds', rounds, DEFAULT_ROUNDS, MAX_ROUNDS),
    baseline: baseline == null ? BASELINE_FILE : fromCaller(baseline),
    isUpdate: update ?? false,
    isHelp: help ?? false
  }
}

interface Values {
  only?: string[]
  rounds?: string
  baseline?: string
  update?: boolean
  help?: boolean
}

function parse (args: string[]): Values {
  return valuesOf(args, {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    baseline: { type: 'string' },
    update: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  })
}
