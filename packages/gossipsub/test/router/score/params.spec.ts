import { expect } from 'aegir/chai'
import {
  createPeerScoreParams, createTopicScoreParams, defaultPeerScoreParams, defaultTopicScoreParams, scoreParameterDecay,
  validatePeerScoreParams, validateTopicScoreParams
} from '../../../src/score.ts'
import { topicParams } from './ledger.ts'
import type { PeerScoreParams, TopicScoreParams } from '../../../src/score.ts'

describe('score parameters', () => {
  it('have the defaults of @libp2p/gossipsub 17.1', () => {
    const { appSpecificScore, ...rest } = defaultPeerScoreParams

    expect(appSpecificScore('A')).to.equal(0)
    expect(rest).to.deep.equal({
      topics: {},
      topicScoreCap: 10,
      appSpecificWeight: 10,
      IPColocationFactorWeight: -5,
      IPColocationFactorThreshold: 10,
      IPColocationFactorWhitelist: new Set(),
      behaviourPenaltyWeight: -10,
      behaviourPenaltyThreshold: 0,
      behaviourPenaltyDecay: 0.2,
      decayInterval: 1_000,
      decayToZero: 0.1,
      retainScore: 3_600_000
    })
    expect(defaultTopicScoreParams).to.deep.equal({
      topicWeight: 0.5,
      timeInMeshWeight: 1,
      timeInMeshQuantum: 1,
      timeInMeshCap: 3_600,
      firstMessageDeliveriesWeight: 1,
      firstMessageDeliveriesDecay: 0.5,
      firstMessageDeliveriesCap: 2_000,
      meshMessageDeliveriesWeight: -1,
      meshMessageDeliveriesDecay: 0.5,
      meshMessageDeliveriesCap: 100,
      meshMessageDeliveriesThreshold: 20,
      meshMessageDeliveriesWindow: 10,
      meshMessageDeliveriesActivation: 5_000,
      meshFailurePenaltyWeight: -1,
      meshFailurePenaltyDecay: 0.5,
      invalidMessageDeliveriesWeight: -1,
      invalidMessageDeliveriesDecay: 0.3
    })
  })

  it('take the place of the defaults, for each topic too; undefined does not', () => {
    const params = createPeerScoreParams({ topicScoreCap: 50, decayToZero: undefined, topics: { one: { ...defaultTopicScoreParams, topicWeight: 2 }, two: { topicWeight: 3 }, ['__proto__']: {} } })

    expect(params).to.deep.include({ topicScoreCap: 50, decayToZero: 0.1 })
    expect(Object.entries(params.topics)).to.deep.equal([
      ['one', { ...defaultTopicScoreParams, topicWeight: 2 }],
      ['two', { ...defaultTopicScoreParams, topicWeight: 3 }],
      ['__proto__', defaultTopicScoreParams]
    ])
    expect(Object.keys(createPeerScoreParams())).to.have.members(Object.keys(defaultPeerScoreParams))
    expect(createTopicScoreParams()).to.deep.equal(defaultTopicScoreParams)
  })

  it('that are the defaults are valid', () => {
    expect(() => { validatePeerScoreParams(defaultPeerScoreParams) }).to.not.throw()
    expect(() => { validateTopicScoreParams(defaultTopicScoreParams) }).to.not.throw()
  })

  it('go TestScoreParameterDecay: a decay can be given as a duration', () => {
    expect(scoreParameterDecay(3_600_000)).to.equal(0.9987216039048303)
    expect(scoreParameterDecay(10_999, 2_000, 0.1)).to.equal(0.1 ** (1 / 5))
  })

  const isBelow1 = 'must be between 0 and 1'
  const atMost0 = 'must be a number of at most 0 (0 to disable)'
  const atLeast0 = 'must be a number of at least 0 (0 to disable)'
  const positive = 'must be a number above 0'

  const rulesOfTopics: Array<[keyof TopicScoreParams, number[], string]> = [
    ['topicWeight', [-1, NaN, Infinity], 'must be a number of at least 0'],
    ['timeInMeshWeight', [-1, NaN, Infinity], atLeast0],
    ['timeInMeshQuantum', [0], 'must not be 0'],
    ['timeInMeshQuantum', [-1, NaN, Infinity], 'must be a number of ms above 0'],
    ['timeInMeshCap', [-1, 0, NaN, Infinity], positive],
    ['firstMessageDeliveriesWeight', [-1, NaN, Infinity], atLeast0],
    ['firstMessageDeliveriesDecay', [-1, 0, 1, 2, NaN, Infinity], isBelow1],
    ['firstMessageDeliveriesCap', [-1, 0, NaN, Infinity], positive],
    ['meshMessageDeliveriesWeight', [1, NaN, -Infinity], atMost0],
    ['meshMessageDeliveriesDecay', [-1, 0, 1, 2, NaN, Infinity], isBelow1],
    ['meshMessageDeliveriesCap', [-1, 0, NaN, Infinity], positive],
    ['meshMessageDeliveriesThreshold', [-1, 0, NaN, Infinity], positive],
    ['meshMessageDeliveriesWindow', [-1, NaN, Infinity], 'must be a number of ms of at least 0'],
    ['meshMessageDeliveriesActivation', [-1, 0, 999, NaN, Infinity], 'must be a number of at least 1000 ms'],
    ['meshFailurePenaltyWeight', [1, NaN, -Infinity], atMost0],
    ['meshFailurePenaltyDecay', [-1, 0, 1, 2, NaN, Infinity], isBelow1],
    ['invalidMessageDeliveriesWeight', [1, NaN, -Infinity], atMost0],
    ['invalidMessageDeliveriesDecay', [-1, 0, 1, 2, NaN, Infinity], isBelow1]
  ]

  for (const [name, values, rule] of rulesOfTopics) {
    for (const value of [...values, '1']) {
      // a text is not 0
      if (value === '1' && rule === 'must not be 0') {
        continue
      }

      it(`${name} of a topic cannot be ${typeof value === 'string' ? `'${value}'` : value}`, () => {
        const topic = { ...defaultTopicScoreParams, [name]: value }

        expect(() => { validateTopicScoreParams(topic) })
          .to.throw(`Score parameter ${name} is ${value}: it ${rule}`)
          .with.property('name', 'InvalidParametersError')
        expect(() => { validatePeerScoreParams({ ...defaultPeerScoreParams, topics: { 'a "b"': topic } }) })
          .to.throw(`Score parameter topics["a \\"b\\""].${name} is ${value}: it ${rule}`)
          .with.property('name', 'InvalidParametersError')
      })
    }
  }

  const rules: Array<[keyof PeerScoreParams, unknown[], string]> = [
    ['topicScoreCap', [-1, NaN, Infinity, '1'], 'must be a number of at least 0 (0 for no cap)'],
    ['appSpecificScore', [undefined, null, 1], 'must be a function'],
    ['appSpecificWeight', [NaN, Infinity, '1'], 'must be a finite number'],
    ['IPColocationFactorWeight', [1, NaN, -Infinity, '1'], atMost0],
    ['IPColocationFactorThreshold', [-1, 0, NaN, '1'], 'must be a number of at least 1'],
    ['behaviourPenaltyWeight', [1, NaN, -Infinity, '1'], atMost0],
    ['behaviourPenaltyThreshold', [-1, NaN, Infinity, '1'], 'must be a number of at least 0'],
    ['behaviourPenaltyDecay', [-1, 0, 1, 2, NaN, '1'], isBelow1],
    ['decayInterval', [-1, 0, 999, NaN, Infinity, '1'], 'must be a number of at least 1000 ms'],
    ['decayToZero', [-1, 0, 1, 2, NaN, '1'], isBelow1],
    ['slowPeerPenaltyWeight', [1, NaN, -Infinity, '1'], atMost0],
    ['slowPeerPenaltyThreshold', [-1, NaN, Infinity, '1'], 'must be a number of at least 0'],
    ['slowPeerPenaltyDecay', [-1, 0, 1, 2, NaN, '1'], isBelow1]
  ]

  for (const [name, values, rule] of rules) {
    for (const value of values) {
      it(`${name} cannot be ${typeof value === 'string' ? `'${value}'` : value}`, () => {
        expect(() => { validatePeerScoreParams({ ...defaultPeerScoreParams, slowPeerPenaltyWeight: -1, [name]: value }) })
          .to.throw(`Score parameter ${name} is ${value}: it ${rule}`)
          .with.property('name', 'InvalidParametersError')
      })
    }
  }

  it('IPColocationFactorWhitelist can only have addresses and ranges', () => {
    const valid = new Set(['192.0.2.1', '10.0.0.0/8', 'fd00::/8', '::1'])

    expect(() => { validatePeerScoreParams({ ...defaultPeerScoreParams, IPColocationFactorWhitelist: valid }) }).to.not.throw()
    expect(() => { validatePeerScoreParams({ ...defaultPeerScoreParams, IPColocationFactorWhitelist: new Set([...valid, 'example.org']) }) })
      .to.throw('Score parameter IPColocationFactorWhitelist is example.org: it must only have IP addresses and ranges of them')
      .with.property('name', 'InvalidParametersError')
  })

  it('of a component that is off are not checked', () => {
    expect(() => {
      validatePeerScoreParams({
        ...defaultPeerScoreParams,
        IPColocationFactorWeight: 0,
        IPColocationFactorThreshold: 0,
        behaviourPenaltyWeight: 0,
        behaviourPenaltyDecay: 2,
        slowPeerPenaltyDecay: 2,
        retainScore: 0,
        topics: {
          quiet: {
            ...defaultTopicScoreParams,
            timeInMeshWeight: 0,
            timeInMeshCap: -1,
            firstMessageDeliveriesWeight: 0,
            firstMessageDeliveriesDecay: 2,
            firstMessageDeliveriesCap: -1,
            meshMessageDeliveriesWeight: 0,
            meshMessageDeliveriesDecay: 2,
            meshMessageDeliveriesCap: -1,
            meshMessageDeliveriesThreshold: -1,
            meshMessageDeliveriesActivation: 0,
            meshFailurePenaltyWeight: 0,
            meshFailurePenaltyDecay: 2
          }
        }
      })
    }).to.not.throw()
  })
})

/** Whether each is valid, by the lists of score_params_test.go. What is not given is 0, as in go. */
describe('score parameters: the list of go', () => {
  const peer = { appSpecificScore: () => 0, decayInterval: 1_000, decayToZero: 0.01 }
  const colocation = { IPColocationFactorWeight: -1, IPColocationFactorThreshold: 1 }
  const mesh = { meshMessageDeliveriesWeight: -1, meshMessageDeliveriesDecay: 0.5, meshMessageDeliveriesCap: 5 }
  const first = { firstMessageDeliveriesWeight: 1, firstMessageDeliveriesDecay: 0.5 }

  const topic = {
    ...first,
    ...mesh,
    topicWeight: 1,
    timeInMeshWeight: 0.01,
    timeInMeshQuantum: 1_000,
    timeInMeshCap: 10,
    firstMessageDeliveriesCap: 10,
    meshMessageDeliveriesThreshold: 5,
    meshMessageDeliveriesWindow: 1,
    meshMessageDeliveriesActivation: 1_000,
    meshFailurePenaltyWeight: -1,
    meshFailurePenaltyDecay: 0.5,
    invalidMessageDeliveriesWeight: -1,
    invalidMessageDeliveriesDecay: 0.5
  }

  const invalidTopics: Array<Partial<TopicScoreParams>> = [
    { topicWeight: -1 },
    { timeInMeshWeight: -1 },
    { timeInMeshWeight: 1, timeInMeshQuantum: -1 },
    { timeInMeshWeight: 1, timeInMeshCap: -1 },
    { firstMessageDeliveriesWeight: -1 },
    { firstMessageDeliveriesWeight: 1, firstMessageDeliveriesDecay: -1 },
    { firstMessageDeliveriesWeight: 1, firstMessageDeliveriesDecay: 2 },
    { ...first, firstMessageDeliveriesCap: -1 },
    { meshMessageDeliveriesWeight: 1 },
    { meshMessageDeliveriesWeight: -1, meshMessageDeliveriesDecay: -1 },
    { meshMessageDeliveriesWeight: -1, meshMessageDeliveriesDecay: 2 },
    { ...mesh, meshMessageDeliveriesCap: -1 },
    { ...mesh, meshMessageDeliveriesThreshold: -3 },
    { ...mesh, meshMessageDeliveriesThreshold: 3, meshMessageDeliveriesWindow: -1 },
    { ...mesh, meshMessageDeliveriesThreshold: 3, meshMessageDeliveriesWindow: 1, meshMessageDeliveriesActivation: 1 },
    { meshFailurePenaltyWeight: 1 },
    { meshFailurePenaltyWeight: -1, meshFailurePenaltyDecay: -1 },
    { meshFailurePenaltyWeight: -1, meshFailurePenaltyDecay: 2 },
    { invalidMessageDeliveriesWeight: 1 },
    { invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: -1 },
    { invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 2 }
  ]

  const invalidPeers: Array<Partial<PeerScoreParams>> = [
    { ...peer, topicScoreCap: -1 },
    { ...peer, topicScoreCap: 1, IPColocationFactorWeight: 1 },
    { ...peer, topicScoreCap: 1, IPColocationFactorWeight: -1, IPColocationFactorThreshold: -1 },
    { ...peer, ...colocation, topicScoreCap: 1, decayInterval: 1 },
    { ...peer, ...colocation, topicScoreCap: 1, decayToZero: -1 },
    { ...peer, ...colocation, topicScoreCap: 1, decayToZero: 2 },
    { ...peer, behaviourPenaltyWeight: 1 },
    { ...peer, behaviourPenaltyWeight: -1 },
    { ...peer, behaviourPenaltyWeight: -1, behaviourPenaltyDecay: 2 },
    { ...peer, decayToZero: Infinity, IPColocationFactorWeight: -Infinity, behaviourPenaltyWeight: Infinity, behaviourPenaltyDecay: NaN },
    { ...peer, ...colocation, topicScoreCap: 1, topics: { test: { ...topic, topicWeight: -1 } } },
    { ...peer, ...colocation, topicScoreCap: 1, topics: { test: { ...topic, topicWeight: Infinity } } },
    { ...peer, ...colocation, topicScoreCap: 1, topics: { test: { ...topic, timeInMeshWeight: NaN, meshMessageDeliveriesDecay: NaN } } }
  ]

  for (const skipAtomicValidation of [false, true]) {
    const mode = skipAtomicValidation ? 'SkipAtomicValidation' : 'AtomicValidation'

    for (const params of invalidTopics) {
      it(`go TestTopicScoreParamsValidation_InvalidParams_${mode}: ${JSON.stringify(params)}`, () => {
        expect(() => { validateTopicScoreParams({ ...topicParams({ topicWeight: 0, ...params }), skipAtomicValidation }) })
          .to.throw().with.property('name', 'InvalidParametersError')
      })
    }

    for (const params of invalidPeers) {
      it(`go TestPeerScoreParamsValidation_InvalidParams_${mode}: ${JSON.stringify(params)}`, () => {
        expect(() => { validatePeerScoreParams({ ...zeroed(params), skipAtomicValidation }) })
          .to.throw().with.property('name', 'InvalidParametersError')
      })
    }
  }

  it('go TestTopicScoreParamsValidation_InvalidParams: nothing at all is only valid with skipAtomicValidation', () => {
    const nothing = {} as unknown as TopicScoreParams

    expect(() => { validateTopicScoreParams({ ...nothing, skipAtomicValidation: true }) }).to.not.throw()
    expect(() => { validateTopicScoreParams(nothing) }).to.throw('Score parameter topicWeight is undefined')
  })

  it('go TestPeerScoreParamsValidation_InvalidParams: an application score is only missed without skipAtomicValidation', () => {
    const { appSpecificScore, ...without } = zeroed({ ...peer, topicScoreCap: 1 })

    expect(appSpecificScore).to.be.a('function')
    expect(() => { validatePeerScoreParams({ ...without, skipAtomicValidation: true } as unknown as PeerScoreParams) }).to.not.throw()
    expect(() => { validatePeerScoreParams({ ...without, skipAtomicValidation: false } as unknown as PeerScoreParams) }).to.throw('Score parameter appSpecificScore is undefined')
  })

  it('go TestTopicScoreParamsValidation_ValidParams_AtomicValidation', () => {
    expect(() => { validateTopicScoreParams(topic) }).to.not.throw()
  })

  it('go TestTopicScoreParamsValidation_NonAtomicValidation: group by group', () => {
    for (const group of ['topicWeight', 'timeInMesh', 'firstMessageDeliveries', 'meshMessageDeliveries', 'meshFailurePenalty', 'invalidMessageDeliveries']) {
      const params = Object.fromEntries(Object.entries(topic).filter(([name]) => name.startsWith(group)))

      expect(() => { validateTopicScoreParams({ ...params, skipAtomicValidation: true } as unknown as TopicScoreParams) }, group).to.not.throw()
    }
  })

  it('go TestPeerScoreParamsValidation_ValidParams_AtomicValidation', () => {
    const valid: Array<Partial<PeerScoreParams>> = [
      { ...peer, ...colocation, behaviourPenaltyWeight: -1, behaviourPenaltyDecay: 0.999 },
      { ...peer, ...colocation, behaviourPenaltyWeight: -1, behaviourPenaltyDecay: 0.999, topicScoreCap: 1 },
      { ...peer, ...colocation, topicScoreCap: 1, topics: { test: topic } }
    ]

    for (const params of valid) {
      expect(() => { validatePeerScoreParams({ ...zeroed(params), skipAtomicValidation: false }) }).to.not.throw()
    }
  })

  it('go TestPeerScoreParamsValidation_ValidParams_SkipAtomicValidation: step by step', () => {
    const params: Partial<PeerScoreParams> = { skipAtomicValidation: true, topics: {} }
    const steps: Array<Partial<PeerScoreParams>> = [
      {}, { appSpecificScore: () => 0 }, { decayInterval: 1_000, decayToZero: 0.01 }, colocation,
      { behaviourPenaltyWeight: -1, behaviourPenaltyDecay: 0.999 }, { topicScoreCap: 1 }, { topics: { test: topic } }
    ]

    for (const step of steps) {
      Object.assign(params, step)
      expect(() => { validatePeerScoreParams(params as unknown as PeerScoreParams) }, JSON.stringify(step)).to.not.throw()
    }
  })

  function zeroed (params: Partial<PeerScoreParams>): PeerScoreParams {
    return createPeerScoreParams({ skipAtomicValidation: true, ...params })
  }
})
