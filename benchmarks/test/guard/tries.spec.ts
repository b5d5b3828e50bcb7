import { expect } from 'aegir/chai'
import { judgeInTries } from '../../src/guard/tries.ts'
import type { Judgement, RatioRounds } from '../../src/guard/judge.ts'

const COMMITTED = new Map([['a', 1], ['b', 1]])

describe('tries', () => {
  it('are one when nothing looks fallen', async () => {
    const { judgements, asked } = await tries({ a: [[1, 1]], b: [[2, 2]] })

    expect(asked).to.deep.equal([['a', 'b']])
    expect(judgements.map(({ verdict }) => verdict)).to.deep.equal(['held', 'rose'])
  })

  it('are repeated of what looks fallen alone, and judged by all rounds', async () => {
    const { judgements, asked } = await tries({ a: [[1, 1]], b: [[0.5, 0.6], [1, 1, 1]] })

    expect(asked).to.deep.equal([['a', 'b'], ['b']])
    expect(judgements[1]).to.deep.include({ verdict: 'held', median: 1, ratios: [0.5, 0.6, 1, 1, 1] })
  })

  it('are three at most before it has fallen', async () => {
    const { judgements, asked } = await tries({ a: [[1]], b: [[0.5], [0.4], [0.6], [9]] })

    expect(asked).to.deep.equal([['a', 'b'], ['b'], ['b']])
    expect(judgements[1]).to.deep.include({ verdict: 'fell', median: 0.5, ratios: [0.5, 0.4, 0.6] })
  })

  it('do not end well because the last one was good', async () => {
    const { judgements } = await tries({ a: [[1]], b: [[0.5, 0.5], [0.5, 0.5], [1]] })

    expect(judgements[1].verdict).to.equal('fell')
  })

  it('are repeated of what could not be measured, and judged by the rounds that there are', async () => {
    const { judgements, asked } = await tries({ a: [[1]], b: [undefined, [1, 1.1, 1]] })

    expect(asked).to.deep.equal([['a', 'b'], ['b']])
    expect(judgements[1]).to.deep.include({ verdict: 'held', median: 1, ratios: [1, 1.1, 1] })
    expect(judgements[1]).to.not.have.property('failure')
  })

  it('keep the rounds of before when one in between could not measure', async () => {
    const { judgements } = await tries({ a: [[1]], b: [[0.5, 0.5], undefined, [1, 1, 1]] })

    expect(judgements[1]).to.deep.include({ verdict: 'held', ratios: [0.5, 0.5, 1, 1, 1] })
  })

  it('are three at most before it can\'t be told', async () => {
    const { judgements, asked } = await tries({ a: [[1]], b: [undefined, undefined, undefined, [1]] })

    expect(asked).to.have.lengthOf(3)
    expect(judgements[1]).to.include({ verdict: 'untold', failure: 'it died' })
  })

  it('tell nothing when the last could not measure', async () => {
    const { judgements, asked } = await tries({ a: [[1]], b: [[0.5], [0.5], undefined] })

    expect(asked).to.have.lengthOf(3)
    expect(judgements[1]).to.include({ verdict: 'untold', failure: 'it died' })
  })

  it('are refused without a committed value', async () => {
    await expect(judgeInTries(['c'], { committed: COMMITTED, measure: async () => [{ name: 'c', ratios: [1] }] }))
      .to.eventually.be.rejectedWith('c has no committed value')
  })
})

/** Measures what is given for each try, and fails where there is nothing. */
async function tries (rounds: Record<string, Array<number[] | undefined>>): Promise<{ judgements: Judgement[], asked: string[][] }> {
  const asked: string[][] = []
  const judgements = await judgeInTries(Object.keys(rounds), {
    committed: COMMITTED,
    measure: async (names, attempt): Promise<RatioRounds[]> => {
      asked.push(names)
      expect(attempt).to.equal(asked.length)

      return names.map((name) => {
        const ratios = rounds[name][attempt - 1]

        return ratios == null ? { name, ratios: [], failure: 'it died' } : { name, ratios }
      })
    }
  })

  return { judgements, asked }
}
