import { setTimeout } from 'node:timers/promises'
import { cpuSecondsUsed } from '../../processes/cpu.ts'
import { subscribeFrame, TOPIC } from '../frames.ts'
import { messageEvent, nextTurn, settled } from './stub-node.ts'
import { StubStream } from './stub-stream.ts'
import type { StubNode } from './stub-node.ts'
import type { StreamMessageEvent } from '@libp2p/interface'

const US_PER_SECOND = 1e6

const SWEEP_MS = 200

/** Of the loop alone, at least, before it is measured. */
const WARM_UP_ARRIVALS = 30_000

/** A heartbeat interval that no run lives to see. */
export const NEVER_MS = 3_600_000

/** All peers of the node are in its mesh, if it wants that many. */
export async function joinTopics (node: StubNode, topics: string[] = [TOPIC]): Promise<void> {
  for (const { inbound } of node.peers) {
    inbound.receive(messageEvent(subscribeFrame(topics)))
  }

  await settled('all subscriptions are known', () => topics.every((topic) => node.pubsub.getSubscribers(topic).length === node.peers.length))
  topics.forEach((topic) => { node.pubsub.subscribe(topic) })
  await settled('every topic has a mesh', () => topics.every((topic) => node.pubsub.getMeshPeers(topic).length >= Math.min(node.peers.length, 6)))
  await nextTurn()
}

/** What arrives at one stream, made beforehand. */
export interface Arrival {
  stream: StubStream
  /** In one turn, in order: the pieces of a frame. */
  events: StreamMessageEvent[]
}

/** So many arrivals in each turn of the event loop, which ends when all that was put off until then is done. */
export async function arrive (arrivals: Arrival[], perTurn: number): Promise<void> {
  for (let i = 0; i < arrivals.length; i += perTurn) {
    const end = Math.min(arrivals.length, i + perTurn)

    for (let j = i; j < end; j++) {
      const { stream, events } = arrivals[j]

      for (const event of events) {
        stream.receive(event)
      }
    }

    await nextTurn()
  }
}

/**
 * Of arrivals that will be counted: what the loop alone takes for them, over streams that nobody reads, in microseconds. Before the warm-up,
 * so that none of its garbage is collected meanwhile. What was left by making them is collected first, and nothing on purpose after that: a
 * collection that is asked for, unlike one that comes by itself, makes V8 throw away the code that it has compiled.
 */
export async function loopUsOf (arrivals: Arrival[], perTurn: number): Promise<number> {
  globalThis.gc?.()
  // it sweeps on other threads for a while yet
  await setTimeout(SWEEP_MS)
  const idle = new StubStream('/idle', 'inbound', arrivals[0].stream.log)
  const idleArrivals = arrivals.map(({ events }) => ({ stream: idle, events }))

  for (let warm = 0; warm < WARM_UP_ARRIVALS; warm += idleArrivals.length) {
    await arrive(idleArrivals, perTurn)
  }

  return cpuUsOf(async () => arrive(idleArrivals, perTurn))
}

/** CPU of this process, all threads, for the arrivals and what follows from them until `isDone`, in microseconds; the loop's among it. */
export async function cpuOfArrivals (arrivals: Arrival[], perTurn: number, what: string, isDone: () => boolean): Promise<number> {
  return cpuUsOf(async () => {
    await arrive(arrivals, perTurn)
    await settled(what, isDone)
  })
}

async function cpuUsOf (run: () => Promise<void>): Promise<number> {
  const before = cpuSecondsUsed()
  await run()

  return (cpuSecondsUsed() - before) * US_PER_SECOND
}
