import { expect } from 'aegir/chai'
import { checkParams, defaultParams } from '../../src/params.ts'
import type { GossipsubParams } from '../../src/params.ts'

describe('parameters', () => {
  it('have the defaults of the specification', () => {
    const { D, Dlo, Dhi, Dlazy, heartbeatInterval, fanoutTTL, mcacheLength, mcacheGossip, seenTTL } = checkParams()

    expect({ D, Dlo, Dhi, Dlazy, heartbeatInterval, fanoutTTL, mcacheLength, mcacheGossip, seenTTL }).to.deep.equal({
      D: 6, Dlo: 4, Dhi: 12, Dlazy: 6, heartbeatInterval: 1_000, fanoutTTL: 60_000, mcacheLength: 5, mcacheGossip: 3, seenTTL: 120_000
    })
  })

  it('take the place of the defaults; undefined does not', () => {
    expect(checkParams({ D: 8, Dlo: undefined })).to.deep.equal({ ...defaultParams, D: 8 })
  })

  it('may all be zero for a node without meshes', () => {
    expect(checkParams({ D: 0, Dlo: 0, Dhi: 0, Dlazy: 0 })).to.include({ D: 0, Dlo: 0, Dhi: 0, Dlazy: 0 })
  })

  for (const name of Object.keys(defaultParams) as Array<keyof GossipsubParams>) {
    for (const value of [-1, NaN, Infinity, '6']) {
      it(`${name} cannot be ${typeof value === 'string' ? `'${value}'` : value}`, () => {
        expect(() => checkParams({ [name]: value })).to.throw(`Gossipsub parameter ${name} is ${value}: it must be`)
          .with.property('name', 'InvalidParametersError')
      })
    }
  }

  const related: Array<[Partial<GossipsubParams>, string]> = [
    [{ Dlo: 7 }, 'Gossipsub parameter Dlo is 7: it must be at most D (6)'],
    [{ Dhi: 5 }, 'Gossipsub parameter Dhi is 5: it must be at least D (6)'],
    [{ mcacheGossip: 6 }, 'Gossipsub parameter mcacheGossip is 6: it must be at most mcacheLength (5)'],
    [{ gossipFactor: 1.1 }, 'Gossipsub parameter gossipFactor is 1.1: it must be a number from 0 to 1'],
    [{ D: 6.5 }, 'Gossipsub parameter D is 6.5: it must be a whole number'],
    [{ heartbeatInterval: 0 }, 'Gossipsub parameter heartbeatInterval is 0: it must be a duration in ms from 1'],
    [{ seenTTL: 2 ** 31 }, 'Gossipsub parameter seenTTL is 2147483648: it must be a duration in ms from 1 to 2147483647'],
    [{ maxSeenMessages: 1 }, 'Gossipsub parameter maxSeenMessages is 1: it must be a whole number from 2']
  ]

  for (const [params, text] of related) {
    it(`are refused with a reason: ${JSON.stringify(params)}`, () => {
      expect(() => checkParams(params)).to.throw(text).with.property('name', 'InvalidParametersError')
    })
  }
})
