import { setTimeout as delay } from 'node:timers/promises'
import { FrameFactory } from '../frames.ts'
import { ANONYMOUS } from '../pubsub-options.ts'
import { arrive, cpuOfArrivals, joinTopics, loopUsOf } from './feed.ts'
import { HEARTBEATS_SHARE } from './growth.ts'
import { cpuOfHeartbeats } from './heartbeat.ts'
import { heapBytes, NO_BOUND, SEEN_TTL_MS, SMALL_BYTES } from './memory.ts'
import { arrivalFrom } from './mesh.ts'
import { messageEvent, nextTurn, StubNode } from './stub-node.ts'
import type { PubsubFactory } from '../contestants.ts'
import type { BenchOptions } from '../pubsub-options.ts'
import type { Workload } from '../workload.ts'

/** Messages that come again and are counted, spread over all that were seen. */
export const SEEN_AGAIN = 5_000

/** Those that come again before, in between of them, so that code is compiled. Where there are not as many, they come more than once. */
const WARM_UP_AGAIN = 35_000

/** Memory is told of messages after these, which load code and fill what has a fixed size. */
const WARM_UP_MESSAGES = 2_000

/** Many at once, so that millions take seconds. */
const PER_FRAME = 16
const PER_TURN = 64

/** The message cache lets go of everything after two of them. */
const HEARTBEAT_MS = 50
const HEARTBEATS_TO_FORGET = 6

/** Of ids alone: nothing is cached, forgotten or gossiped about. */
const OPTIONS: BenchOptions = { ...ANONYMOUS, heartbeatInterval: HEARTBEAT_MS, mcacheLength: 1, mcacheGossip: 1, seenTTL: SEEN_TTL_MS, maxSeenMessages: NO_BOUND }

/** Memory of ids in the seen cache, and what looking them up and a heartbeat cost when there are so many. */
export async function measureSeenIds (create: PubsubFactory, { seenIds, heartbeats }: Workload): Promise<Record<string, number>> {
  // one peer, to which nothing goes back: only what comes in is kept
  const node = await StubNode.start(create, OPTIONS, 1)
  await joinTopics(node)
  // there before memory is counted
  const factory = new FrameFactory(SMALL_BYTES)
  const again = Array.from({ length: Math.min(seenIds, WARM_UP_AGAIN + SEEN_AGAIN) }, () => factory.next())
  const arrivals = again.map((frame) => arrivalFrom(node.peers[0], frame))
  const step = Math.max(2, Math.floor(again.length / SEEN_AGAIN))
  const counted = arrivals.filter((_, i) => i % step === 0)
  const others = arrivals.filter((_, i) => i % step !== 0)
  const early = Array.from({ length: WARM_UP_MESSAGES }, () => factory.next())
  const loopUs = await loopUsOf(counted, 1)
  await feed(node, WARM_UP_MESSAGES, early)
  // the code that copies need, and what it knows of them, is no memory of ids
  await arrive(early.map((frame) => arrivalFrom(node.peers[0], frame)), 1)

  const before = await heapBytes()
  await feed(node, seenIds, again)
  const { delivered } = node

  for (let warm = 0; warm < WARM_UP_AGAIN; warm += others.length) {
    await arrive(others, 1)
  }

  const usDuplicates = await cpuOfArrivals(counted, 1, 'duplicates are dropped', () => true) - loopUs
  // not before: to collect garbage would throw away the code
  const bytes = (await heapBytes() - before) / seenIds

  if (delivered !== WARM_UP_MESSAGES + seenIds || node.delivered !== delivered) {
    throw new Error(`${delivered} of ${WARM_UP_MESSAGES + seenIds} messages were delivered, and ${node.delivered - delivered} of them once more`)
  }

  const { ms } = await cpuOfHeartbeats(node, Math.ceil(heartbeats * HEARTBEATS_SHARE))

  return { bytes, usDuplicate: usDuplicates / counted.length, ms }
}

/**
 * So many messages, these among them at the same distance from each other. The rest, which fills whole frames, is made as it is needed:
 * nothing is left of it here.
 */
async function feed (node: StubNode, count: number, frames: Uint8Array[] = []): Promise<void> {
  const { inbound } = node.peers[0]
  const factory = new FrameFactory(SMALL_BYTES, PER_FRAME)
  const others = (count - frames.length) / PER_FRAME
  const turns = Math.ceil(count / PER_TURN)
  let fed = 0
  let fedOthers = 0

  for (let turn = 1; turn <= turns; turn++) {
    for (; fedOthers < others * turn / turns; fedOthers++) {
      inbound.receive(messageEvent(factory.next()))
    }

    for (; fed < frames.length * turn / turns; fed++) {
      inbound.receive(messageEvent(new Uint8Array(frames[fed])))
    }

    await nextTurn()
  }

  await delay(HEARTBEAT_MS * HEARTBEATS_TO_FORGET)
}
