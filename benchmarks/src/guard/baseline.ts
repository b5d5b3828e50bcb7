import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Work } from './guarded.ts'
import type { Versions } from './yardsticks.ts'

/** The committed values. */
export const BASELINE_FILE = fileURLToPath(new URL('../../guard.json', import.meta.url))

const SCHEMA = 'quicmesh-guard'
const VERSION = 1

/** By the name of the ratio. */
export type Baseline = ReadonlyMap<string, CommittedRatio>

export interface CommittedRatio {
  /** The lowest of the medians. */
  ratio: number
  /** Of each try. */
  medians: number[]
  /** Of each try. */
  rounds: number
  /** In each round. */
  work: Work
  yardstick: string
  versions: Versions
  date: string
  commit: string
  machine: string
  /** 'linux x64': a ratio holds for no other. */
  platform: string
  node: string
}

/** Committed values that can't be read. The message says where and why. */
export class BaselineError extends Error {
  name = 'BaselineError'
}

/**
 * @throws {BaselineError} when there is no such file or it is not what `writeBaseline` writes
 */
export async function readBaseline (file: string): Promise<Baseline> {
  try {
    return parseBaseline(await readFile(file, 'utf-8'))
  } catch (err) {
    throw new BaselineError(`${file}: ${err instanceof Error ? err.message : String(err)}`)
  }
}

export async function writeBaseline (file: string, baseline: Baseline): Promise<void> {
  await writeFile(file, formatBaseline(baseline))
}

export function formatBaseline (baseline: Baseline): string {
  return `${JSON.stringify({ schema: SCHEMA, version: VERSION, ratios: Object.fromEntries(baseline) }, null, 2)}\n`
}

/**
 * @throws {Error} when the text is anything else
 */
export function parseBaseline (text: string): Baseline {
  const { schema, version, ratios } = object(JSON.parse(text), 'the file')

  if (schema !== SCHEMA || version !== VERSION) {
    throw new Error(`it is ${JSON.stringify(schema)} of version ${JSON.stringify(version)}, not '${SCHEMA}' of version ${VERSION}`)
  }

  return new Map(Object.entries(object(ratios, 'ratios')).map(([name, value]) => [name, checkRatio(value, `ratios.${name}`)]))
}

function checkRatio (value: unknown, at: string): CommittedRatio {
  const committed = object(value, at)

  if (typeof committed.ratio !== 'number' || !(committed.ratio > 0)) {
    throw new Error(`${at}.ratio is no number above 0`)
  }

  for (const key of ['yardstick', 'date', 'commit', 'machine', 'platform', 'node']) {
    if (typeof committed[key] !== 'string') {
      throw new Error(`${at}.${key} is no string`)
    }
  }

  if (!Object.values(object(committed.versions, `${at}.versions`)).every((version) => typeof version === 'string')) {
    throw new Error(`${at}.versions are not all strings`)
  }

  if (!Object.values(object(committed.work, `${at}.work`)).every((amount) => typeof amount === 'number')) {
    throw new Error(`${at}.work are not all numbers`)
  }

  return committed as unknown as CommittedRatio
}

function object (value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value == null || Array.isArray(value)) {
    throw new Error(`${at} is no object`)
  }

  return value as Record<string, unknown>
}
