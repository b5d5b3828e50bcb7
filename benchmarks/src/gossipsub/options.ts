import { parseArgs } from 'node:util'
import { fromCaller, integer, names, OptionsError, parseBuilds } from '../arguments.ts'
import { CONTESTANT_NAMES, OURS } from './contestants.ts'
import { FIGURE_NAMES } from './figures.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from './workload.ts'
import type { RunSettings } from './run.ts'

export interface GossipsubBenchOptions extends RunSettings {
  isJson: boolean
  /** A path. */
  save?: string
  isHelp: boolean
}

const DEFAULT_ROUNDS = 5
const DEFAULT_TIMEOUT_SECONDS = 120

/** For a first look: the spread of so few and short rounds is wide. */
const QUICK = { rounds: 1, scalePercent: 10 }

const MS_PER_SECOND = 1_000

export const USAGE = `Usage: npm run bench:gossipsub -- [options]

  --only NAME[,NAME]     contestants: ${CONTESTANT_NAMES.join(', ')} (all)
  --figures NAME[,NAME]  figures: ${FIGURE_NAMES.join(', ')} (all)
  --rounds N             rounds (${DEFAULT_ROUNDS})
  --quick                ${QUICK.rounds} round of ${QUICK.scalePercent} % of the work, unless told otherwise
  --build NAME=PATH      one contestant more, beside ${OURS}: another build of it; may be repeated
                         the folder of the package, with its dist
  --scale PERCENT        of the work of every figure but for what it does at once (100)
  --rate N               messages a second over real streams (${DEFAULT_WORKLOAD.rate})
  --timeout SECONDS      for one figure of one contestant in one round (${DEFAULT_TIMEOUT_SECONDS})
  --json                 results as JSON instead of tables
  --save FILE            results as JSON to a file as well
  --help                 this text

Exit code: 0 when everything was measured, 1 when a contestant failed, 2 for wrong options.
`

/**
 * @throws {OptionsError} for an unknown option or a value out of range
 */
export function parseOptions (args: string[]): GossipsubBenchOptions {
  const values = parse(args)
  const builds = parseBuilds(values.build ?? [], CONTESTANT_NAMES)
  const quick = values.quick === true ? QUICK : undefined
  const workload = scaleWorkload(integer('scale', values.scale, quick?.scalePercent ?? 100, 1_000))

  return {
    contestants: names('only', values.only, [...Object.keys(builds), ...CONTESTANT_NAMES]),
    figures: names('figures', values.figures, FIGURE_NAMES),
    builds,
    rounds: integer('rounds', values.rounds, quick?.rounds ?? DEFAULT_ROUNDS, 1_000),
    workload: { ...workload, rate: integer('rate', values.rate, workload.rate, 100_000) },
    timeoutMs: integer('timeout', values.timeout, DEFAULT_TIMEOUT_SECONDS, 86_400) * MS_PER_SECOND,
    isJson: values.json ?? false,
    save: values.save == null ? undefined : fromCaller(values.save),
    isHelp: values.help ?? false
  }
}

interface Values {
  only?: string[]
  figures?: string[]
  rounds?: string
  quick?: boolean
  build?: string[]
  scale?: string
  rate?: string
  timeout?: string
  json?: boolean
  save?: string
  help?: boolean
}

function parse (args: string[]): Values {
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true },
        figures: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        quick: { type: 'boolean' },
        build: { type: 'string', multiple: true },
        scale: { type: 'string' },
        rate: { type: 'string' },
        timeout: { type: 'string' },
        json: { type: 'boolean' },
        save: { type: 'string' },
        help: { type: 'boolean', short: 'h' }
      }
    })

    return values
  } catch (err) {
    throw new OptionsError(err instanceof Error ? err.message : String(err))
  }
}
