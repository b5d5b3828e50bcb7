import { MESSAGE_BYTES } from '../frames.ts'
import { ANONYMOUS, UNBOUNDED_CACHE } from '../pubsub-options.ts'
import { arrive, cpuOfArrivals, loopUsOf, NEVER_MS } from './feed.ts'
import { cpuOfHeartbeats } from './heartbeat.ts'
import { forward } from './mesh.ts'
import { settled, StubNode } from './stub-node.ts'
import { TopicMesh } from './topic-mesh.ts'
import type { PubsubFactory } from '../contestants.ts'
import type { FrameFactory } from '../frames.ts'
import type { Workload } from '../workload.ts'
import type { Arrival } from './feed.ts'

/** Messages that each heartbeat gossips about, of all topics together. */
export const GOSSIP_MESSAGES = 1_000

/** Small ones before those that are measured, and some of the measured size, so that code is loaded and compiled. */
const WARM_UP_MESSAGES = 20_000
const WARM_UP_OF_SIZE = 1_000
/** So many are made and arrive before the next are made. */
const WARM_UP_BATCH = 50

/** What a node sees that keeps up. */
const PER_TURN = 1

/** Far more often than in a network, and seldom enough for each to end before the next. */
const HEARTBEAT_MS = 20

/** Of those in the workload: each figure has several points. */
export const HEARTBEATS_SHARE = 0.25

/** Windows of the message cache: nothing leaves it while heartbeats are measured. */
const WINDOWS = 200

/** New messages and their duplicates, of all topics in turn, from the peers in their meshes. */
export async function measureGrowingMessages (create: PubsubFactory, { peers, topics, messageBytes, growthMessages }: Workload): Promise<Record<string, number>> {
  const node = await StubNode.start(create, { ...ANONYMOUS, ...UNBOUNDED_CACHE, heartbeatInterval: NEVER_MS }, peers)
  const meshes = await TopicMesh.join(node, topicNames(topics))
  const { uniques, duplicates } = messagesOf(meshes, meshes.map((mesh) => mesh.factory(messageBytes)), 0, growthMessages)
  const loopUs = await loopUsOf(uniques, PER_TURN)
  const duplicatesLoopUs = await loopUsOf(duplicates, PER_TURN)
  await warmUp(node, meshes, MESSAGE_BYTES, WARM_UP_MESSAGES)
  await warmUp(node, meshes, messageBytes, WARM_UP_OF_SIZE)

  const us = await forward(node, uniques, PER_TURN) - loopUs
  const { delivered } = node
  const usDuplicates = await cpuOfArrivals(duplicates, PER_TURN, 'duplicates are dropped', () => true) - duplicatesLoopUs

  if (node.delivered !== delivered) {
    throw new Error(`${node.delivered - delivered} duplicates were delivered`)
  }

  await node.stop()

  return { us: us / uniques.length, usDuplicate: usDuplicates / duplicates.length }
}

/** The same, and heartbeats with some messages to gossip about. */
export async function measureGrowingNode (create: PubsubFactory, workload: Workload): Promise<Record<string, number>> {
  const messages = await measureGrowingMessages(create, workload)
  const node = await StubNode.start(create, { ...ANONYMOUS, heartbeatInterval: HEARTBEAT_MS, mcacheLength: WINDOWS, mcacheGossip: WINDOWS }, workload.peers)
  const meshes = await TopicMesh.join(node, topicNames(workload.topics))
  await arrive(messagesOf(meshes, meshes.map((mesh) => mesh.factory(MESSAGE_BYTES)), 0, GOSSIP_MESSAGES).uniques, PER_TURN)

  return { ...messages, ...await cpuOfHeartbeats(node, Math.ceil(workload.heartbeats * HEARTBEATS_SHARE)) }
}

function topicNames (count: number): string[] {
  return Array.from({ length: count }, (_, i) => `/eth2/4a26c58b/beacon_attestation_${i}/ssz_snappy`)
}

async function warmUp (node: StubNode, meshes: TopicMesh[], messageBytes: number, count: number): Promise<void> {
  const delivered = node.delivered + count
  const factories = meshes.map((mesh) => mesh.factory(messageBytes))

  for (let from = 0; from < count; from += WARM_UP_BATCH) {
    const { uniques, duplicates } = messagesOf(meshes, factories, from, WARM_UP_BATCH)
    await arrive(uniques, PER_TURN)
    await arrive(duplicates, PER_TURN)
  }

  await settled('all is delivered', () => node.delivered === delivered)
}

/** So many messages, of the topics in turn, from the one of number `from` on. */
function messagesOf (meshes: TopicMesh[], factories: FrameFactory[], from: number, count: number): { uniques: Arrival[], duplicates: Arrival[] } {
  const uniques: Arrival[] = []
  const duplicates: Arrival[] = []

  for (let i = from; i < from + count; i++) {
    const topic = i % meshes.length
    // the peers of a mesh take turns, too
    const peer = topic + Math.floor(i / meshes.length)
    const frame = factories[topic].next()
    uniques.push(meshes[topic].arrival(peer, frame))
    duplicates.push(...meshes[topic].duplicates(peer, frame))
  }

  return { uniques, duplicates }
}
