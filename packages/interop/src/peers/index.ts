import { goPeer } from './go.ts'
import { chainsafePeer, quicmeshPeer } from './js.ts'
import { pythonPeer } from './python.ts'
import { rustPeer } from './rust.ts'
import type { Peer } from './peer.ts'

/** All that there are, ours first. */
export const PEERS: Peer[] = [quicmeshPeer, goPeer, rustPeer, pythonPeer, chainsafePeer]
