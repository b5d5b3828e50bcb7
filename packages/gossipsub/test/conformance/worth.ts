import { Harness } from '../router/harness.ts'
import type { GossipsubParams } from '../../src/params.ts'
import type { PeerIdStr } from '../../src/router/events.ts'
import type { PeerScoreParams, TopicScoreParams } from '../../src/router/score/params.ts'
import type { HarnessInit } from '../router/harness.ts'

/** A router whose peers are worth what the test says: nothing but P5 counts unless `scoreParams` says so. */
export class WorthHarness extends Harness {
  readonly worth: Map<PeerIdStr, number>

  constructor (params: Partial<GossipsubParams> = {}, { scoreParams, ...init }: HarnessInit = {}) {
    const worth = new Map<PeerIdStr, number>()

    super(params, {
      ...init,
      scoreParams: { ...onlyWorth(peer => worth.get(peer) ?? 0), ...scoreParams }
    })
    this.worth = worth
  }
}

/** Score parameters of which nothing counts but P5. */
export function onlyWorth (appSpecificScore: (peer: PeerIdStr) => number): Partial<PeerScoreParams> {
  return {
    appSpecificScore,
    appSpecificWeight: 1,
    behaviourPenaltyWeight: 0,
    IPColocationFactorWeight: 0
  }
}

/** Parameters of a topic in which nothing counts but what is given. */
export function topicParams (counted: Partial<TopicScoreParams>): TopicScoreParams {
  return {
    topicWeight: 1,
    timeInMeshWeight: 0,
    timeInMeshQuantum: 1_000,
    timeInMeshCap: 10,
    firstMessageDeliveriesWeight: 0,
    firstMessageDeliveriesDecay: 0.9,
    firstMessageDeliveriesCap: 10,
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.9,
    meshMessageDeliveriesCap: 10,
    meshMessageDeliveriesThreshold: 5,
    meshMessageDeliveriesWindow: 100,
    meshMessageDeliveriesActivation: 1_000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.9,
    invalidMessageDeliveriesWeight: 0,
    invalidMessageDeliveriesDecay: 0.9,
    ...counted
  }
}
