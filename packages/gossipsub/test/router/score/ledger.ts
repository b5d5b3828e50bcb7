import { createPeerScoreParams, createTopicScoreParams } from '../../../src/router/score/params.ts'
import { PeerScores } from '../../../src/router/score/peer-scores.ts'
import type { PeerScoreParams, TopicScoreParams } from '../../../src/router/score/params.ts'

export const TOPIC = 'mytopic'

/** Parameters of a topic of which all that is not given is off, as the zero values of go are. */
export function topicParams (params: Partial<TopicScoreParams> = {}): TopicScoreParams {
  return createTopicScoreParams({ skipAtomicValidation: true, topicWeight: 1, timeInMeshQuantum: 1_000, ...params })
}

/** Parameters of which all that is not given is off. */
export function peerParams (params: Partial<PeerScoreParams> = {}): PeerScoreParams {
  return createPeerScoreParams({ skipAtomicValidation: true, ...params })
}

/** A ledger with peers of these names, connected at time 0. */
export function ledger (params: Partial<PeerScoreParams>, peers: string[] = [], maxRetained = 1_000): PeerScores {
  const scores = new PeerScores({ params: peerParams(params), maxRetained })

  for (const peer of peers) {
    scores.addPeer(peer, [], 0)
  }

  return scores
}

/** The same, with one scored topic in whose mesh they all are since time 0. */
export function meshLedger (params: Partial<TopicScoreParams>, peers: string[]): PeerScores {
  const scores = ledger({ topics: { [TOPIC]: topicParams(params) } }, peers)

  for (const peer of peers) {
    scores.onGraft(peer, TOPIC, 0)
  }

  return scores
}

export function repeat (times: number, what: () => void): void {
  for (let i = 0; i < times; i++) {
    what()
  }
}
