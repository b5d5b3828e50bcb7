/*
 * The score as the specification has it (gossipsub-v1.1.md "The Score Function"), as plainly as can be: every counter is an
 * object's field, every score is added up anew, nothing is cached. The oracle of the property test, and no more.
 */
import type { PeerScoreParams, TopicScoreParams } from '../../../src/router/score/params.ts'

interface ReferenceTopic {
  inMesh: boolean
  graftTime: number
  meshTime: number
  active: boolean
  first: number
  mesh: number
  failure: number
  invalid: number
}

interface ReferencePeer {
  connected: boolean
  expire: number
  leftWith: number
  parties: Set<string>
  topics: Map<string, ReferenceTopic>
  behaviour: number
  slow: number
}

export class ReferenceScores {
  readonly peers = new Map<string, ReferencePeer>()
  private readonly params: PeerScoreParams
  private readonly topicParams: Map<string, TopicScoreParams>
  private readonly maxRetained: number
  private readonly partyOf: (ip: string) => string | null

  /** `partyOf` says what an address counts as for P6, null when it does not count. */
  constructor (params: PeerScoreParams, maxRetained: number, partyOf: (ip: string) => string | null) {
    this.params = params
    this.topicParams = new Map(Object.entries(params.topics))
    this.maxRetained = maxRetained
    this.partyOf = partyOf
  }

  addPeer (id: string, ips: string[], now: number): void {
    const known = this.peers.get(id)

    if (known != null && !known.connected && now > known.expire) {
      this.peers.delete(id)
    }
    if (!this.peers.has(id)) {
      this.peers.set(id, { connected: true, expire: 0, leftWith: 0, parties: new Set(), topics: new Map(), behaviour: 0, slow: 0 })
    }

    Object.assign(this.peers.get(id) ?? {}, { connected: true, expire: 0 })
    this.setAddresses(id, ips)
  }

  setAddresses (id: string, ips: string[]): void {
    const peer = this.peers.get(id)

    if (peer?.connected === true) {
      peer.parties = new Set(ips.map(this.partyOf).filter(party => party != null))
    }
  }

  removePeer (id: string, now: number): void {
    const peer = this.peers.get(id)

    if (peer?.connected !== true) {
      return
    }
    if (this.score(id) > 0) {
      this.peers.delete(id)
      return
    }

    for (const [name, topic] of peer.topics) {
      topic.first = 0
      this.leaveMesh(topic, this.paramsOf(name))
    }

    peer.connected = false
    peer.expire = now + this.params.retainScore
    peer.leftWith = this.score(id)

    const retained = [...this.peers].filter(([, { connected }]) => !connected)
    if (retained.length > this.maxRetained) {
      retained.sort(([, a], [, b]) => b.leftWith - a.leftWith || a.expire - b.expire)
      this.peers.delete(retained[0][0])
    }
  }

  onGraft (id: string, name: string, now: number): void {
    this.change(id, name, topic => {
      topic.inMesh = true
      topic.graftTime = now
      topic.meshTime = 0
      topic.active = false
    })
  }

  onPrune (id: string, name: string): void {
    this.change(id, name, (topic, params) => { this.leaveMesh(topic, params) })
  }

  onFirstDelivery (id: string, name: string): void {
    this.change(id, name, (topic, params) => {
      topic.first = Math.min(params.firstMessageDeliveriesCap, topic.first + 1)
      if (topic.inMesh) {
        topic.mesh = Math.min(params.meshMessageDeliveriesCap, topic.mesh + 1)
      }
    })
  }

  onDuplicateDelivery (id: string, name: string, sinceValidatedMs: number): void {
    this.change(id, name, (topic, params) => {
      if (topic.inMesh && sinceValidatedMs <= params.meshMessageDeliveriesWindow) {
        topic.mesh = Math.min(params.meshMessageDeliveriesCap, topic.mesh + 1)
      }
    })
  }

  onInvalidMessage (id: string, name: string): void {
    this.change(id, name, topic => { topic.invalid += 1 })
  }

  addPenalty (id: string, count: number): void {
    const peer = this.peers.get(id)

    if (peer != null) {
      peer.behaviour += count
    }
  }

  addSlowPenalty (id: string, count: number): void {
    const peer = this.peers.get(id)

    if (peer != null) {
      peer.slow += count
    }
  }

  setTopicParams (name: string, params: TopicScoreParams): void {
    this.topicParams.set(name, params)

    for (const { topics } of this.peers.values()) {
      const topic = topics.get(name)

      if (topic != null) {
        topic.first = Math.min(topic.first, params.firstMessageDeliveriesCap)
        topic.mesh = Math.min(topic.mesh, params.meshMessageDeliveriesCap)
      }
    }
  }

  refresh (now: number): void {
    for (const [id, peer] of this.peers) {
      if (!peer.connected) {
        if (now > peer.expire) {
          this.peers.delete(id)
        }
        continue
      }

      for (const [name, topic] of peer.topics) {
        const params = this.paramsOf(name)

        topic.first = this.decay(topic.first, params.firstMessageDeliveriesDecay)
        topic.mesh = this.decay(topic.mesh, params.meshMessageDeliveriesDecay)
        topic.failure = this.decay(topic.failure, params.meshFailurePenaltyDecay)
        topic.invalid = this.decay(topic.invalid, params.invalidMessageDeliveriesDecay)

        if (topic.inMesh) {
          topic.meshTime = now - topic.graftTime
          topic.active = topic.active || topic.meshTime > params.meshMessageDeliveriesActivation
        }
      }

      peer.behaviour = this.decay(peer.behaviour, this.params.behaviourPenaltyDecay)
      peer.slow = this.decay(peer.slow, this.params.slowPeerPenaltyDecay ?? 0.2)
    }
  }

  score (id: string): number {
    const peer = this.peers.get(id)

    if (peer == null) {
      return 0
    }

    let score = 0

    for (const [name, topic] of peer.topics) {
      score += this.topicScore(topic, this.paramsOf(name))
    }
    if (this.params.topicScoreCap > 0 && score > this.params.topicScoreCap) {
      score = this.params.topicScoreCap
    }

    score += this.params.appSpecificScore(id) * this.params.appSpecificWeight

    for (const party of peer.parties) {
      const surplus = [...this.peers.values()].filter(({ parties }) => parties.has(party)).length - this.params.IPColocationFactorThreshold

      if (surplus > 0) {
        score += surplus ** 2 * this.params.IPColocationFactorWeight
      }
    }

    if (peer.behaviour > this.params.behaviourPenaltyThreshold) {
      score += (peer.behaviour - this.params.behaviourPenaltyThreshold) ** 2 * this.params.behaviourPenaltyWeight
    }

    const slowness = peer.slow - (this.params.slowPeerPenaltyThreshold ?? 0)

    return slowness > 0 ? score + slowness * (this.params.slowPeerPenaltyWeight ?? 0) : score
  }

  private topicScore (topic: ReferenceTopic, params: TopicScoreParams): number {
    let score = 0

    if (topic.inMesh) {
      score += Math.min(topic.meshTime / params.timeInMeshQuantum, params.timeInMeshCap) * params.timeInMeshWeight
    }
    score += topic.first * params.firstMessageDeliveriesWeight
    if (topic.active && topic.mesh < params.meshMessageDeliveriesThreshold) {
      score += (params.meshMessageDeliveriesThreshold - topic.mesh) ** 2 * params.meshMessageDeliveriesWeight
    }
    score += topic.failure * params.meshFailurePenaltyWeight
    score += topic.invalid ** 2 * params.invalidMessageDeliveriesWeight

    return score * params.topicWeight
  }

  private leaveMesh (topic: ReferenceTopic, params: TopicScoreParams): void {
    if (topic.active && topic.mesh < params.meshMessageDeliveriesThreshold) {
      topic.failure += (params.meshMessageDeliveriesThreshold - topic.mesh) ** 2
    }
    topic.inMesh = false
    topic.active = false
  }

  private change (id: string, name: string, change: (topic: ReferenceTopic, params: TopicScoreParams) => void): void {
    const peer = this.peers.get(id)

    if (peer != null && this.topicParams.has(name)) {
      const topic = peer.topics.get(name) ?? { inMesh: false, graftTime: 0, meshTime: 0, active: false, first: 0, mesh: 0, failure: 0, invalid: 0 }

      peer.topics.set(name, topic)
      change(topic, this.paramsOf(name))
    }
  }

  /** Only asked for topics that are scored. */
  private paramsOf (name: string): TopicScoreParams {
    const params = this.topicParams.get(name)

    if (params == null) {
      throw new Error(`${name} is not scored`)
    }

    return params
  }

  private decay (counter: number, decay: number): number {
    return counter * decay < this.params.decayToZero ? 0 : counter * decay
  }
}
