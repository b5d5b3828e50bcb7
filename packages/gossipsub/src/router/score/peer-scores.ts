export type PeerScoreStatsDump = Record<string, unknown>
export class PeerScores {
  deliveriesWindowMs = 0
  init: any
  constructor (init: { params: any, maxRetained: number }) { this.init = init }
  addPeer (peer: string, ips: readonly string[], now: number): void {}
  setAddresses (peer: string, ips: readonly string[]): void {}
  removePeer (peer: string, now: number): void {}
  onGraft (peer: string, topic: string, now: number): void {}
  onPrune (peer: string, topic: string, now: number): void {}
  onFirstDelivery (peer: string, topic: string): void {}
  onDuplicateDelivery (peer: string, topic: string, since: number): void {}
  onInvalidMessage (peer: string, topic: string): void {}
  addPenalty (peer: string, count: number): void {}
  addSlowPenalty (peer: string, count: number): void {}
  refresh (now: number): void {}
  score (peer: string): number { return this.init.params.appSpecificScore(peer) }
  setTopicParams (topic: string, params: any): void {}
  dump (): PeerScoreStatsDump { return {} }
}
