import { summarise } from './summary.ts'
import type { BenchRecord } from './record.ts'

/** For programs: the record of a suite with its summary, or an array of them for several suites. */
export function formatJson (records: BenchRecord[]): string {
  const documents = records.map((record) => ({ ...record, summary: summarise(record) }))

  return JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 2)
}
