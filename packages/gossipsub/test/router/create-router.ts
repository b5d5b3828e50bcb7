import { featuresOf } from '../../src/protocols.ts'
import { Router } from '../../src/router/router.ts'
import { createPeerScoreParams, createPeerScoreThresholds, validatePeerScoreParams, validatePeerScoreThresholds } from '../../src/score.ts'
import type { GossipsubParams, MeshParams } from '../../src/params.ts'
import type { PeerIdStr, TopicStr } from '../../src/router/events.ts'
import type { Random } from '../../src/router/random.ts'
import type { PeerScoreParams } from '../../src/router/score/params.ts'
import type { PeerScoreThresholds } from '../../src/router/score/thresholds.ts'

export interface RouterOptions {
  scoreParams?: Partial<PeerScoreParams>
  thresholds?: Partial<PeerScoreThresholds>
  meshParams?: Record<TopicStr, MeshParams>
  doPX?: boolean
}

export const versions = {
  'v1.0': featuresOf('/meshsub/1.0.0'),
  'v1.1': featuresOf('/meshsub/1.1.0'),
  'v1.2': featuresOf('/meshsub/1.2.0'),
  floodsub: featuresOf('/floodsub/1.0.0')
}

/** A router whose score parameters are checked as the service checks them. */
export function createRouter (self: PeerIdStr, params: GossipsubParams, random: Random, options: RouterOptions = {}): Router {
  const scoreParams = createPeerScoreParams(options.scoreParams)
  const thresholds = createPeerScoreThresholds(options.thresholds)
  validatePeerScoreParams(scoreParams)
  validatePeerScoreThresholds(thresholds)

  return new Router({ params, meshParams: new Map(Object.entries(options.meshParams ?? {})), scoreParams, thresholds, doPX: options.doPX, self, random })
}
