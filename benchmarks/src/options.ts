import { fromCaller, integer, names, OptionsError, parseBuilds, valuesOf } from './arguments.ts'
import type { RunSettings, Suite } from './suite.ts'

export interface BenchOptions {
  /** One after the other, none of them without figures or contestants. */
  runs: SuiteRun[]
  /** What was asked for, without where results go to: 'npm run bench:quic -- --quick'. */
  command: string
  isQuick: boolean
  isJson: boolean
  /** The results replace those that documents are made of. */
  isKept: boolean
  /** A path. */
  save?: string
  isHelp: boolean
}

export interface SuiteRun {
  suite: Suite
  settings: RunSettings<object>
}

const MAX_ROUNDS = 1_000
const MAX_SCALE_PERCENT = 1_000
const MAX_TIMEOUT_SECONDS = 86_400

const MS_PER_SECOND = 1_000

/**
 * A suite by itself has options of its own; several together have what they have in common, and names of any of them.
 *
 * @throws {OptionsError} for an unknown option or a value out of range
 */
export function parseOptions (suites: Suite[], args: string[]): BenchOptions {
  const values = parse(suites, args)
  const builds = parseBuilds(texts(values.build) ?? [], suites.flatMap(({ contestants }) => contestants))
  const contestants = names('only', texts(values.only), [...Object.keys(builds), ...unique(suites.flatMap((suite) => suite.contestants))])
  const figures = names('figures', texts(values.figures), unique(suites.flatMap((suite) => Object.keys(suite.figures))))
  const isKept = values.keep === true

  if (isKept && values.build != null) {
    throw new OptionsError('--keep: documents tell of what is in this checkout, not of a --build from elsewhere')
  }

  const runs = suites.map((suite) => settingsOf(suite, values, builds)).map(({ suite, settings }) => ({
    suite,
    settings: {
      ...settings,
      contestants: contestants.filter((name) => suite.contestants.includes(name) || name in builds),
      figures: figures.filter((name) => name in suite.figures)
    }
  })).filter(({ settings }) => settings.contestants.length > 0 && settings.figures.length > 0)

  if (runs.length === 0) {
    throw new OptionsError('--only and --figures leave nothing to measure: these contestants do not have these figures')
  }

  return {
    runs,
    command: commandOf(suites, values),
    isQuick: values.quick === true,
    isJson: values.json === true,
    isKept,
    save: values.save == null ? undefined : fromCaller(String(values.save)),
    isHelp: values.help === true
  }
}

export function usage (suites: Suite[]): string {
  const [suite] = suites
  const isOne = suites.length === 1
  const quick = ({ defaults }: Suite): string => `${defaults.quick.rounds} round${defaults.quick.rounds === 1 ? '' : 's'} of ${defaults.quick.scalePercent} %`
  const defaults = (text: (suite: Suite) => string): string => unique(suites.map(text)).join(' or ')

  return `Usage: npm run ${scriptOf(suites)} -- [options]

  --only NAME[,NAME]     contestants (all):
${wrap(unique(suites.flatMap(({ contestants }) => contestants)))}
  --figures NAME[,NAME]  figures (all):
${wrap(suites.flatMap(({ figures }) => Object.keys(figures)))}
  --rounds N, --runs N   counted rounds (${defaults((suite) => `${suite.defaults.rounds}`)}); warm-up rounds are not among them
  --quick                a first look: ${defaults(quick)} of the work, and fewer values of what grows
${isOne ? `  --build NAME=PATH      one contestant more, beside ${suite.ours}: another build of it; may be repeated;\n                         ${suite.buildHelp}\n` : ''}\
  --scale PERCENT        of the work of every figure but for what it does at once (100)
${isOne ? suite.workloadOptions.map((option) => optionHelp(suite, option)).join('') : ''}\
  --timeout SECONDS      for one figure of one contestant in one round (${defaults((suite) => `${suite.defaults.timeoutSeconds}`)})
  --json                 results as JSON instead of tables
  --save FILE            results as JSON to a file as well
  --keep                 results to benchmarks/results, which 'npm run bench:docs' makes documents of; of an earlier
                         run that measured as much, figures that this one has not measured stay there
  --help                 this text

Exit code: 0 when everything was measured, 1 when a contestant failed, 2 for wrong options and
when there was nothing to measure.
`
}

type Values = Record<string, string | boolean | Array<string | boolean> | undefined>

function parse (suites: Suite[], args: string[]): Values {
  const own = suites.length === 1 ? suites[0].workloadOptions.map(({ name }) => [name, { type: 'string' as const }]) : []

  return valuesOf(args, {
    only: { type: 'string', multiple: true },
    figures: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    runs: { type: 'string' },
    quick: { type: 'boolean' },
    ...(suites.length === 1 ? { build: { type: 'string', multiple: true } } : {}),
    scale: { type: 'string' },
    ...Object.fromEntries(own),
    timeout: { type: 'string' },
    json: { type: 'boolean' },
    save: { type: 'string' },
    keep: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  })
}

function settingsOf (suite: Suite, values: Values, builds: Record<string, string>): SuiteRun {
  const { defaults, workloadOptions } = suite
  const quick = values.quick === true ? defaults.quick : undefined
  const scaled: Record<string, unknown> = { ...suite.scaleWorkload(integer('scale', text(values.scale), quick?.scalePercent ?? 100, MAX_SCALE_PERCENT)) }

  return {
    suite,
    settings: {
      contestants: suite.contestants,
      figures: Object.keys(suite.figures),
      builds,
      rounds: integer('rounds', text(values.rounds ?? values.runs), quick?.rounds ?? defaults.rounds, MAX_ROUNDS),
      isQuick: quick != null,
      workload: {
        ...scaled,
        ...Object.fromEntries(workloadOptions.map(({ name, key, max }) => [key, integer(name, text(values[name]), Number(scaled[key]), max)]))
      },
      timeoutMs: integer('timeout', text(values.timeout), defaults.timeoutSeconds, MAX_TIMEOUT_SECONDS) * MS_PER_SECOND
    }
  }
}

function commandOf (suites: Suite[], { json, save, keep, help, build, ...asked }: Values): string {
  const options = Object.entries(asked).flatMap(([name, value]) => {
    if (value === true) {
      return [`--${name}`]
    }

    return (Array.isArray(value) ? value : [value]).map((value) => `--${name} ${value}`)
  })

  return [`npm run ${scriptOf(suites)}`, ...(options.length === 0 ? [] : ['--', ...options])].join(' ')
}

function scriptOf (suites: Suite[]): string {
  return suites.length === 1 ? `bench:${suites[0].name}` : 'bench'
}

function optionHelp (suite: Suite, { name, key, help }: Suite['workloadOptions'][number]): string {
  const workload: Record<string, unknown> = { ...suite.workload }

  return `  ${`--${name} N`.padEnd(21)}  ${help} (${workload[key]})\n`
}

const WRAP_COLUMN = 100
const INDENT = ' '.repeat(25)

function wrap (words: string[]): string {
  const lines: string[] = []

  for (const word of words) {
    const last = lines.at(-1)

    if (last == null || `${last}, ${word}`.length > WRAP_COLUMN - INDENT.length) {
      lines.push(word)
    } else {
      lines[lines.length - 1] = `${last}, ${word}`
    }
  }

  return lines.map((line) => `${INDENT}${line}`).join('\n')
}

function unique (names: string[]): string[] {
  return [...new Set(names)]
}

function text (value: Values[string]): string | undefined {
  return value == null ? undefined : String(value)
}

function texts (value: Values[string]): string[] | undefined {
  return value == null ? undefined : [value].flat().map(String)
}
