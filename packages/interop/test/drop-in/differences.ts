/**
 * Where ours does not do as `@libp2p/gossipsub` 17.1.1 does, and why. The test checks each of them on both sides: one that is no more is an
 * error as well.
 */
export interface Difference {
  scenario: string
  /** The way to the value within what the scenario returns. */
  path: Array<string | number>
  ours: unknown
  theirs: unknown
  reason: string
}

export const differences: Difference[] = [
  ...['before', 'after'].map(when => ({
    scenario: 'outOfTurn',
    path: [when, 'unsubscribe'],
    ours: 'throws Pubsub has not started',
    theirs: 'throws Pubsub is not started',
    reason: 'one text for one mistake: the text of `subscribe`, where both agree'
  })),
  {
    scenario: 'outOfTurn',
    path: ['after', 'publish'],
    ours: 'throws PublishError.Uninitialized',
    theirs: 'throws PublishError.NoPeersSubscribedToTopic',
    reason: 'after stop it is as before start'
  },
  {
    scenario: 'refusedOptions',
    path: ['policy'],
    ours: 'throws Gossipsub option globalSignaturePolicy is Lax: it must be StrictSign or StrictNoSign',
    theirs: 'throws Invalid globalSignaturePolicy: Lax',
    reason: 'a refusal names the option, its value and the rule'
  },
  {
    scenario: 'refusedOptions',
    path: ['scoreParams'],
    ours: 'throws Score parameter decayInterval is 1: it must be a number of at least 1000 ms',
    theirs: 'throws invalid DecayInterval; must be at least 1s',
    reason: 'a refusal names the option, its value and the rule'
  },
  {
    scenario: 'refusedOptions',
    path: ['undefined'],
    ours: undefined,
    theirs: 'throws Cannot read properties of undefined (reading \'map\')',
    reason: 'an option that is undefined has its default'
  },
  {
    scenario: 'startAfterIdentify',
    path: [],
    ours: [1, 1],
    theirs: [0, 0],
    reason: 'the registrar does not replay peers that were identified before; ours looks at the open connections itself'
  },
  {
    scenario: 'events',
    path: ['told'],
    ours: ['graft', 'subscription-change', 'gossipsub:message', 'message', 'prune', 'subscription-change'],
    theirs: ['graft', 'subscription-change', 'gossipsub:message', 'message', 'subscription-change', 'prune'],
    reason: 'a peer that unsubscribes leaves the mesh with it; theirs stays in the mesh until its PRUNE comes, if it comes'
  },
  {
    scenario: 'scores',
    path: ['stats'],
    ours: { behaviourPenalty: 'number', connected: 'boolean', expire: 'number', knownIPs: 'object', slowPeerPenalty: 'number', topics: 'object' },
    theirs: { behaviourPenalty: 'number', connected: 'boolean', expire: 'number', knownIPs: 'object', topics: 'object' },
    reason: 'peers that do not read are scored as well'
  }
]
