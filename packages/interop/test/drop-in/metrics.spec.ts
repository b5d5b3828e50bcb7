/**
 * Both services register the same metrics: names, types, labels and buckets.
 */
import { gossipsub as theirGossipsub } from '@libp2p/gossipsub'
import * as theirMetrics from '@libp2p/gossipsub/metrics'
import { defaultTopicScoreParams } from '@libp2p/gossipsub/score'
import { identify } from '@libp2p/identify'
import { gossipsub as ourGossipsub } from '@quicmesh/gossipsub'
import * as ourMetrics from '@quicmesh/gossipsub/metrics'
import { expect } from 'aegir/chai'
import { createLibp2p } from 'libp2p'
import { RecordingRegister } from './recording-register.ts'
import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'

const implementations = { ours: ourGossipsub, theirs: theirGossipsub }

const scoreParams = {
  behaviourPenaltyThreshold: 6,
  topics: { topic: { ...defaultTopicScoreParams, meshMessageDeliveriesWindow: 2_000 } }
}

describe('drop-in: metrics', () => {
  it('registers the same names, types, labels and buckets', async () => {
    const [ours, theirs] = [await registered('ours'), await registered('theirs')]

    expect(theirs.length).to.be.greaterThan(90)
    expect(ours).to.deep.equal(theirs)
  })

  it('registers the same through getMetrics', () => {
    const [ours, theirs] = [ourMetrics, theirMetrics].map(({ getMetrics }) => {
      const register = new RecordingRegister()
      getMetrics(register, new Map(), { gossipPromiseExpireSec: 12, behaviourPenaltyThreshold: 6, maxMeshMessageDeliveriesWindowSec: 2 })

      return register.descriptions
    })

    expect(ours).to.deep.equal(theirs)
  })

  it('has the same enums', () => {
    const enumsOf = (exports: object): Record<string, unknown> => Object.fromEntries(Object.entries(exports).filter(([, value]) => typeof value === 'object'))

    expect(Object.keys(enumsOf(theirMetrics))).to.include.members(['ChurnReason', 'ScorePenalty'])
    expect(enumsOf(ourMetrics)).to.deep.equal(enumsOf(theirMetrics))
  })

  it('does without metrics where the register is null', async () => {
    for (const create of Object.values(implementations)) {
      const node = await createNode(create({ metricsRegister: null }))

      expect(node.services).to.have.property('pubsub')
      await node.stop()
    }
  })

  it('refuses a register without labels, with the same words', async () => {
    const [ours, theirs] = await Promise.all(Object.values(implementations).map(async create => {
      return createNode(create({ metricsRegister: new RecordingRegister() })).then(() => 'made', (err: Error) => err.message)
    }))

    expect(theirs).to.equal('Must set metricsTopicStrToLabel with metrics')
    expect(ours).to.equal(theirs)
  })
})

async function registered (implementation: keyof typeof implementations): Promise<string[]> {
  const register = new RecordingRegister()
  const node = await createNode(implementations[implementation]({
    metricsRegister: register,
    metricsTopicStrToLabel: new Map([['topic', 'label']]),
    gossipsubIWantFollowupMs: 12_000,
    scoreParams
  }))
  await node.stop()

  return register.descriptions
}

/** Never started: the components are all that is needed of it. */
async function createNode (pubsub: (components: GossipSubComponents) => unknown): Promise<Libp2p> {
  return createLibp2p({ start: false, services: { identify: identify(), pubsub: components => pubsub(components) } })
}
