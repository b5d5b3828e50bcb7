import { expect } from 'aegir/chai'
import { createPeerScoreThresholds, defaultPeerScoreThresholds, validatePeerScoreThresholds } from '../../../src/score.ts'
import type { PeerScoreThresholds } from '../../../src/score.ts'

describe('score thresholds', () => {
  it('have the defaults of @libp2p/gossipsub 17.1', () => {
    expect(defaultPeerScoreThresholds).to.deep.equal({
      gossipThreshold: -10, publishThreshold: -50, graylistThreshold: -80, acceptPXThreshold: 10, opportunisticGraftThreshold: 20
    })
    expect(() => { validatePeerScoreThresholds(defaultPeerScoreThresholds) }).to.not.throw()
  })

  it('take the place of the defaults; undefined does not', () => {
    expect(createPeerScoreThresholds({ gossipThreshold: -1, publishThreshold: undefined })).to.deep.equal({ ...defaultPeerScoreThresholds, gossipThreshold: -1 })
    expect(createPeerScoreThresholds()).to.deep.equal(defaultPeerScoreThresholds)
  })

  const atMost0 = 'must be a number of at most 0'
  const atLeast0 = 'must be a number of at least 0'

  const rules: Array<[keyof PeerScoreThresholds, unknown[], string]> = [
    ['gossipThreshold', [1, NaN, -Infinity, '-1', undefined], atMost0],
    ['publishThreshold', [1, NaN, -Infinity, '-11', undefined], atMost0],
    ['publishThreshold', [-9], 'must be at most gossipThreshold (-10)'],
    ['graylistThreshold', [1, NaN, -Infinity, '-51', undefined], atMost0],
    ['graylistThreshold', [-49], 'must be at most publishThreshold (-50)'],
    ['acceptPXThreshold', [-1, NaN, Infinity, '1', undefined], atLeast0],
    ['opportunisticGraftThreshold', [-1, NaN, Infinity, '1', undefined], atLeast0]
  ]

  for (const [name, values, rule] of rules) {
    for (const value of values) {
      it(`${name} cannot be ${typeof value === 'string' ? `'${value}'` : value}`, () => {
        expect(() => { validatePeerScoreThresholds({ ...defaultPeerScoreThresholds, [name]: value }) })
          .to.throw(`Score threshold ${name} is ${value}: it ${rule}`)
          .with.property('name', 'InvalidParametersError')
      })
    }
  }

  const good = { gossipThreshold: -1, publishThreshold: -2, graylistThreshold: -3, acceptPXThreshold: 1, opportunisticGraftThreshold: 2 }

  const invalid: Array<Partial<PeerScoreThresholds>> = [
    { gossipThreshold: 1 },
    { publishThreshold: 1 },
    { gossipThreshold: -1, publishThreshold: 0 },
    { gossipThreshold: -1, publishThreshold: -2, graylistThreshold: 0 },
    { acceptPXThreshold: -1 },
    { opportunisticGraftThreshold: -1 },
    { ...good, gossipThreshold: -Infinity },
    { ...good, publishThreshold: -Infinity },
    { ...good, graylistThreshold: -Infinity },
    { ...good, acceptPXThreshold: NaN },
    { ...good, opportunisticGraftThreshold: Infinity }
  ]

  for (const skipAtomicValidation of [false, true]) {
    const mode = skipAtomicValidation ? 'SkipAtomicValidation' : 'AtomicValidation'

    for (const thresholds of invalid) {
      it(`go TestPeerScoreThreshold_${mode}: not ${Object.entries(thresholds).join(' ')}`, () => {
        const zeroed = createPeerScoreThresholds({ skipAtomicValidation: true, ...thresholds })

        expect(() => { validatePeerScoreThresholds({ ...zeroed, skipAtomicValidation }) }).to.throw().with.property('name', 'InvalidParametersError')
      })
    }

    it(`go TestPeerScoreThreshold_${mode}: a good set`, () => {
      expect(() => { validatePeerScoreThresholds({ ...good, skipAtomicValidation }) }).to.not.throw()
    })
  }

  it('may be given in part with skipAtomicValidation', () => {
    const part = { skipAtomicValidation: true, acceptPXThreshold: 5 }

    expect(createPeerScoreThresholds(part)).to.deep.equal({
      skipAtomicValidation: true, gossipThreshold: 0, publishThreshold: 0, graylistThreshold: 0, acceptPXThreshold: 5, opportunisticGraftThreshold: 0
    })
    expect(() => { validatePeerScoreThresholds(part as unknown as PeerScoreThresholds) }).to.not.throw()
  })
})
