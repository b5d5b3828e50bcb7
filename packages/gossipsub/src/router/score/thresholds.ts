/**
 * Which score opens or closes what (gossipsub-v1.1.md "Score Thresholds"). What a valid value is: src/score-params.ts.
 */
export interface PeerScoreThresholds {
  /** Only check the groups of thresholds of which one is not 0, as in the Go implementation. */
  skipAtomicValidation?: boolean
  /** Below this no gossip goes to the peer and none is taken from it. At most 0. */
  gossipThreshold: number
  /** Below this own messages do not go to the peer outside of a mesh. At most `gossipThreshold`. */
  publishThreshold: number
  /** Below this everything that the peer sends, but for its subscriptions, is dropped. At most `publishThreshold`. */
  graylistThreshold: number
  /** From this on addresses of other peers are taken from the peer's PRUNE. Only trusted peers should get there. At least 0. */
  acceptPXThreshold: number
  /** A mesh whose median is below this is mended with better peers. Small and at least 0. */
  opportunisticGraftThreshold: number
}

export type PeerScoreThreshold = Exclude<keyof PeerScoreThresholds, 'skipAtomicValidation'>

/** The values of `@libp2p/gossipsub`. */
export const defaultPeerScoreThresholds: PeerScoreThresholds = {
  gossipThreshold: -10,
  publishThreshold: -50,
  graylistThreshold: -80,
  acceptPXThreshold: 10,
  opportunisticGraftThreshold: 20
}

/** Fill in the defaults. With `skipAtomicValidation` what is not given is 0, as in the Go implementation. */
export function createPeerScoreThresholds (partial: Partial<PeerScoreThresholds> = {}): PeerScoreThresholds {
  const thresholds: PeerScoreThresholds = { ...defaultPeerScoreThresholds }

  for (const name of Object.keys(defaultPeerScoreThresholds) as PeerScoreThreshold[]) {
    thresholds[name] = partial[name] ?? (partial.skipAtomicValidation === true ? 0 : defaultPeerScoreThresholds[name])
  }

  if (partial.skipAtomicValidation === true) {
    thresholds.skipAtomicValidation = true
  }

  return thresholds
}
