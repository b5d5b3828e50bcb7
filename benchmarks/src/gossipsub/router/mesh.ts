import { FrameFactory, MESSAGE_BYTES, TOPIC } from '../frames.ts'
import { MESH } from '../pubsub-options.ts'
import { cpuOfArrivals, joinTopics, NEVER_MS } from './feed.ts'
import { messageEvent, settled, StubNode } from './stub-node.ts'
import type { PubsubFactory } from '../contestants.ts'
import type { BenchOptions } from '../pubsub-options.ts'
import type { Arrival } from './feed.ts'
import type { StubPeer } from './stub-node.ts'

/** Peers of the node, all in its mesh; whoever sent a message does not get it back. */
export const PEERS = MESH.D
export const FORWARDS = PEERS - 1

/** Times that a message comes by. */
export const COPIES = 4

/** Most bytes that a transport hands over at once. */
const PIECE_BYTES = 64 * 1_024

/** A node with one topic and a mesh of all its peers. No heartbeat comes between. */
export async function startMesh (create: PubsubFactory, options: BenchOptions): Promise<StubNode> {
  const node = await StubNode.start(create, { ...options, heartbeatInterval: NEVER_MS }, PEERS)
  await joinTopics(node)
  await settled(`${PEERS} peers are in the mesh`, () => node.pubsub.getMeshPeers(TOPIC).length === PEERS)

  return node
}

/** New messages, from the mesh peers in turn. */
export function uniqueArrivals (node: StubNode, count: number, messageBytes: number = MESSAGE_BYTES): Arrival[] {
  const factory = new FrameFactory(messageBytes)

  return Array.from({ length: count }, (_, i) => arrivalAt(node, i, factory.next()))
}

/** The copies of a message that the peer of that number sent first, from others, in memory of their own. */
export function duplicatesOf (node: StubNode, firstPeer: number, frame: Uint8Array): Arrival[] {
  return Array.from({ length: COPIES - 1 }, (_, copy) => arrivalAt(node, firstPeer + 1 + copy, new Uint8Array(frame)))
}

/** From one of the peers, in pieces as a transport hands them over. */
export function arrivalAt (node: StubNode, peer: number, frame: Uint8Array): Arrival {
  return arrivalFrom(node.peers[peer % PEERS], frame)
}

/** The same from any peer. */
export function arrivalFrom (peer: StubPeer, frame: Uint8Array): Arrival {
  const pieces = Math.ceil(frame.byteLength / PIECE_BYTES)

  return {
    stream: peer.inbound,
    events: Array.from({ length: pieces }, (_, i) => messageEvent(frame.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)))
  }
}

/**
 * CPU of unique messages, their duplicates and the loop among them, in microseconds.
 *
 * @throws {Error} when one was not delivered once, or not forwarded to all others
 */
export async function forward (node: StubNode, arrivals: Arrival[], perTurn: number, unique: number = arrivals.length): Promise<number> {
  const delivered = node.delivered + unique
  const forwarded = node.sent.messages + unique * FORWARDS
  const us = await cpuOfArrivals(arrivals, perTurn, 'all is forwarded', () => node.sent.messages >= forwarded)

  if (node.delivered !== delivered || node.sent.messages !== forwarded) {
    throw new Error(`Of ${unique} messages ${node.delivered - delivered} more than those were delivered, ${node.sent.messages - forwarded} more than ${FORWARDS} times as many forwarded`)
  }

  return us
}
