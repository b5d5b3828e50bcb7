import { setTimeout as delay } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { answerParent } from '../../processes/channel.ts'
import { percentile } from '../../statistics.ts'
import { FrameFactory } from '../frames.ts'
import { ageMs, stamp } from './clock.ts'
import { FrameReader } from './frame-reader.ts'
import { BURST_MS, COPY_MS, pace, within } from './pace.ts'
import { RawPeer } from './raw-peer.ts'
import type { StackName } from '../../contestants.ts'

export interface PeersVerbs {
  /** Starts so many peers, which connect to the node and join its mesh. */
  start: { argument: { stack: StackName, node: string, count: number }, result: undefined }
  /** Resolves when all that was sent has come back from the node as often as it must. */
  replay: { argument: Replay, result: undefined }
  /** Sends messages with the time in them from one peer and answers with how long they took to reach the others. */
  time: { argument: Timed, result: Latencies }
  /** Bytes a second that each peer reads from now on, 0 for as many as it can. */
  throttle: { argument: number, result: undefined }
  /** Messages that all peers have got, and whether all still have a stream from the node. */
  state: { argument: undefined, result: { messages: number, areRead: boolean } }
}

export interface Replay {
  messageBytes: number
  /** How many of the peers send each message. */
  copies: number
  messagesPerFrame: number
  /** Messages a second. */
  rate: number
  seconds: number
  /** Between those that are sent together, a multiple of the time between copies. */
  burstMs: number
}

export type Timed = Pick<Replay, 'messageBytes' | 'rate' | 'seconds'>

export interface Latencies {
  p50Ms: number
  p99Ms: number
  /** Messages that did not come, over all others. */
  lost: number
}

/** For streams to be opened and for the last messages to come back. */
const SETTLE_TIMEOUT_MS = 15_000

/** For the last of the messages whose time is taken. */
const LAST_TIMEOUT_MS = 3_000

/** For the node to drop the last duplicates. */
const REST_MS = 200

const peers: RawPeer[] = []

answerParent<PeersVerbs>({
  start: async ({ stack, node, count }) => {
    for (let i = 0; i < count; i++) {
      const peer = await RawPeer.start(stack)
      peers.push(peer)
      await peer.join(multiaddr(node))
    }

    if (!await within(SETTLE_TIMEOUT_MS, () => peers.every(({ isRead }) => isRead))) {
      throw new Error('The node did not open a stream to every peer')
    }
  },
  replay: async (init) => { await replay(init) },
  time: async (init) => time(init),
  throttle: async (bytesPerSecond) => {
    peers.forEach((peer) => { peer.throttle(bytesPerSecond === 0 ? Infinity : bytesPerSecond) })
  },
  state: async () => ({ messages: messagesReceived(), areRead: peers.every(({ isRead }) => isRead) })
})

function messagesReceived (): number {
  return peers.reduce((sum, { received }) => sum + received.messages, 0)
}

/** The copies of a frame come from peers one after the other, at different times: they do not share packets. */
async function replay ({ messageBytes, copies, messagesPerFrame, rate, seconds, burstMs }: Replay): Promise<void> {
  const factory = new FrameFactory(messageBytes, messagesPerFrame)
  const frames = Array.from({ length: Math.ceil(rate * seconds / messagesPerFrame) }, () => factory.next())
  const forwards = frames.length * messagesPerFrame * (peers.length - 1)
  const before = messagesReceived()
  /** How many frames there were by each time that copies are sent. */
  const sentAfterTick = [0]

  const send = (due: number): void => {
    const last = sentAfterTick[sentAfterTick.length - 1]
    sentAfterTick.push(last + due)

    for (let copy = 0; copy < copies; copy++) {
      const [from = 0, to = 0] = sentAfterTick.slice(sentAfterTick.length - 2 - copy)

      for (let i = sentAfterTick.length - 2 - copy < 0 ? to : from; i < to; i++) {
        peers[(i + copy) % peers.length].send(frames[i])
      }
    }
  }

  let ticks = 0
  let waiting = 0

  await pace(rate / messagesPerFrame, frames.length, COPY_MS, (due) => {
    ticks++
    waiting += due
    const isBurst = ticks % (burstMs / COPY_MS) === 0
    send(isBurst ? waiting : 0)
    waiting = isBurst ? 0 : waiting
  })

  send(waiting)

  for (let copy = 1; copy < copies; copy++) {
    await delay(COPY_MS)
    send(0)
  }

  await delay(REST_MS)

  if (!await within(SETTLE_TIMEOUT_MS, () => messagesReceived() - before >= forwards)) {
    throw new Error(`The node forwarded ${messagesReceived() - before} of ${forwards} messages`)
  }

  if (messagesReceived() - before > forwards) {
    throw new Error(`The node forwarded ${messagesReceived() - before} messages instead of ${forwards}`)
  }
}

async function time ({ messageBytes, rate, seconds }: Timed): Promise<Latencies> {
  const [source, ...others] = peers
  const factory = new FrameFactory(messageBytes)
  const count = Math.ceil(rate * seconds)
  const ages: number[] = []

  for (const other of others) {
    const reader = new FrameReader((data) => { ages.push(ageMs(data)) })
    other.onData = (data) => { reader.push(data) }
  }

  await pace(rate, count, BURST_MS, (due) => {
    for (let i = 0; i < due; i++) {
      source.send(factory.next(stamp))
    }
  })

  await within(LAST_TIMEOUT_MS, () => ages.length >= count * others.length)
  others.forEach((other) => { other.onData = undefined })

  return { p50Ms: percentile(ages, 50), p99Ms: percentile(ages, 99), lost: count * others.length - ages.length }
}
