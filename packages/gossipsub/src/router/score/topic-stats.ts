import { decayed } from './decay.ts'
import type { TopicScoreParams } from './params.ts'

/** A topic that is scored. All peers' stats of the topic share it, so that new parameters apply at once. */
export interface ScoredTopic {
  params: TopicScoreParams
}

/** What P1 to P4 of one topic add to a score, each times its weight, before `topicWeight`. */
export interface TopicComponents {
  p1: number
  p2: number
  p3: number
  p3b: number
  p4: number
}

/** What one peer did in one scored topic: the counters of P1 to P4 (gossipsub-v1.1.md "Topic Parameter Calculation and Decay"). */
export class TopicStats {
  inMesh = false
  /** When the peer was grafted last, in the clock of the caller. Only valid in the mesh. */
  graftTime = 0
  /** As of the last refresh, ms. */
  meshTime = 0
  firstMessageDeliveries = 0
  meshMessageDeliveries = 0
  /** The peer was in the mesh for long enough for P3. */
  meshMessageDeliveriesActive = false
  meshFailurePenalty = 0
  invalidMessageDeliveries = 0

  private readonly topic: ScoredTopic
  private cachedScore = 0
  private isStale = false

  constructor (topic: ScoredTopic) {
    this.topic = topic
  }

  onGraft (now: number): void {
    this.inMesh = true
    this.graftTime = now
    this.meshTime = 0
    this.meshMessageDeliveriesActive = false
    this.isStale = true
  }

  /**
   * A deficit at this moment sticks to the peer as P3b. P3 itself ends: who is not in the mesh owes nothing to it (as in
   * rust and js; in go it goes on until the next GRAFT).
   */
  onPrune (): void {
    if (this.meshMessageDeliveriesActive) {
      this.meshFailurePenalty += this.deficit() ** 2
    }

    this.inMesh = false
    this.meshMessageDeliveriesActive = false
    this.isStale = true
  }

  /** Leave the mesh as by a PRUNE, and start over with P2: retained scores are not to be lived off. */
  onDisconnect (): void {
    this.firstMessageDeliveries = 0
    this.onPrune()
  }

  onFirstDelivery (): void {
    const { firstMessageDeliveriesCap } = this.topic.params

    this.firstMessageDeliveries = Math.min(firstMessageDeliveriesCap, this.firstMessageDeliveries + 1)
    this.isStale = true

    if (this.inMesh) {
      this.onMeshDelivery()
    }
  }

  onDuplicateDelivery (sinceValidatedMs: number): void {
    if (this.inMesh && sinceValidatedMs <= this.topic.params.meshMessageDeliveriesWindow) {
      this.onMeshDelivery()
    }
  }

  onInvalidMessage (): void {
    this.invalidMessageDeliveries++
    this.isStale = true
  }

  /** Decay the counters; take the time in the mesh; begin with P3 when it is due. */
  refresh (decayToZero: number, now: number): void {
    const { params } = this.topic

    this.firstMessageDeliveries = decayed(this.firstMessageDeliveries, params.firstMessageDeliveriesDecay, decayToZero)
    this.meshMessageDeliveries = decayed(this.meshMessageDeliveries, params.meshMessageDeliveriesDecay, decayToZero)
    this.meshFailurePenalty = decayed(this.meshFailurePenalty, params.meshFailurePenaltyDecay, decayToZero)
    this.invalidMessageDeliveries = decayed(this.invalidMessageDeliveries, params.invalidMessageDeliveriesDecay, decayToZero)

    if (this.inMesh) {
      this.meshTime = now - this.graftTime
      this.meshMessageDeliveriesActive ||= this.meshTime > params.meshMessageDeliveriesActivation
    }

    this.isStale = true
  }

  /** After new parameters: no counter above its cap. */
  recap (): void {
    const { firstMessageDeliveriesCap, meshMessageDeliveriesCap } = this.topic.params

    this.firstMessageDeliveries = Math.min(firstMessageDeliveriesCap, this.firstMessageDeliveries)
    this.meshMessageDeliveries = Math.min(meshMessageDeliveriesCap, this.meshMessageDeliveries)
    this.isStale = true
  }

  /** What the topic adds to the score. */
  score (): number {
    if (this.isStale) {
      const { p1, p2, p3, p3b, p4 } = this.components()

      this.cachedScore = (p1 + p2 + p3 + p3b + p4) * this.topic.params.topicWeight
      this.isStale = false
    }

    return this.cachedScore
  }

  components (): TopicComponents {
    const { params } = this.topic
    const deficit = this.meshMessageDeliveriesActive ? this.deficit() : 0

    return {
      p1: this.inMesh ? weighted(params.timeInMeshWeight, Math.min(params.timeInMeshCap, this.meshTime / params.timeInMeshQuantum)) : 0,
      p2: weighted(params.firstMessageDeliveriesWeight, this.firstMessageDeliveries),
      p3: weighted(params.meshMessageDeliveriesWeight, deficit * deficit),
      p3b: weighted(params.meshFailurePenaltyWeight, this.meshFailurePenalty),
      p4: weighted(params.invalidMessageDeliveriesWeight, this.invalidMessageDeliveries * this.invalidMessageDeliveries)
    }
  }

  private onMeshDelivery (): void {
    this.meshMessageDeliveries = Math.min(this.topic.params.meshMessageDeliveriesCap, this.meshMessageDeliveries + 1)
    this.isStale = true
  }

  private deficit (): number {
    return Math.max(0, this.topic.params.meshMessageDeliveriesThreshold - this.meshMessageDeliveries)
  }
}

/** A component with weight 0 is off, whatever its value: the other parameters of its group need not make sense then. */
export function weighted (weight: number, value: number): number {
  return weight === 0 ? 0 : weight * value
}
