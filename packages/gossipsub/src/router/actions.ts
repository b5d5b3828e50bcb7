import type { EncodedIds } from './encoded-ids.ts'
import type { Action, Control, DropReason, MessageId, PeerIdStr, PenaltyReason, Prune, TopicStr } from './events.ts'

type SendRpc = Extract<Action, { type: 'sendRpc' }>
type ReportDrop = Extract<Action, { type: 'reportDrop' }>
type ReportPenalty = Extract<Action, { type: 'reportPenalty' }>

/**
 * The actions of one call of `handle`, in order. What one peer is told is gathered into one `sendRpc`, at the place of its
 * first part; no two peers ever share an object that could be changed.
 */
export class Actions {
  private actions?: Action[]
  private rpcs?: Map<PeerIdStr, SendRpc>
  private drops?: Map<string, ReportDrop>

  get list (): Action[] {
    return this.actions ?? []
  }

  push (action: Exclude<Action, SendRpc | ReportDrop | ReportPenalty>): void {
    this.append(action)
  }

  announce (peer: PeerIdStr, topic: TopicStr, subscribe: boolean): void {
    const rpc = this.rpcTo(peer)
    rpc.subscriptions ??= []
    rpc.subscriptions.push({ subscribe, topic })
  }

  graft (peer: PeerIdStr, topic: TopicStr): void {
    this.controlTo(peer).graft.push({ topicID: topic })
  }

  prune (peer: PeerIdStr, prune: Prune): void {
    this.controlTo(peer).prune.push(prune)
  }

  ihave (peer: PeerIdStr, topic: TopicStr, ids: EncodedIds): void {
    this.controlTo(peer).ihave.push({ topic, ids })
  }

  /** `ids` is kept: a fresh array for each peer. */
  iwant (peer: PeerIdStr, ids: MessageId[]): void {
    this.controlTo(peer).iwant.push({ messageIDs: ids })
  }

  /** The ids of one call of `handle` go out in one list. */
  idontwant (peer: PeerIdStr, id: MessageId): void {
    const { idontwant } = this.controlTo(peer)

    if (idontwant.length === 0) {
      idontwant.push({ messageIDs: [] })
    }

    idontwant[0].messageIDs.push(id)
  }

  penalty (peer: PeerIdStr, reason: PenaltyReason, count: number): void {
    this.append({ type: 'reportPenalty', peer, reason, count })
  }

  /** Counted in one action per peer and reason, so that a frame full of rubbish does not become as many actions. */
  drop (peer: PeerIdStr, reason: DropReason): void {
    const key = `${reason} ${peer}`
    this.drops ??= new Map()
    let drop = this.drops.get(key)

    if (drop == null) {
      drop = { type: 'reportDrop', peer, reason, count: 0 }
      this.drops.set(key, drop)
      this.append(drop)
    }

    drop.count++
  }

  /** One action is the most frequent number: an array that is pushed to begins with room for many. */
  private append (action: Action): void {
    if (this.actions == null) {
      this.actions = [action]
    } else {
      this.actions.push(action)
    }
  }

  private controlTo (peer: PeerIdStr): Control {
    const rpc = this.rpcTo(peer)
    rpc.control ??= { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

    return rpc.control
  }

  private rpcTo (peer: PeerIdStr): SendRpc {
    this.rpcs ??= new Map()
    let rpc = this.rpcs.get(peer)

    if (rpc == null) {
      rpc = { type: 'sendRpc', peer }
      this.rpcs.set(peer, rpc)
      this.append(rpc)
    }

    return rpc
  }
}
