import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseRecord, RecordError } from './check-record.ts'
import { formatRecord, withEarlier } from './record.ts'
import type { BenchRecord } from './record.ts'

/** Results that documents are made of, a file for each suite among them. */
const FOLDER = fileURLToPath(new URL('../../results/', import.meta.url))

const EXTENSION = '.json'

/** Replaces the results of the suite, whose figures are `known`, but for those that this run did not measure and an earlier one like it did. */
export async function keepRecord (record: BenchRecord, known: string[], folder = FOLDER): Promise<void> {
  await mkdir(folder, { recursive: true })
  const [earlier] = await keptRecords([record.suite], folder).catch(ifUnreadable)
  await writeFile(join(folder, fileName(record.suite)), formatRecord(earlier == null ? record : withEarlier(record, earlier, known)))
}

/**
 * Those of `suites` that have been kept, in their order. Other files of the folder are none of ours.
 *
 * @throws {RecordError} for a file that is no result of its suite
 */
export async function keptRecords (suites: string[], folder = FOLDER): Promise<BenchRecord[]> {
  const names = await readdir(folder)
  const kept = suites.filter((suite) => names.includes(fileName(suite)))

  return Promise.all(kept.map(async (suite) => {
    const record = parseRecord(await readFile(join(folder, fileName(suite)), 'utf-8'), fileName(suite))

    if (record.suite !== suite) {
      throw new RecordError(`${fileName(suite)}: it is a result of ${record.suite}`)
    }

    return record
  }))
}

/** What cannot be read is replaced: a run may have taken an hour. */
function ifUnreadable (err: unknown): BenchRecord[] {
  if (err instanceof RecordError) {
    return []
  }

  throw err
}

function fileName (suite: string): string {
  return `${suite}${EXTENSION}`
}
