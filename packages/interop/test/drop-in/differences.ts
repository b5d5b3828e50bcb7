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

const VERDICTS = 'what a topic validator says is counted as what the application reports: theirs counts reports alone'

export const differences: Difference[] = [
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
  },
  ...metricDifferences('gossipsub_accepted_messages_total{topic=label}', 2, undefined, VERDICTS),
  ...metricDifferences('gossipsub_ignored_messages_total{topic=label}', 1, undefined, VERDICTS),
  ...metricDifferences('gossipsub_rejected_messages_total{topic=label}', 1, undefined, VERDICTS),
  ...metricDifferences('gossipsub_cache_size{cache=acceptFromWhitelist}', undefined, 2, 'ours has no list of peers to be heard without a look at their score'),
  ...metricDifferences('gossipsub_cache_size{cache=publishedMessageIds}', undefined, 1, 'own messages are told by their author'),
  ...['gossipsub_score_fn_calls_total', 'gossipsub_score_fn_runs_total', 'gossipsub_score_cache_delta'].flatMap(name => {
    return metricDifferences(name, undefined, 'some', 'scores are computed when they are needed: ours has no cache of them')
  })
]

function metricDifferences (name: string, ours: unknown, theirs: unknown, reason: string): Difference[] {
  return ['joined', 'left'].map(when => ({ scenario: 'metrics', path: [when, name], ours, theirs, reason }))
}
