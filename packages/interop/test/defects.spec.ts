import { readFileSync } from 'node:fs'
import { expect } from 'aegir/chai'
import { probes } from './defects/probes/index.ts'
import { askAll } from './defects/run.ts'
import type { Probe } from './defects/probe.ts'
import type { Result } from './defects/table.ts'

/** What `@libp2p/gossipsub` 17.1.1 has of them, by number: so a probe is known to tell a difference. */
const RIVAL_HAS = [1, 2, 4, 5, 6, 7, 8, 9, 11, 14, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 27, 28, 29]

/** What was found in 16.x and is right in 17.1.1. */
const RIVAL_MENDED = [13, 21]

describe('defects that can be told from outside', () => {
  let results: Result[] = []
  const has: Array<Probe['defect']> = [...RIVAL_HAS, 'also']
  const resultOf = (i: number): Result => results[i]

  before(async function () {
    this.timeout(120_000)
    results = await askAll()
  })

  for (const [i, { defect, title }] of probes.entries()) {
    it(`${nameOf(defect)}: ${title}: ours does not have it`, () => {
      expect(resultOf(i).ours.status).to.equal('ok', resultOf(i).ours.evidence)
    })

    it(`${nameOf(defect)}: ${title}: the probe says what the rival does`, () => {
      expect(resultOf(i).rival.status).to.equal(has.includes(defect) ? 'defect' : 'ok', resultOf(i).rival.evidence)
    })
  }

  it('each is asked once, and known of the rival', () => {
    expect(probes.map(({ defect }) => defect).filter(defect => defect !== 'also')).to.deep.equal([...RIVAL_HAS, ...RIVAL_MENDED].sort((a, b) => a - b))
  })

  it('docs/defects.md says the same of the rival', () => {
    const document = readFileSync(new URL('../../../docs/defects.md', import.meta.url), 'utf8')
    const numbersOf = (verdict: string): number[] => [...document.matchAll(new RegExp(`^\\| (\\d+) \\| .*\\| ${verdict} \\|$`, 'gm'))].map(([, number]) => Number(number))

    expect(numbersOf('has it')).to.deep.equal(RIVAL_HAS)
    expect(numbersOf('does not have it')).to.deep.equal(RIVAL_MENDED)
    expect(numbersOf('no probe')).to.have.lengthOf(29 - RIVAL_HAS.length - RIVAL_MENDED.length)
  })
})

function nameOf (defect: Probe['defect']): string {
  return defect === 'also' ? defect : `defect ${defect}`
}
