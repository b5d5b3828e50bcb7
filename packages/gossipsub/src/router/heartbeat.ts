import { maintainFanout } from './fanout.ts'
import { ignoreOverdueMessages } from './forward.ts'
import { emitGossip, punishBrokenPromises } from './gossip.ts'
import { maintainMesh } from './mesh-maintenance.ts'
import { refreshScores } from './scoring.ts'
import type { Turn } from './state.ts'

/** The heartbeat procedure (gossipsub-v1.0.md "Heartbeat", gossipsub-v1.1.md "Heartbeat Maintenance"): these steps, in this order. */
export function heartbeat (turn: Turn): void {
  turn.state.ticks++
  ignoreOverdueMessages(turn)
  refreshScores(turn)
  punishBrokenPromises(turn)
  expireBackoffs(turn)
  expireSeenIds(turn)
  renewAllowances(turn)
  maintainMeshes(turn)
  maintainFanout(turn)
  emitGossip(turn)
  shiftMessageCache(turn)
}

function expireBackoffs ({ state, now }: Turn): void {
  state.backoff.expire(now)
}

function expireSeenIds ({ state, now }: Turn): void {
  state.seen.expire(now)
  state.deliveries.expire(now)
}

/** What a peer may ask of us, and we of it, is counted from heartbeat to heartbeat. */
function renewAllowances ({ state }: Turn): void {
  for (const peer of state.peers.values()) {
    peer.startHeartbeat(state.params.idontwantTtl)

    if (peer.unwanted.isEmpty) {
      state.choosy.delete(peer.id)
    }
  }
}

function maintainMeshes (turn: Turn): void {
  for (const topic of turn.state.mesh.keys()) {
    maintainMesh(turn, topic)
  }
}

function shiftMessageCache ({ state }: Turn): void {
  state.messages.shift()
}
