import type { Action, DropReason, MessageId, PeerIdStr, TopicStr } from './events.ts'
import type { RPC } from '../wire/rpc.ts'

type SendRpc = Extract<Action, { type: 'sendRpc' }>
type ReportDrop = Extract<Action, { type: 'reportDrop' }>

/**
 * The actions of one call of `handle`, in order. What one peer is told is gathered into one `sendRpc`, at the place of its
 * first part; no two peers ever share an object that could be changed.
 */
export class Actions {
  readonly list: Action[] = []
  private readonly rpcs = new Map<PeerIdStr, SendRpc>()
  private readonly drops = new Map<string, ReportDrop>()

  push (action: Exclude<Action, SendRpc | ReportDrop>): void {
    this.list.push(action)
  }

  announce (peer: PeerIdStr, topic: TopicStr, subscribe: boolean): void {
    const rpc = this.rpcTo(peer)
    rpc.subscriptions ??= []
    rpc.subscriptions.push({ subscribe, topic })
  }

  graft (peer: PeerIdStr, topic: TopicStr): void {
    this.controlTo(peer).graft.push({ topicID: topic })
  }

  /** gossipsub-v1.0.md "PRUNE": neither backoff nor peers, which version 1.0 does not know. */
  prune (peer: PeerIdStr, topic: TopicStr): void {
    this.controlTo(peer).prune.push({ topicID: topic, peers: [] })
  }

  /** `ids` is kept: a fresh array for each peer. */
  ihave (peer: PeerIdStr, topic: TopicStr, ids: MessageId[]): void {
    this.controlTo(peer).ihave.push({ topicID: topic, messageIDs: ids })
  }

  /** `ids` is kept: a fresh array for each peer. */
  iwant (peer: PeerIdStr, ids: MessageId[]): void {
    this.controlTo(peer).iwant.push({ messageIDs: ids })
  }

  /** Counted in one action per peer and reason, so that a frame full of rubbish does not become as many actions. */
  drop (peer: PeerIdStr, reason: DropReason): void {
    const key = `${reason} ${peer}`
    let drop = this.drops.get(key)

    if (drop == null) {
      drop = { type: 'reportDrop', peer, reason, count: 0 }
      this.drops.set(key, drop)
      this.list.push(drop)
    }

    drop.count++
  }

  private controlTo (peer: PeerIdStr): RPC.ControlMessage {
    const rpc = this.rpcTo(peer)
    rpc.control ??= { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

    return rpc.control
  }

  private rpcTo (peer: PeerIdStr): SendRpc {
    let rpc = this.rpcs.get(peer)

    if (rpc == null) {
      rpc = { type: 'sendRpc', peer }
      this.rpcs.set(peer, rpc)
      this.list.push(rpc)
    }

    return rpc
  }
}
