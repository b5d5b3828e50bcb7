import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'aegir/chai'

/*
 * docs/defects.md lists the defects that were found in another implementation. Each must have a test here that is called
 * `defect N: ...`, in the file that the list names.
 */

const PACKAGE = new URL('../../', import.meta.url)
const DOCUMENT = new URL('../../docs/defects.md', PACKAGE)
const COUNT = 29

interface Row {
  number: number
  file: string
}

describe('the list of defects', () => {
  const rows = parseRows(readFileSync(DOCUMENT, 'utf8'))
  const tests = findTests()

  it('has each of the 29, once and in order', () => {
    expect(rows.map(({ number }) => number)).to.deep.equal(Array.from({ length: COUNT }, (_, i) => i + 1))
  })

  for (let number = 1; number <= COUNT; number++) {
    it(`number ${number} has a test in the file that it names`, () => {
      const row = rows.find(row => row.number === number)

      expect(tests.get(number) ?? []).to.include(row?.file)
    })
  }

  it('has no test of a defect that is not listed', () => {
    expect([...tests.keys()].filter(number => number < 1 || number > COUNT)).to.deep.equal([])
  })

  it('finds a test by its title alone', () => {
    const source = "it('defect 5: something')\n// defect 6: something\nit(`defect 7: something (SEED=$" + "{seed})`)\n'defect 8: something': [1]"

    expect(numbersOf(source)).to.deep.equal([5, 7, 8])
    expect(parseRows('| 3 | what it is | `test/a.spec.ts` "b" | no |')).to.deep.equal([{ number: 3, file: 'test/a.spec.ts' }])
    expect(parseRows('| 3 |  | `test/a.spec.ts` "b" | no |')).to.deep.equal([])
  })
})

function parseRows (text: string): Row[] {
  return [...text.matchAll(/^\| (\d+) \| [^|]*\w[^|]* \| `([\w/.-]+)`/gm)].map(([, number, file]) => ({ number: Number(number), file }))
}

/** Which files have a test of a defect, by number. */
function findTests (): Map<number, string[]> {
  const found = new Map<number, string[]>()

  for (const name of readdirSync(new URL('test/', PACKAGE), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.spec.ts') || name.endsWith('every-defect.spec.ts')) {
      continue
    }

    const file = `test/${name.replaceAll('\\', '/')}`

    for (const number of numbersOf(readFileSync(new URL(file, PACKAGE), 'utf8'))) {
      found.set(number, [...found.get(number) ?? [], file])
    }
  }

  return found
}

/** The numbers in titles; one may be the key of a table of tests. */
function numbersOf (source: string): number[] {
  return [...source.matchAll(/(?:\bit\(|^\s*)(['"`])defect (\d+): /gm)].map(([, , number]) => Number(number))
}
