import { parseArgs } from 'node:util'
import type { Toolchain } from './peers/peer.ts'
import type { Profile, SuiteName } from './runner/cell.ts'

export const SUITES: SuiteName[] = ['transport', 'perf', 'gossipsub', 'container']
const PROFILES: Profile[] = ['ci', 'full']
const TOOLCHAINS: Toolchain[] = ['node', 'go', 'rust', 'python']

/** Cells at once; each has a dialer, a listener and a Redis, which mostly wait. */
const DEFAULT_PARALLEL = 4
/** Of cells at once: slots number addresses. */
const MAX_PARALLEL = 64
const MAX_SEED = 2 ** 32 - 1

export interface InteropOptions {
  profile: Profile
  suites: SuiteName[]
  /** Cells whose id has one of these in it; all if there are none. */
  only: string[]
  /** Cells whose id has one of these in it are left out. */
  ignore: string[]
  /** A toolchain of these that is missing is a failure. */
  required: Toolchain[]
  parallel: number
  seed: number
  /** Where results and logs go; a new folder below the cache if it is not given. */
  out?: string
  /** Writes `docs/interop.md` from this run, which is of everything. */
  isDocumented: boolean
  isListOnly: boolean
  isBuildOnly: boolean
  isHelp: boolean
}

export const USAGE = `Usage: npm run interop -- [options]

  --profile NAME        ${PROFILES.join(' or ')}: ci is what npm test runs, full has every cell (full)
  --suite NAME[,NAME]   ${SUITES.join(', ')} (all)
  --only TEXT           cells whose id has this in it; may be repeated, one of them is enough
  --ignore TEXT         but none whose id has this in it; may be repeated
  --require NAME[,NAME] toolchains that must be here: ${TOOLCHAINS.join(', ')} (go,rust when CI=true, else none)
  --parallel N          cells at once, but for those that measure time (${DEFAULT_PARALLEL})
  --seed N              for all that is random; a run prints its own (random)
  --out FOLDER          results and logs (a new folder in the checkout's .cache/interop)
  --docs                writes docs/interop.md from this run, which must be a full one of all suites; what is ignored is said there
  --build-only          builds the peers and runs no cell
  --list                prints the ids of the cells and runs none
  --help                this text

Exit code: 0 when no cell failed; 1 when one did, or a peer did not build; 2 for wrong options; 3 when a required toolchain or redis-server
is missing; 4 when no cell of ours and another implementation was run; 130 when the run was ended.
`

/** Wrong options; the message says which. */
export class OptionsError extends Error {
  static name = 'OptionsError'
  name = 'OptionsError'
}

/**
 * @throws {OptionsError} for an unknown option or a value out of range
 */
export function parseOptions (args: string[], env: NodeJS.ProcessEnv = process.env): InteropOptions {
  const values = parse(args)
  assertDocumentable(values)

  return {
    profile: oneOf('profile', values.profile ?? 'full', PROFILES),
    suites: listOf('suite', values.suite, SUITES) ?? SUITES,
    only: values.only ?? [],
    ignore: values.ignore ?? [],
    required: listOf('require', values.require, TOOLCHAINS) ?? (env.CI === 'true' ? ['go', 'rust'] : []),
    parallel: integer('parallel', values.parallel, 1, MAX_PARALLEL) ?? DEFAULT_PARALLEL,
    seed: integer('seed', values.seed, 0, MAX_SEED) ?? Math.floor(Math.random() * MAX_SEED),
    out: values.out,
    isDocumented: values.docs ?? false,
    isListOnly: values.list ?? false,
    isBuildOnly: values['build-only'] ?? false,
    isHelp: values.help ?? false
  }
}

interface Values {
  profile?: string
  suite?: string
  only?: string[]
  ignore?: string[]
  require?: string
  parallel?: string
  seed?: string
  out?: string
  docs?: boolean
  list?: boolean
  'build-only'?: boolean
  help?: boolean
}

function parse (args: string[]): Values {
  try {
    return parseArgs({
      args,
      options: {
        profile: { type: 'string' },
        suite: { type: 'string' },
        only: { type: 'string', multiple: true },
        ignore: { type: 'string', multiple: true },
        require: { type: 'string' },
        parallel: { type: 'string' },
        seed: { type: 'string' },
        out: { type: 'string' },
        docs: { type: 'boolean' },
        list: { type: 'boolean' },
        'build-only': { type: 'boolean' },
        help: { type: 'boolean' }
      }
    }).values
  } catch (err) {
    throw new OptionsError((err as Error).message)
  }
}

/** A page that says that it is of everything must be. */
function assertDocumentable ({ docs = false, profile = 'full', suite, only }: Values): void {
  if (docs && (profile !== 'full' || suite != null || only != null)) {
    throw new OptionsError('--docs is for a run of everything: without --only and --suite, and of the profile full')
  }
}

function oneOf <Name extends string> (option: string, value: string, names: Name[]): Name {
  const name = names.find((name) => name === value)

  if (name == null) {
    throw new OptionsError(`--${option}: '${value}' is none of ${names.join(', ')}`)
  }

  return name
}

function listOf <Name extends string> (option: string, value: string | undefined, names: Name[]): Name[] | undefined {
  return value?.split(',').map((name) => oneOf(option, name, names))
}

function integer (option: string, value: string | undefined, min: number, max: number): number | undefined {
  if (value == null) {
    return undefined
  }

  if (!/^\d+$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new OptionsError(`--${option}: '${value}' is no integer from ${min} to ${max}`)
  }

  return Number(value)
}
