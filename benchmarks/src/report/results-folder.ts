import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseRecord } from './check-record.ts'
import { formatRecord } from './record.ts'
import type { BenchRecord } from './record.ts'

/** Results that documents are made of, a file for each suite. */
const FOLDER = fileURLToPath(new URL('../../results/', import.meta.url))

/** Replaces the results of the suite. */
export async function keepRecord (record: BenchRecord, folder = FOLDER): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, fileName(record.suite)), formatRecord(record))
}

/**
 * Those of the suites that have been kept, in the order of `suites`.
 *
 * @throws {RecordError} for a file that is no result of its suite
 */
export async function keptRecords (suites: string[], folder = FOLDER): Promise<BenchRecord[]> {
  const texts = await Promise.all(suites.map(async (suite) => textOf(join(folder, fileName(suite)))))

  return suites.flatMap((suite, i) => {
    const text = texts[i]

    return text == null ? [] : [parseRecord(text, fileName(suite))]
  })
}

function fileName (suite: string): string {
  return `${suite}.json`
}

async function textOf (path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf-8')
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') {
      return undefined
    }

    throw err
  }
}
