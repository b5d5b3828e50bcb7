import { MESSAGE_BYTES } from '../frames.ts'
import { MESH } from '../pubsub-options.ts'
import { BURST_MS, COPY_MS } from './pace.ts'
import { Processes } from './processes.ts'
import type { StackName } from '../../contestants.ts'
import type { ContestantInit } from '../contestants.ts'
import type { MeasureInit, Values } from '../figures.ts'
import type { Replay } from './peers-process.ts'

export const RELAY_COPIES = 4
export const RELAY_MANY_COPIES = 8
export const RELAY_PER_FRAME = 16

/** Code is loaded and compiled. */
const WARM_UP_SECONDS = 10

const US_PER_SECOND = 1e6

/** CPU of a node for what its mesh peers, in another process, send to it and get from it. */
export async function measureRelay (stack: StackName, contestant: ContestantInit, { workload: { rate, seconds }, timeoutMs }: MeasureInit): Promise<Values> {
  const processes = new Processes(timeoutMs)

  try {
    const node = processes.node()
    const peers = processes.peers()
    const [address] = await node.call('start', { contestant, stack, count: 1 }, timeoutMs)
    await peers.call('start', { stack, node: address, count: MESH.D }, timeoutMs)
    await processes.meshed(node, MESH.D)

    const replay: Replay = { messageBytes: MESSAGE_BYTES, copies: RELAY_COPIES, messagesPerFrame: 1, rate, seconds, burstMs: BURST_MS }
    /** Per unique message. */
    const cpuUsOf = async (init: Replay): Promise<number> => {
      const before = await node.call('snapshot', undefined, timeoutMs)
      await peers.call('replay', init, timeoutMs)
      const after = await node.call('snapshot', undefined, timeoutMs)
      const delivered = after.delivered - before.delivered

      if (delivered < init.rate * init.seconds) {
        throw new Error(`The node delivered ${delivered} of ${init.rate * init.seconds} messages`)
      }

      return (after.cpuSeconds - before.cpuSeconds) * US_PER_SECOND / delivered
    }

    await cpuUsOf({ ...replay, copies: RELAY_MANY_COPIES, seconds: WARM_UP_SECONDS })
    // before and after, so that neither has the warmer code
    const usBefore = await cpuUsOf(replay)
    const usManyCopies = await cpuUsOf({ ...replay, copies: RELAY_MANY_COPIES })
    const us = (usBefore + await cpuUsOf(replay)) / 2
    const usBatched = await cpuUsOf({ ...replay, messagesPerFrame: RELAY_PER_FRAME })

    const usAlone = await cpuUsOf({ ...replay, burstMs: COPY_MS })

    return { us, usAlone, usDuplicate: (usManyCopies - us) / (RELAY_MANY_COPIES - RELAY_COPIES), usBatched }
  } finally {
    await processes.stop()
  }
}
