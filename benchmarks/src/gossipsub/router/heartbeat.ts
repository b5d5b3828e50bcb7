import { cpuSecondsUsed } from '../../processes/cpu.ts'
import { FrameFactory, MESSAGE_BYTES } from '../frames.ts'
import { ANONYMOUS } from '../pubsub-options.ts'
import { arrive, joinTopics } from './feed.ts'
import { messageEvent, StubNode } from './stub-node.ts'
import type { PubsubFactory } from '../contestants.ts'
import type { Workload } from '../workload.ts'

export const HEARTBEAT_PEERS = 100
export const HEARTBEAT_TOPICS = 100

/** Far more often than in a network, and seldom enough for each to end before the next. */
const OF_MANY_TOPICS_MS = 40
const OF_MANY_IDS_MS = 150

/** Not counted: meshes come to rest and code is compiled. */
const WARM_UP_HEARTBEATS = 10

/** Windows of the message cache: nothing leaves it while it is measured. */
const WINDOWS = 4_000

const PER_TURN = 16

const MS_PER_SECOND = 1_000

/** Meshes that rest, and nothing to gossip about. */
export async function measureTopicHeartbeats (create: PubsubFactory, { heartbeats }: Workload): Promise<Record<string, number>> {
  const node = await StubNode.start(create, { ...ANONYMOUS, heartbeatInterval: OF_MANY_TOPICS_MS }, HEARTBEAT_PEERS)
  await joinTopics(node, Array.from({ length: HEARTBEAT_TOPICS }, (_, i) => `topic-${i}`))

  return cpuOfHeartbeats(node, heartbeats)
}

/** One mesh that rests, and many messages to gossip about. */
export async function measureGossipHeartbeats (create: PubsubFactory, { gossipIds, heartbeats }: Workload): Promise<Record<string, number>> {
  const node = await StubNode.start(create, { ...ANONYMOUS, heartbeatInterval: OF_MANY_IDS_MS, mcacheLength: WINDOWS, mcacheGossip: WINDOWS }, HEARTBEAT_PEERS)
  await joinTopics(node)
  const factory = new FrameFactory(MESSAGE_BYTES)

  for (let i = 0; i < gossipIds; i += PER_TURN) {
    await arrive(Array.from({ length: Math.min(PER_TURN, gossipIds - i) }, (_, j) => ({
      stream: node.peers[j].inbound,
      events: [messageEvent(factory.next())]
    })), PER_TURN)
  }

  return cpuOfHeartbeats(node, heartbeats)
}

/** CPU of this process, which does nothing else, in milliseconds for each heartbeat, with what it makes the service send. */
export async function cpuOfHeartbeats (node: StubNode, heartbeats: number): Promise<Record<string, number>> {
  await heartbeatsOf(node, WARM_UP_HEARTBEATS)
  const before = { cpuSeconds: cpuSecondsUsed(), ...node.sent }
  await heartbeatsOf(node, heartbeats)
  const cpuSeconds = cpuSecondsUsed() - before.cpuSeconds
  const bytes = node.sent.bytes - before.bytes
  await node.stop()

  return { ms: cpuSeconds * MS_PER_SECOND / heartbeats, sentBytes: bytes / heartbeats }
}

/** From the end of one to the end of another. */
async function heartbeatsOf (node: StubNode, count: number): Promise<void> {
  let left = count + 1

  return new Promise((resolve) => {
    node.pubsub.addEventListener('gossipsub:heartbeat', () => {
      left--

      if (left === 0) {
        resolve()
      }
    })
  })
}
