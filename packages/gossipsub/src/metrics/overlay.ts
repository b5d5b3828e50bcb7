/**
 * Why peers came into a mesh and left it: told from the event, what the mesh was before, and the order of the actions of a heartbeat (first
 * those of bad scores leave, then a small mesh is filled up, a large one cut down, the outbound quota kept, and better peers grafted).
 */
import type { MetricsConstants, MetricsSource } from './source.ts'
import type { Tallies } from './tallies.ts'
import type { Action, Event, PeerIdStr, TopicStr } from '../router/events.ts'

type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>

export class OverlayTally {
  readonly #tallies: Tallies
  readonly #constants: MetricsConstants
  /** The fanout of the topic that is being joined. */
  #fanout: ReadonlySet<PeerIdStr> = new Set()
  /** How many peers a mesh lacks in a heartbeat. */
  readonly #missing = new Map<TopicStr, number>()
  #ticks = 0

  constructor (tallies: Tallies, constants: MetricsConstants) {
    this.#tallies = tallies
    this.#constants = constants
  }

  /** Before the event is handled. */
  before (event: Event, source: () => MetricsSource): void {
    if (event.type === 'topicJoined') {
      this.#fanout = source().fanout.get(event.topic) ?? new Set()
    } else if (event.type === 'ticked') {
      this.#ticks++
      this.#findSmallMeshes(source())
    }
  }

  onGraft (event: Event, { peer, topic, isOutbound }: ActionOf<'reportGraft'>): void {
    const counts = this.#tallies.of(topic)

    switch (event.type) {
      case 'rpcReceived': counts.meshPeerInclusionEventsSubscribed++; break
      case 'topicJoined':
        counts[this.#fanout.has(peer) ? 'meshPeerInclusionEventsFanout' : 'meshPeerInclusionEventsRandom']++
        break
      case 'ticked': this.#onGraftByHeartbeat(topic, isOutbound); break
      default: counts.meshPeerInclusionEventsUnknown++
    }
  }

  onPrune (event: Event, { peer, topic }: ActionOf<'reportPrune'>, source: MetricsSource): void {
    const counts = this.#tallies.of(topic)

    switch (event.type) {
      case 'peerDisconnected': counts.meshPeerChurnEventsDisconnected++; break
      case 'rpcReceived':
        counts[event.control?.prune.some(({ topicID }) => topicID === topic) === true ? 'meshPeerChurnEventsPrune' : 'meshPeerChurnEventsUnknown']++
        break
      case 'ticked':
        counts[source.scores.score(peer) < 0 ? 'meshPeerChurnEventsBadScore' : 'meshPeerChurnEventsExcess']++
        break
      // we left the topic: it is not about the peer
      case 'topicLeft': break
      default: counts.meshPeerChurnEventsUnknown++
    }
  }

  #findSmallMeshes (source: MetricsSource): void {
    this.#missing.clear()

    for (const [topic, members] of source.mesh) {
      const { D, Dlo } = source.meshParams(topic)
      const size = countGood(members, source)

      if (size < Dlo) {
        this.#missing.set(topic, D - size)
      }
    }
  }

  #onGraftByHeartbeat (topic: TopicStr, isOutbound: boolean): void {
    const counts = this.#tallies.of(topic)
    const missing = this.#missing.get(topic) ?? 0

    if (missing > 0) {
      this.#missing.set(topic, missing - 1)
      counts.meshPeerInclusionEventsNotEnough++
    } else if (isOutbound || this.#ticks % this.#constants.opportunisticGraftTicks !== 0) {
      counts.meshPeerInclusionEventsOutbound++
    } else {
      counts.meshPeerInclusionEventsOpportunistic++
    }
  }
}

/** The others are about to be removed; the router looks at the size after that. */
function countGood (members: ReadonlySet<PeerIdStr>, source: MetricsSource): number {
  let count = 0

  for (const peer of members) {
    count += source.scores.score(peer) < 0 ? 0 : 1
  }

  return count
}
