/**
 * What the sub-paths export at run time: the same names, and the same constants, enums and defaults.
 */
import * as theirMain from '@libp2p/gossipsub'
import * as theirMessage from '@libp2p/gossipsub/message'
import * as theirMetrics from '@libp2p/gossipsub/metrics'
import * as theirScore from '@libp2p/gossipsub/score'
import * as theirTypes from '@libp2p/gossipsub/types'
import * as ourMain from '@quicmesh/gossipsub'
import * as ourMessage from '@quicmesh/gossipsub/message'
import * as ourMetrics from '@quicmesh/gossipsub/metrics'
import * as ourScore from '@quicmesh/gossipsub/score'
import * as ourTypes from '@quicmesh/gossipsub/types'
import { expect } from 'aegir/chai'

const subPaths: Record<string, [ours: object, theirs: object]> = {
  '.': [ourMain, theirMain],
  './message': [ourMessage, theirMessage],
  './metrics': [ourMetrics, theirMetrics],
  './score': [ourScore, theirScore],
  './types': [ourTypes, theirTypes]
}

describe('drop-in: values', () => {
  for (const [path, [ours, theirs]] of Object.entries(subPaths)) {
    it(`${path} exports the same`, () => {
      expect(Object.keys(theirs)).to.not.be.empty()
      expect(ours).to.include.keys(Object.keys(theirs))

      for (const [name, value] of Object.entries(theirs)) {
        const our: unknown = Object.getOwnPropertyDescriptor(ours, name)?.value

        expect(typeof our, name).to.equal(typeof value)
        expect(data(our), name).to.deep.equal(data(value))
      }
    })
  }

  it('fills in parameters of the score alike', () => {
    const partial = { topics: { a: { ...theirScore.defaultTopicScoreParams, topicWeight: 3 } }, decayInterval: 12_000 }

    expect(data(ourScore.createPeerScoreParams(partial))).to.deep.equal(data(theirScore.createPeerScoreParams(partial)))
    expect(ourScore.createTopicScoreParams({ timeInMeshCap: 7 })).to.deep.equal(theirScore.createTopicScoreParams({ timeInMeshCap: 7 }))
    expect(ourScore.createPeerScoreThresholds({ gossipThreshold: -1 })).to.deep.equal(theirScore.createPeerScoreThresholds({ gossipThreshold: -1 }))
  })

  it('refuses the same parameters of the score', () => {
    const { defaultPeerScoreParams: params, defaultPeerScoreThresholds: thresholds, defaultTopicScoreParams: topic } = theirScore

    expect(verdicts('validatePeerScoreParams', [
      params, { ...params, topicScoreCap: -1 }, { ...params, IPColocationFactorWeight: 1 }, { ...params, IPColocationFactorThreshold: 0 }, { ...params, behaviourPenaltyWeight: 1 },
      { ...params, behaviourPenaltyDecay: 2 }, { ...params, decayInterval: 1 }, { ...params, decayToZero: 1 }, { ...params, retainScore: 0 }, { ...params, topics: { a: { ...topic, topicWeight: -1 } } }
    ])).to.deep.equal([true, false, false, false, false, false, false, false, true, false])

    expect(verdicts('validateTopicScoreParams', [
      topic, { ...topic, timeInMeshQuantum: 0 }, { ...topic, timeInMeshCap: 0 }, { ...topic, timeInMeshWeight: 0, timeInMeshCap: 0 }, { ...topic, firstMessageDeliveriesDecay: 1 },
      { ...topic, meshMessageDeliveriesWeight: 1 }, { ...topic, meshMessageDeliveriesWindow: -1 }, { ...topic, meshMessageDeliveriesActivation: 1 }, { ...topic, meshMessageDeliveriesWeight: 0, meshMessageDeliveriesActivation: 1 },
      { ...topic, meshFailurePenaltyDecay: 0 }, { ...topic, invalidMessageDeliveriesWeight: 1 }, { ...topic, invalidMessageDeliveriesDecay: 0 }
    ])).to.deep.equal([true, false, false, true, false, false, false, false, true, false, false, false])

    expect(verdicts('validatePeerScoreThresholds', [
      thresholds, { ...thresholds, gossipThreshold: 1 }, { ...thresholds, publishThreshold: 0 }, { ...thresholds, graylistThreshold: -1 }, { ...thresholds, acceptPXThreshold: -1 },
      { ...thresholds, opportunisticGraftThreshold: -1 }
    ])).to.deep.equal([true, false, false, false, false, false])
  })

  it('reads and writes the same frames', () => {
    const rpc: Partial<theirMessage.RPC> = {
      subscriptions: [{ subscribe: true, topic: 'a' }],
      messages: [{ topic: 'a', data: Uint8Array.of(1), from: Uint8Array.of(2), seqno: Uint8Array.of(3), signature: Uint8Array.of(4), key: Uint8Array.of(5) }],
      control: {
        ihave: [{ topicID: 'a', messageIDs: [Uint8Array.of(6)] }],
        iwant: [{ messageIDs: [Uint8Array.of(7)] }],
        graft: [{ topicID: 'a' }],
        prune: [{ topicID: 'a', peers: [{ peerID: Uint8Array.of(8), signedPeerRecord: Uint8Array.of(9) }], backoff: 60 }],
        idontwant: [{ messageIDs: [Uint8Array.of(10)] }]
      }
    }
    const frame = theirMessage.RPC.encode(rpc)

    expect(ourMessage.RPC.decode(frame)).to.deep.equal(theirMessage.RPC.decode(frame))
    expect(ourMessage.RPC.encode(ourMessage.RPC.decode(frame))).to.equalBytes(frame)
  })
})

/** Whether each is accepted, by both alike. */
function verdicts<K extends 'validatePeerScoreParams' | 'validateTopicScoreParams' | 'validatePeerScoreThresholds'> (name: K, inputs: Array<Parameters<typeof theirScore[K]>[0]>): boolean[] {
  const [ours, theirs] = [ourScore[name], theirScore[name]].map(validate => inputs.map(input => isAccepted(validate as (input: unknown) => void, input)))

  expect(ours).to.deep.equal(theirs, name)

  return ours
}

function isAccepted (validate: (input: unknown) => void, input: unknown): boolean {
  try {
    validate(input)

    return true
  } catch {
    return false
  }
}

/** Functions differ, and so do classes; all else is to be equal. */
function data (value: unknown): unknown {
  if (typeof value === 'function') {
    return 'function'
  }
  if (typeof value === 'object' && value != null && !(value instanceof Set)) {
    return Object.fromEntries(Object.entries(value).map(([key, value]) => [key, data(value)]))
  }

  return value
}
