import { setTimeout as delay } from 'node:timers/promises'
import { FrameFactory, MESSAGE_BYTES } from '../frames.ts'
import { ANONYMOUS, UNBOUNDED_CACHE } from '../pubsub-options.ts'
import { joinTopics, NEVER_MS } from './feed.ts'
import { messageEvent, nextTurn, StubNode } from './stub-node.ts'
import type { PubsubFactory } from '../contestants.ts'
import type { BenchOptions } from '../pubsub-options.ts'
import type { Workload } from '../workload.ts'

/** Memory is told of messages after these, which load code and fill what has a fixed size. */
const WARM_UP_MESSAGES = 2_000

const PER_TURN = 16

/** Payload of the messages whose ids are counted: little more than the id. */
export const SMALL_BYTES = 32

/** More than any figure counts: what a bound forgets must not look like what is small. */
export const NO_BOUND = 4_000_000

/** Nothing is forgotten by time before the process ends. */
export const SEEN_TTL_MS = 3_600_000

/** The message cache lets go of everything after two of them. */
const SHORT_HEARTBEAT_MS = 100
const HEARTBEATS_TO_FORGET = 6

const SEEN_ALONE: BenchOptions = { heartbeatInterval: SHORT_HEARTBEAT_MS, mcacheLength: 1, mcacheGossip: 1 }
const SEEN_AND_CACHED: BenchOptions = { ...UNBOUNDED_CACHE, heartbeatInterval: NEVER_MS }

/** Bytes by which memory has grown for each id that is in the seen cache and nowhere else. */
export async function measureSeen (create: PubsubFactory, { fewIds, manyIds }: Workload): Promise<Record<string, number>> {
  const [few, many] = await growth(create, SEEN_ALONE, SMALL_BYTES, [fewIds, manyIds])

  return { few, many }
}

/** Bytes that a message takes while it can be asked for, without its payload; and that without its id in the seen cache. */
export async function measureCached (create: PubsubFactory, { cachedMessages }: Workload): Promise<Record<string, number>> {
  const [seen] = await growth(create, SEEN_ALONE, MESSAGE_BYTES, [cachedMessages])
  const [both] = await growth(create, SEEN_AND_CACHED, MESSAGE_BYTES, [cachedMessages])

  return { bytes: both - MESSAGE_BYTES, withoutId: both - seen - MESSAGE_BYTES }
}

/** Bytes for each message, when there have been so many; `counts` ascend. */
async function growth (create: PubsubFactory, options: BenchOptions, messageBytes: number, counts: number[]): Promise<number[]> {
  // one peer, to which nothing goes back: only what comes in is kept
  const node = await StubNode.start(create, { ...ANONYMOUS, ...options, seenTTL: SEEN_TTL_MS, maxSeenMessages: NO_BOUND }, 1)
  await joinTopics(node)
  const factory = new FrameFactory(messageBytes)
  await feed(node, factory, WARM_UP_MESSAGES)
  const before = await heapBytes()
  const perMessage: number[] = []
  let fed = 0

  for (const count of counts) {
    await feed(node, factory, count - fed)
    fed = count
    perMessage.push((await heapBytes() - before) / count)
  }

  if (node.delivered !== WARM_UP_MESSAGES + fed) {
    throw new Error(`${node.delivered} of ${WARM_UP_MESSAGES + fed} messages were delivered`)
  }

  await node.stop()

  return perMessage
}

/** Made as they are needed: nothing is left of them here. */
async function feed (node: StubNode, factory: FrameFactory, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    node.peers[0].inbound.receive(messageEvent(factory.next()))

    if (i % PER_TURN === PER_TURN - 1) {
      await nextTurn()
    }
  }

  await delay(SHORT_HEARTBEAT_MS * HEARTBEATS_TO_FORGET)
}

/** On the heap and in buffers outside of it, without garbage; it needs `--expose-gc`. */
export async function heapBytes (): Promise<number> {
  if (globalThis.gc == null) {
    throw new Error('Started without --expose-gc')
  }

  await globalThis.gc({ execution: 'async' })
  await globalThis.gc({ execution: 'async' })
  const { heapUsed, external } = process.memoryUsage()

  return heapUsed + external
}
