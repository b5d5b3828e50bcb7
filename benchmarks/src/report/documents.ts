import { formatDocument } from './document.ts'
import { drawingsOf, drawSvg } from './pictures.ts'
import { withTables } from './readme-table.ts'
import { summarise } from './summary.ts'
import type { BenchRecord } from './record.ts'

/** Where pictures are; nothing else is in there. */
export const PICTURES = 'docs/benchmarks'

const PICTURES_FROM_DOCUMENT = 'benchmarks'

/** All files that are made of results, by their path from the root of the project. `readme` is as it is, with markers. */
export async function makeDocuments (records: BenchRecord[], readme: string): Promise<Map<string, string>> {
  const drawings = records.flatMap((record) => summarise(record).flatMap((figure) => drawingsOf(record, figure)))
  const pictures = await Promise.all(drawings.map(async (drawing) => [`${PICTURES}/${drawing.fileName}`, await drawSvg(drawing)] as const))

  return new Map([
    ['README.md', withTables(readme, records)],
    ['docs/benchmarks.md', formatDocument({
      records,
      picturesOf: (record, figure) => drawingsOf(record, figure).map(({ fileName, title }) => ({ path: `${PICTURES_FROM_DOCUMENT}/${fileName}`, alt: title }))
    })],
    ...pictures
  ])
}
