import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { OptionsError } from '../arguments.ts'
import type { ScaleReport } from './report.ts'

/** What `--keep` writes. */
export const KEPT_FILE = fileURLToPath(new URL('../../results/scale.json', import.meta.url))

/**
 * @throws {OptionsError} for a file that can't be read or is no result of bench:scale
 */
export async function readReport (path: string): Promise<ScaleReport> {
  const report = await contentOf(path)

  if (!isReport(report)) {
    throw new OptionsError(`--from: ${path} is no result of bench:scale`)
  }

  return report
}

async function contentOf (path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf-8'))
  } catch (err) {
    throw new OptionsError(`--from: ${path}: ${err instanceof Error ? err.message : String(err)}`)
  }
}

/** It is ours, so a look at its shape is enough to tell it from the files of other benchmarks. */
function isReport (value: unknown): value is ScaleReport {
  const { environment, settings, rows, growth } = Object(value)

  return typeof environment === 'object' && Array.isArray(settings?.protocols) && Array.isArray(growth) &&
    Array.isArray(rows) && rows.every(row => typeof row?.nodes === 'number' && typeof row.variant === 'object' && typeof row.outcome === 'object' && typeof row.cost === 'object')
}
