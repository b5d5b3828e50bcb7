import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'aegir/chai'

/*
 * docs/conformance.md says which test of ours proves what each test of other implementations proves. Here it is held to it: files
 * and titles exist, and no row is empty.
 */

const PACKAGE = new URL('../../', import.meta.url)
const DOCUMENT = new URL('../../docs/conformance.md', PACKAGE)

interface Row {
  theirs: string
  proves: string
  ours: string
}

describe('the conformance checklist', () => {
  const rows = parseRows(readFileSync(DOCUMENT, 'utf8'))

  it('has the lists of go, rust and js, and the attacks', () => {
    expect(rows.length).to.be.greaterThan(400)
    expect(rows.map(({ theirs }) => theirs)).to.include.members([
      '`TestGossipsubAttackGRAFTDuringBackoff`', '`test_opportunistic_grafting`', 'Eclipse by inbound peers', 'grafts a newly subscribed peer into the mesh without waiting for a heartbeat'
    ])
  })

  it('has what each test proves, and ours or a reason', () => {
    expect(rows.flatMap(row => defectsOf(row))).to.deep.equal([])
  })

  it('has no test twice in one list', () => {
    const lists = readFileSync(DOCUMENT, 'utf8').split(/^## /m).slice(1)

    for (const list of lists) {
      const theirs = parseRows(list).map(row => row.theirs)

      expect(theirs.filter((name, i) => theirs.indexOf(name) !== i)).to.deep.equal([])
    }
  })

  const wrong: Array<[string, string]> = [
    ['| `TestX` | something |', 'not three columns'],
    ['| `TestX` |  | `test/conformance/checklist.spec.ts` "has the lists of go" |', 'does not say what it proves'],
    ['| `TestX` | something |  |', 'has neither test nor reason'],
    ['| `TestX` | something | not applicable: |', 'has neither test nor reason'],
    ['| `TestX` | something | "has the lists of go" |', 'has neither test nor reason'],
    ['| `TestX` | something | `test/conformance/gone.spec.ts` "has the lists of go" |', 'no file test/conformance/gone.spec.ts'],
    ['| `TestX` | something | `test/conformance/checklist.spec.ts` "has the list" |', 'no test "has the list" in test/conformance/checklist.spec.ts'],
    ['| `TestX` | something | `test/conformance/checklist.spec.ts` "has the lists of go"; "and" |', 'cannot be read: "and"']
  ]

  for (const [line, defect] of wrong) {
    it(`would not let through: ${line}`, () => {
      expect(parseRows(line).flatMap(row => defectsOf(row))).to.deep.equal([`\`TestX\` ${defect}`])
    })
  }
})

/** The lines of tables, without their heads. */
function parseRows (text: string): Row[] {
  return text.split('\n')
    .filter((line, i, lines) => line.startsWith('| ') && lines[i + 1]?.startsWith('|---') !== true)
    .map(line => {
      const [theirs = '', proves, ours] = line.replace(/^\||\|$/g, '').split('|').map(cell => cell.trim())

      return { theirs, proves, ours }
    })
}

function defectsOf ({ theirs, proves, ours }: Row): string[] {
  if (ours == null) {
    return [`${theirs} not three columns`]
  }
  if (proves === '') {
    return [`${theirs} does not say what it proves`]
  }
  if (/^not applicable: \w/.test(ours)) {
    return []
  }

  const claims = ours.split(/; (?=[`"])/).filter(claim => claim !== '')
  const readable = claims.flatMap(claim => claim.match(/^`(test\/[\w/.-]+)` "([^"]+)"$/) ?? [])

  if (readable.length === 0) {
    return [`${theirs} has neither test nor reason`]
  }

  return claims.flatMap(claim => {
    const [, file, title] = claim.match(/^`(test\/[\w/.-]+)` "([^"]+)"$/) ?? []

    return file == null ? [`${theirs} cannot be read: ${claim}`] : missing(file, title).map(defect => `${theirs} ${defect}`)
  })
}

const titlesOf = new Map<string, string[]>()

function missing (file: string, title: string): string[] {
  const url = new URL(file, PACKAGE)

  if (!existsSync(url)) {
    return [`no file ${file}`]
  }
  if (!titlesOf.has(file)) {
    titlesOf.set(file, parseTitles(readFileSync(url, 'utf8')))
  }

  return titlesOf.get(file)?.some(other => includesWords(other, title)) === true ? [] : [`no test "${title}" in ${file}`]
}

/** What stands in `it(...)` and `describe(...)`, of templates what is written. */
function parseTitles (source: string): string[] {
  return [...source.matchAll(/\b(?:it|describe)\((['`])((?:\\.|(?!\1).)*)\1/g)].map(([, , title]) => title.replace(/\\(.)/g, '$1'))
}

/** So that the name of one test is not found in a longer one. */
function includesWords (text: string, part: string): boolean {
  const i = text.indexOf(part)

  return i >= 0 && (part.endsWith('_') || !/^\w/.test(text.slice(i + part.length)))
}
