/**
 * Asks both implementations about the defects of docs/defects.md that can be told from outside, and prints what they answered. Exits with 1
 * when ours has one of them, or does not answer.
 */
import { readFileSync } from 'node:fs'
import { askAll } from './run.ts'
import { tableOf } from './table.ts'

const results = await askAll()
const failed = results.filter(({ ours }) => ours.status !== 'ok').length
const theirs = results.filter(({ rival }) => rival.status === 'defect').length

process.stdout.write(`${tableOf(results, `rival ${rivalVersion()}`)}\n\n${results.length} defects: ours has ${failed} of them, the rival ${theirs}\n`)
process.exit(failed === 0 ? 0 : 1)

function rivalVersion (): string {
  const manifest = new URL('../../package.json', import.meta.resolve('@libp2p/gossipsub'))

  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
