/** What peers are worth. */
import { HEARTBEAT_MS } from '../lab.ts'
import { answer, probe } from '../probe.ts'
import { sleep, until, within } from '../time.ts'
import { meshPeer } from './mesh.ts'
import type { TopicStats } from '../implementation.ts'
import type { Lab } from '../lab.ts'
import type { RawPeer } from '../raw-peer.ts'

const TOPIC = 'topic'

/** Only what is invalid counts, and nothing decays while a probe runs. */
const scoreParams = {
  decayInterval: 3_600_000,
  topics: {
    [TOPIC]: {
      topicWeight: 1,
      timeInMeshWeight: 0,
      firstMessageDeliveriesWeight: 0,
      meshMessageDeliveriesWeight: 0,
      meshFailurePenaltyWeight: 0,
      invalidMessageDeliveriesWeight: -1
    }
  }
}

export const scoreProbes = [
  probe(1, 'a negative score after reconnecting', { options: { scoreParams } }, async lab => {
    const peer = await meshPeer(lab)
    lab.pubsub.topicValidators.set(TOPIC, () => 'reject')
    peer.send({ messages: [message(1), message(2), message(3)] })
    await until('a negative score', () => lab.pubsub.getScore(peer.id) < 0)
    const before = lab.pubsub.getScore(peer.id)

    await peer.hangUp()
    await until('no peer', () => lab.pubsub.getPeers().length === 0)
    await peer.open(lab.node.getMultiaddrs())
    await until('the peer', () => lab.pubsub.getPeers().length === 1)
    // scores may be cached for a heartbeat
    await sleep(3 * HEARTBEAT_MS)
    const after = lab.pubsub.getScore(peer.id)

    return answer(after < 0, `score ${before}, after reconnecting ${after}`)
  }),

  probe(2, 'the score of peers that JOIN grafts', { options: { scoreParams } }, async lab => {
    const peer = await lab.connect()
    peer.send({ subscribe: [TOPIC] })
    await until('a subscriber', () => lab.pubsub.getSubscribers(TOPIC).length === 1)
    lab.pubsub.subscribe(TOPIC)
    await until('a mesh', () => lab.inMesh(peer, TOPIC))
    const isCounted = statsOf(lab, peer)?.inMesh === true

    return answer(isCounted, `the peer is in the mesh, and its score ${isCounted ? 'knows' : 'does not know'}`)
  }),

  probe(21, 'the codes that a validator throws', { options: { scoreParams } }, async lab => {
    const peer = await meshPeer(lab)
    const codes: Record<string, string> = { ignored: 'ERR_TOPIC_VALIDATOR_IGNORE', rejected: 'ERR_TOPIC_VALIDATOR_REJECT' }
    const counts: Record<string, number> = {}
    let sent = 0

    for (const [name, code] of Object.entries(codes)) {
      let asked = 0
      lab.pubsub.topicValidators.set(TOPIC, () => {
        asked++
        throw Object.assign(new Error(name), { code })
      })
      const before = statsOf(lab, peer)?.invalidMessageDeliveries ?? 0
      peer.send({ messages: [message(++sent)] })
      await until('a question to the validator', () => asked === 1)
      await sleep(50)
      counts[name] = (statsOf(lab, peer)?.invalidMessageDeliveries ?? 0) - before
    }

    return answer(counts.ignored === 0 && counts.rejected === 1, `counted as invalid: ${counts.ignored} ignored and ${counts.rejected} rejected of one each`)
  }),

  probe(25, 'the signature of a duplicate', { options: { scoreParams, globalSignaturePolicy: 'StrictSign' } }, async lab => {
    const peer = await meshPeer(lab)
    const signed = await peer.sign(TOPIC, bytesOf(1), 1n)
    peer.send({ messages: [signed] })
    await until('the message', () => lab.received.length === 1)
    peer.send({ messages: [{ ...signed, signature: new Uint8Array(64) }] })
    const isVerified = await within(1_000, () => (statsOf(lab, peer)?.invalidMessageDeliveries ?? 0) > 0)

    return answer(!isVerified, `a copy with a broken signature was ${isVerified ? 'verified' : 'dropped as a duplicate'}`)
  }),

  probe(26, 'first deliveries under asyncValidation', { options: { scoreParams, asyncValidation: true } }, async lab => {
    const peer = await meshPeer(lab)
    peer.send({ messages: [message(1)] })
    await until('the message', () => lab.received.length === 1)
    const [{ msgId, propagationSource }] = lab.received
    lab.pubsub.reportMessageValidationResult(msgId, propagationSource.toString(), 'accept')
    await within(3_000, () => (statsOf(lab, peer)?.firstMessageDeliveries ?? 0) > 0)
    const count = statsOf(lab, peer)?.firstMessageDeliveries

    return answer(count === 1, `one message counts ${count} times as the first of its peer`)
  })
]

function message (number: number): { topic: string, data: Uint8Array } {
  return { topic: TOPIC, data: bytesOf(number) }
}

function bytesOf (number: number): Uint8Array {
  return new Uint8Array(16).fill(number)
}

function statsOf (lab: Lab, peer: RawPeer): TopicStats | undefined {
  return lab.pubsub.dumpPeerScoreStats()[peer.id]?.topics[TOPIC]
}
