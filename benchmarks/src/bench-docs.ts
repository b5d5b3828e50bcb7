import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeDocuments, PICTURES } from './report/documents.ts'
import { keptRecords } from './report/results-folder.ts'
import { SUITES } from './suites.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const records = await keptRecords(SUITES.map(({ name }) => name))
const documents = await makeDocuments(records, await readFile(join(ROOT, 'README.md'), 'utf-8'))

// pictures of figures that are no more would stay
await rm(join(ROOT, PICTURES), { recursive: true, force: true })
await mkdir(join(ROOT, PICTURES), { recursive: true })

for (const [path, content] of documents) {
  await writeFile(join(ROOT, path), content)
}

process.stdout.write(`${documents.size} files of ${records.map(({ suite }) => suite).join(', ')}\n`)
