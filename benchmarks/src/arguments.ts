/** What the options of all benchmarks have in common. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'

/** Wrong options: the text is for the user, the exit code is 2. */
export class OptionsError extends Error {
  name = 'OptionsError'
}

/**
 * The words of a command line by their options.
 *
 * @throws {OptionsError} when there is one that is not known
 */
export function valuesOf <T extends NonNullable<ParseArgsConfig['options']>> (args: string[], options: T): ReturnType<typeof parseArgs<{ args: string[], options: T }>>['values'] {
  try {
    return parseArgs({ args, options }).values
  } catch (err) {
    throw new OptionsError(err instanceof Error ? err.message : String(err))
  }
}

/** In the order of `known`, whatever order they were asked for in. */
export function names <T extends string> (option: string, lists: string[] | undefined, known: T[]): T[] {
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

/** Paths by name. */
export function parseBuilds (pairs: string[], taken: string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const [name, ...rest] = pair.split('=')
    const path = rest.join('=')

    if (name === '' || path === '' || taken.includes(name)) {
      throw new OptionsError(`--build: '${pair}' is not NAME=PATH with a new name`)
    }

    return [name, fromCaller(path)]
  }))
}

/** Relative to where the user called npm, which itself changes the directory. */
export function fromCaller (path: string): string {
  return resolve(process.env.INIT_CWD ?? '.', path)
}

export function integer (option: string, text: string | undefined, defaultValue: number, max: number): number {
  if (text == null) {
    return defaultValue
  }

  const value = Number(text)

  if (!/^\d+$/.test(text) || value < 1 || value > max) {
    throw new OptionsError(`--${option}: '${text}' is not an integer from 1 to ${max}`)
  }

  return value
}
