import { parseArgs } from 'node:util'
import { CONTESTANT_NAMES } from './contestants.ts'
import { FIGURE_NAMES } from './figures.ts'
import type { RunSettings } from './run.ts'

/** Wrong options: the text is for the user, the exit code is 2. */
export class OptionsError extends Error {
  name = 'OptionsError'
}

export interface QuicBenchOptions extends RunSettings {
  isJson: boolean
  isHelp: boolean
}

/** About 2 s for the slowest contestant on the machine on which this was written. */
const DEFAULT_BYTES = 200_000_000
const DEFAULT_ECHOES = 2_000
const DEFAULT_ROUNDS = 5
const DEFAULT_TIMEOUT_SECONDS = 60

const MS_PER_SECOND = 1_000

export const USAGE = `Usage: npm run bench:quic -- [options]

  --only NAME[,NAME]     contestants: ${CONTESTANT_NAMES.join(', ')} (all)
  --figures NAME[,NAME]  figures: ${FIGURE_NAMES.join(', ')} (all)
  --rounds N             counted rounds, after one warm-up round that is not (${DEFAULT_ROUNDS})
  --bytes N              payload of one upload or download (${DEFAULT_BYTES})
  --echoes N             round trips of one echo measurement (${DEFAULT_ECHOES})
  --timeout SECONDS      for one figure of one contestant in one round (${DEFAULT_TIMEOUT_SECONDS})
  --json                 results as JSON instead of tables
  --help                 this text

Exit code: 0 when everything was measured, 1 when a contestant failed, 2 for wrong options.
`

/**
 * @throws {OptionsError} for an unknown option or a value out of range
 */
export function parseOptions (args: string[]): QuicBenchOptions {
  const values = parse(args)

  return {
    contestants: names('only', values.only, CONTESTANT_NAMES),
    figures: names('figures', values.figures, FIGURE_NAMES),
    rounds: integer('rounds', values.rounds, DEFAULT_ROUNDS, 1_000),
    workload: {
      bytes: integer('bytes', values.bytes, DEFAULT_BYTES, 1e12),
      echoes: integer('echoes', values.echoes, DEFAULT_ECHOES, 1e6)
    },
    timeoutMs: integer('timeout', values.timeout, DEFAULT_TIMEOUT_SECONDS, 86_400) * MS_PER_SECOND,
    isJson: values.json ?? false,
    isHelp: values.help ?? false
  }
}

interface Values {
  only?: string[]
  figures?: string[]
  rounds?: string
  bytes?: string
  echoes?: string
  timeout?: string
  json?: boolean
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
        bytes: { type: 'string' },
        echoes: { type: 'string' },
        timeout: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' }
      }
    })

    return values
  } catch (err) {
    throw new OptionsError(err instanceof Error ? err.message : String(err))
  }
}

/** In the order of `known`, whatever order they were asked for in. */
function names <T extends string> (option: string, lists: string[] | undefined, known: T[]): T[] {
  if (lists == null) {
    return known
  }

  const wanted = lists.flatMap((list) => list.split(','))
  const unknown = wanted.find((name) => !known.some((k) => k === name))

  if (unknown != null) {
    throw new OptionsError(`--${option}: '${unknown}' is none of ${known.join(', ')}`)
  }

  return known.filter((name) => wanted.includes(name))
}

function integer (option: string, text: string | undefined, defaultValue: number, max: number): number {
  if (text == null) {
    return defaultValue
  }

  const value = Number(text)

  if (!/^\d+$/.test(text) || value < 1 || value > max) {
    throw new OptionsError(`--${option}: '${text}' is not an integer from 1 to ${max}`)
  }

  return value
}
