import { fromCaller, integer, names, OptionsError, valuesOf } from '../arguments.ts'
import { KEPT_FILE } from './results-file.ts'
import { DEFAULT_WINDOW_BYTES, PROTOCOL_VERSIONS } from './settings.ts'
import type { ScaleSettings } from './variants.ts'

export interface ScaleOptions extends ScaleSettings {
  isJson: boolean
  /** Paths. */
  save?: string
  plot?: string
  hasDocument: boolean
  /** Of results to tell again instead of running anything. */
  from?: string
  isHelp: boolean
}

const DEFAULTS = {
  nodes: [10, 30, 100, 300, 1_000, 3_000, 10_000],
  degrees: [40],
  messageBytes: [1_024, 131_072],
  messages: 10,
  intervalMs: 500,
  validationMs: 5,
  maxNetworks: 30
}

/** For a first look. */
const QUICK = { nodes: [10, 30, 100], messages: 5, maxNetworks: 3 }

const MIN_NODES = 2
const MAX_NODES = 100_000
const MAX_DEGREE = 1_000
const MAX_SEED = 1e6
const MAX_CHURN_PERCENT = 600

export const USAGE = `Usage: npm run bench:scale -- [options]

  --nodes N[,N]          sizes of networks (${DEFAULTS.nodes.join(', ')}); three or more for a law of growth
  --degree N[,N]         connections of a node in the mean (${DEFAULTS.degrees.join(', ')})
  --bytes N[,N]          payload of a message (${DEFAULTS.messageBytes.join(', ')})
  --protocol V[,V]       ${PROTOCOL_VERSIONS.join(', ')}: without and with IDONTWANT (both)
  --messages N           messages in each network (${DEFAULTS.messages})
  --interval MS          between two messages (${DEFAULTS.intervalMs})
  --validation MS        from the arrival of a message to the verdict, in virtual time (${DEFAULTS.validationMs})
  --window BYTES         first congestion window of each message (${DEFAULT_WINDOW_BYTES})
  --churn PERCENT        of the nodes that crash in a minute, to be back after ten seconds (none)
  --seed N               the same seed gives the same results, but for CPU, memory and time (1)
  --quick                ${QUICK.nodes.join(', ')} nodes, ${QUICK.messages} messages, unless told otherwise
  --json                 results as JSON instead of tables
  --save FILE            results as JSON to a file as well, after each row of the table
  --keep                 the same to benchmarks/results/scale.json
  --plot FILE            growth as a picture, SVG
  --document             results to docs/scale.md, with its picture
  --from FILE            tells results that were saved before, and draws them, instead of running anything
  --help                 this text

Exit code: 0 when every message came to every node that was up all the time, 1 when one did not, 2 for wrong options.
`

/**
 * @throws {OptionsError} for an unknown option or a value out of range
 */
export function parseOptions (args: string[]): ScaleOptions {
  const values = parse(args)
  const quick = values.quick === true ? QUICK : undefined
  const nodes = integers('nodes', values.nodes, quick?.nodes ?? DEFAULTS.nodes, MAX_NODES)

  if (values.keep === true && values.save != null) {
    throw new OptionsError('--keep and --save: results go to one file')
  }
  if (nodes[0] < MIN_NODES) {
    throw new OptionsError(`--nodes: a network has ${MIN_NODES} nodes at least`)
  }

  return {
    nodes,
    degrees: integers('degree', values.degree, DEFAULTS.degrees, MAX_DEGREE),
    messageBytes: integers('bytes', values.bytes, DEFAULTS.messageBytes, 1e9),
    protocols: names('protocol', values.protocol, PROTOCOL_VERSIONS),
    messages: integer('messages', values.messages, quick?.messages ?? DEFAULTS.messages, 100_000),
    intervalMs: integer('interval', values.interval, DEFAULTS.intervalMs, 1e6),
    validationMs: integer('validation', values.validation, DEFAULTS.validationMs, 10_000),
    windowBytes: integer('window', values.window, DEFAULT_WINDOW_BYTES, 1e9),
    churnPercentPerMinute: values.churn == null ? 0 : integer('churn', values.churn, 0, MAX_CHURN_PERCENT),
    seed: integer('seed', values.seed, 1, MAX_SEED),
    maxNetworks: quick?.maxNetworks ?? DEFAULTS.maxNetworks,
    isJson: values.json ?? false,
    save: values.keep === true ? KEPT_FILE : pathOf(values.save),
    plot: pathOf(values.plot),
    hasDocument: values.document ?? false,
    from: pathOf(values.from),
    isHelp: values.help ?? false
  }
}

function pathOf (value: string | undefined): string | undefined {
  return value == null ? undefined : fromCaller(value)
}

/** In ascending order, each once. */
function integers (option: string, lists: string[] | undefined, defaults: number[], max: number): number[] {
  const numbers = (lists ?? []).flatMap(list => list.split(',')).map(text => integer(option, text, 0, max))

  return numbers.length === 0 ? defaults : [...new Set(numbers)].sort((a, b) => a - b)
}

interface Values {
  nodes?: string[]
  degree?: string[]
  bytes?: string[]
  protocol?: string[]
  messages?: string
  interval?: string
  validation?: string
  window?: string
  churn?: string
  seed?: string
  quick?: boolean
  json?: boolean
  save?: string
  keep?: boolean
  plot?: string
  document?: boolean
  from?: string
  help?: boolean
}

function parse (args: string[]): Values {
  return valuesOf(args, {
    nodes: { type: 'string', multiple: true },
    degree: { type: 'string', multiple: true },
    bytes: { type: 'string', multiple: true },
    protocol: { type: 'string', multiple: true },
    messages: { type: 'string' },
    interval: { type: 'string' },
    validation: { type: 'string' },
    window: { type: 'string' },
    churn: { type: 'string' },
    seed: { type: 'string' },
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    save: { type: 'string' },
    keep: { type: 'boolean' },
    plot: { type: 'string' },
    document: { type: 'boolean' },
    from: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  })
}
