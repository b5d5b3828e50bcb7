import { setTimeout as delay } from 'node:timers/promises'
import { MESH } from '../pubsub-options.ts'
import { Processes } from './processes.ts'
import type { Latencies, Timed } from './peers-process.ts'
import type { NodeProcess, PeersProcess } from './processes.ts'
import type { StackName } from '../../contestants.ts'
import type { ContestantInit } from '../contestants.ts'
import type { MeasureInit, Values } from '../figures.ts'

export const SLOW_MESSAGE_BYTES = 4 * 1_024
export const SLOW_RATE = 300
export const SLOW_BYTES_PER_SECOND = 10_000

/** Well below what is sent while a peer is slow: whoever waits for it has to do something about it. */
export const MAX_OUTBOUND_BYTES = 2 * 1_024 * 1_024

/** While the peer is slow, in parts of the phase before: buffers of the transport fill first. */
const SLOW_SHARE = 2

/** For the peer to get something again. */
const RECOVERY_TIMEOUT_MS = 15_000

const SAMPLE_MS = 250
const BYTES_PER_MB = 1e6

/** One mesh peer all but stops reading, and then reads again. */
export async function measureSlowPeer (stack: StackName, contestant: ContestantInit, { workload: { seconds }, timeoutMs }: MeasureInit): Promise<Values> {
  const processes = new Processes(timeoutMs)

  try {
    const node = processes.node()
    const [address] = await node.call('start', { contestant, stack, count: 1, maxOutboundBufferSize: MAX_OUTBOUND_BYTES }, timeoutMs)
    const others = processes.peers()
    const slow = processes.peers()
    await others.call('start', { stack, node: address, count: MESH.D - 1 }, timeoutMs)
    await slow.call('start', { stack: slowStackOf(stack), node: address, count: 1 }, timeoutMs)
    await processes.meshed(node, MESH.D)

    const timed: Timed = { messageBytes: SLOW_MESSAGE_BYTES, rate: SLOW_RATE, seconds }
    await others.call('time', { ...timed, seconds: 1 }, timeoutMs)
    const before = await others.call('time', timed, timeoutMs)
    await slow.call('throttle', SLOW_BYTES_PER_SECOND, timeoutMs)
    const { rssGrowthBytes, latencies } = await timeWithMemory(node, others, { ...timed, seconds: seconds * SLOW_SHARE }, timeoutMs)
    const { areRead } = await slow.call('state', undefined, timeoutMs)
    const recoverySeconds = await recover(slow, others, timed, timeoutMs)

    return {
      p99WithoutMs: before.p99Ms,
      p99WithMs: latencies.p99Ms,
      ratio: latencies.p99Ms / before.p99Ms,
      rssGrowthMb: rssGrowthBytes / BYTES_PER_MB,
      lost: latencies.lost,
      isCut: areRead ? 0 : 1,
      isLost: recoverySeconds == null ? 1 : 0
    }
  } finally {
    await processes.stop()
  }
}

/** A stream of the rival's QUIC goes on reading while it is paused: its peers can't be slow. */
function slowStackOf (stack: StackName): StackName {
  return stack === 'chainsafe-quic' ? 'quicmesh' : stack
}

async function timeWithMemory (node: NodeProcess, others: PeersProcess, timed: Timed, timeoutMs: number): Promise<{ rssGrowthBytes: number, latencies: Latencies }> {
  const { rssBytes: rssBefore } = await node.call('snapshot', undefined, timeoutMs)
  const over = new AbortController()
  let highest = rssBefore

  const sample = async (): Promise<void> => {
    while (!over.signal.aborted) {
      highest = Math.max(highest, (await node.call('snapshot', undefined, timeoutMs)).rssBytes)
      await delay(SAMPLE_MS)
    }
  }

  const sampling = sample()
  const latencies = await others.call('time', timed, timeoutMs).finally(() => { over.abort() })
  await sampling

  return { rssGrowthBytes: highest - rssBefore, latencies }
}

/** Seconds until the peer gets what is sent after it began to read again; nothing when it does not. */
async function recover (slow: PeersProcess, others: PeersProcess, timed: Timed, timeoutMs: number): Promise<number | undefined> {
  await slow.call('throttle', 0, timeoutMs)
  // what waited for it
  await delay(timed.seconds * 1_000)
  const { messages } = await slow.call('state', undefined, timeoutMs)
  const startedMs = performance.now()

  while (performance.now() - startedMs < RECOVERY_TIMEOUT_MS) {
    await others.call('time', { ...timed, seconds: 1 }, timeoutMs)

    if ((await slow.call('state', undefined, timeoutMs)).messages > messages) {
      return (performance.now() - startedMs) / 1_000
    }
  }
}
