import { readdir, readFile } from 'node:fs/promises'
import { expect } from 'aegir/chai'

/** Rows of the list of promises, in `docs/promises.md`. */
const ROWS = Array.from({ length: 23 }, (_, i) => i + 1)

const DOCS = new URL('../../../../docs/promises.md', import.meta.url)

/** The specs beside this one, by the row that they declare tests of, and whether any of these has a control. */
async function specs (): Promise<Map<number, Map<string, boolean>>> {
  const rows = new Map<number, Map<string, boolean>>()

  for (const file of (await readdir(new URL('.', import.meta.url))).sort()) {
    const source = await readFile(new URL(file, import.meta.url), 'utf8')
    // up to the next declaration
    for (const [, row, rest] of source.matchAll(/\bpromise\((\d+), ((?:(?!\bpromise\()[^])*)/g)) {
      const files = rows.get(Number(row)) ?? new Map<string, boolean>()
      files.set(file, files.get(file) === true || !rest.includes('quicOnly'))
      rows.set(Number(row), files)
    }
  }

  return rows
}

describe('every promise', () => {
  it('has a test that carries its number, and no test carries another', async () => {
    expect([...(await specs()).keys()].sort((a, b) => a - b)).to.deep.equal(ROWS)
  })

  it('is in the table of the documentation, with its files and whether it has a control', async () => {
    const table = new Map((await readFile(DOCS, 'utf8')).split('\n').flatMap(line => {
      const [, row, , files, control] = /^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/.exec(line) ?? []

      return row == null ? [] : [[Number(row), { files: files.replaceAll('`', '').split(', '), control }]]
    }))
    const declared = new Map([...await specs()].map(([row, files]) => [row, {
      files: [...files.keys()],
      control: [...files.values()].includes(true) ? 'yes' : 'no'
    }]))

    expect(Object.fromEntries(table)).to.deep.equal(Object.fromEntries(declared))
  })
})
