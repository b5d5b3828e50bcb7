/**
 * The parameters of peer scoring, and the score by itself: sub-path `./score`.
 */
export { PeerScore } from './peer-score.ts'
export { scoreParameterDecay } from './router/score/decay.ts'
export {
  createPeerScoreParams, createTopicScoreParams, defaultPeerScoreParams, defaultSlowPeerParams, defaultTopicScoreParams
} from './router/score/params.ts'
export { createPeerScoreThresholds, defaultPeerScoreThresholds } from './router/score/thresholds.ts'
export { validatePeerScoreParams, validatePeerScoreThresholds, validateTopicScoreParams } from './score-params.ts'
export type { PeerScoreOpts } from './peer-score.ts'
export type { PeerScoreParams, TopicScoreParams } from './router/score/params.ts'
export type { PeerScoreThresholds } from './router/score/thresholds.ts'
export type {
  PeerScoreSnapshot, PeerScoreStatsDump, PeerStatsDump, TopicScoreSnapshot, TopicStatsDump
} from './router/score/peer-scores.ts'
