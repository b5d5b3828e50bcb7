import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseRecord } from './check-record.ts'
import { formatRecord } from './record.ts'
import type { BenchRecord } from './record.ts'

/** Results that documents are made of, a file for each suite. */
const FOLDER = fileURLToPath(new URL('../../results/', import.meta.url))

const EXTENSION = '.json'

/** Replaces the results of the suite. */
export async function keepRecord (record: BenchRecord, folder = FOLDER): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, fileName(record.suite)), formatRecord(record))
}

/**
 * All that have been kept, those of `suites` first and in their order.
 *
 * @throws {RecordError} for a file that is no result
 */
export async function keptRecords (suites: string[], folder = FOLDER): Promise<BenchRecord[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION)).sort()
  const ordered = suites.map(fileName).filter((name) => names.includes(name))
  const others = names.filter((name) => !ordered.includes(name))

  return Promise.all([...ordered, ...others].map(async (name) => parseRecord(await readFile(join(folder, name), 'utf-8'), name)))
}

function fileName (suite: string): string {
  return `${suite}${EXTENSION}`
}
