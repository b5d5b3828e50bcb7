import { setTimeout as delay } from 'node:timers/promises'
import { ANONYMOUS } from '../pubsub-options.ts'
import { NEVER_MS } from './feed.ts'
import { StubNode } from './stub-node.ts'
import type { PubsubFactory } from '../contestants.ts'

export const SUBSCRIBED_TOPICS = 64
export const SUBSCRIBING_PEERS = 100

/** For everything that follows from a subscription to be sent. */
const SETTLE_MS = 500

/** What many calls of `subscribe` in a row make the service send. */
export async function measureSubscribing (create: PubsubFactory): Promise<Record<string, number>> {
  const node = await StubNode.start(create, { ...ANONYMOUS, heartbeatInterval: NEVER_MS }, SUBSCRIBING_PEERS)
  const before = node.sent

  for (let i = 0; i < SUBSCRIBED_TOPICS; i++) {
    node.pubsub.subscribe(`topic-${i}`)
  }

  await delay(SETTLE_MS)
  const after = node.sent
  await node.stop()

  return { frames: after.frames - before.frames, sends: after.sends - before.sends }
}
