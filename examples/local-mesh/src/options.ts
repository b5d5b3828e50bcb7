import { parseArgs } from 'node:util'

export const MIN_NODES = 2
export const MAX_NODES = 64
const DEFAULT_NODES = 8
const DEFAULT_TOPIC = 'quicmesh/local-mesh'
const DEFAULT_SEED = 1
const MAX_TOPIC_LENGTH = 256

export const USAGE = `Usage: npm start -- [options]

Starts N libp2p nodes in N processes, joins them to one gossipsub topic over QUIC and publishes lines,
each as one message. Lines come from --file, else from standard input if it is piped, else from what you type.

  --nodes N          how many nodes, ${MIN_NODES} to ${MAX_NODES} (default ${DEFAULT_NODES})
  --file PATH        the file whose lines are sent; "-" is standard input
  --topic NAME       the topic (default ${DEFAULT_TOPIC})
  --rate R           at most R messages per second (default: as fast as they are delivered)
  --publisher N      the index of the node that publishes, or "round-robin" (default)
  --seed N           seed of the random graph in which the nodes are introduced (default ${DEFAULT_SEED})
  --json             one JSON event per line on standard output and nothing else
                     (npm prints a banner of its own unless it is called as \`npm start --silent -- --json\`)
  --help             this text

Exit code: 0 every node got every message, 1 not so, 2 wrong options, 130 interrupted.
`

export interface Options {
  nodes: number
  /** Where the lines come from; undefined is standard input, piped or typed. */
  file?: string
  topic: string
  /** Messages per second; undefined is without a cap. */
  rate?: number
  publisher: number | 'round-robin'
  seed: number
  json: boolean
}

/** Options that cannot be served; the message says which one and what it may be. */
export class InvalidOptionsError extends Error {
  readonly name = 'InvalidOptionsError'
  readonly code = 'ERR_INVALID_OPTIONS'
}

/**
 * Reads the command line.
 *
 * @throws {InvalidOptionsError} for an unknown option, a missing value or a value out of range
 */
export function parseOptions (args: string[]): Options | 'help' {
  const values = readArguments(args)

  if (values.help === true) {
    return 'help'
  }

  const nodes = integer('--nodes', values.nodes, MIN_NODES, MAX_NODES) ?? DEFAULT_NODES

  return {
    nodes,
    file: file(values.file),
    topic: topic(values.topic),
    rate: rate(values.rate),
    publisher: publisher(values.publisher, nodes),
    seed: integer('--seed', values.seed, 0, 0xffffffff) ?? DEFAULT_SEED,
    json: values.json ?? false
  }
}

interface Values {
  nodes?: string
  file?: string
  topic?: string
  rate?: string
  publisher?: string
  seed?: string
  json?: boolean
  help?: boolean
}

function readArguments (args: string[]): Values {
  try {
    return parseArgs({
      args,
      options: {
        nodes: { type: 'string' },
        file: { type: 'string' },
        topic: { type: 'string' },
        rate: { type: 'string' },
        publisher: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (err) {
    const message = err instanceof Error ? err.message : String(err)
    throw new InvalidOptionsError(message.split('. ')[0])
  }
}

function integer (name: string, value: string | undefined, min: number, max: number): number | undefined {
  if (value == null) {
    return undefined
  }

  const number = Number(value)

  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw new InvalidOptionsError(`${name} must be a whole number from ${min} to ${max}, not '${value}'`)
  }

  return number
}

function rate (value: string | undefined): number | undefined {
  if (value == null) {
    return undefined
  }

  const number = Number(value)

  if (!/^\d+(\.\d+)?$/.test(value) || !(number > 0) || !Number.isFinite(number)) {
    throw new InvalidOptionsError(`--rate must be a number above 0, not '${value}'`)
  }

  return number
}

function publisher (value: string | undefined, nodes: number): number | 'round-robin' {
  if (value == null || value === 'round-robin') {
    return 'round-robin'
  }

  if (!/^\d+$/.test(value) || Number(value) >= nodes) {
    throw new InvalidOptionsError(`--publisher must be 'round-robin' or a node's index from 0 to ${nodes - 1}, not '${value}'`)
  }

  return Number(value)
}

function topic (value: string | undefined): string {
  if (value === '' || (value?.length ?? 0) > MAX_TOPIC_LENGTH) {
    throw new InvalidOptionsError(`--topic must have 1 to ${MAX_TOPIC_LENGTH} characters`)
  }

  return value ?? DEFAULT_TOPIC
}

function file (value: string | undefined): string | undefined {
  if (value === '') {
    throw new InvalidOptionsError('--file must name a file')
  }

  return value
}
