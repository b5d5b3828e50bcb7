import { setTimeout } from 'node:timers/promises'
import { rssBytes } from '../processes/memory.ts'
import { ECHO_BYTES, ECHO_PROTOCOL, EchoClient, echoOnce } from '../protocols/echo.ts'
import { dialTimes } from './dial-times.ts'
import { memoryMetrics, SWEEP_SETTLE_MS } from './memory.ts'
import type { Figure } from '../figures.ts'
import type { Connection } from '@libp2p/interface'

/** So many that the most streams are 64 on each: a quarter of what a peer may have open by default of both QUIC transports. */
const CONNECTIONS = 32

/** Each stream has been negotiated and has carried one echo, then it stays open without traffic. */
export const streamMemory: Figure = {
  describe: () =>
    `memory of open streams on ${CONNECTIONS} connections between two nodes, in new processes, after one echo of ${ECHO_BYTES} bytes on each, by the number of streams`,
  expectedBytes: ({ idleStreams }) => ({ atServer: idleStreams * ECHO_BYTES, atClient: idleStreams * ECHO_BYTES }),
  needsFreshProcesses: true,
  needsNoWarmUp: true,
  everyNthRound: 2,
  sweep: {
    label: 'open streams',
    scale: 'log',
    values: [512, 2_048],
    apply: (workload, idleStreams) => ({ ...workload, idleStreams })
  },
  metrics: memoryMetrics('stream', 'streams'),
  prepare: async (client, [server], { idleStreams }) => {
    const connections = await dialTimes(client, server, CONNECTIONS)
    // so that code is loaded and compiled
    await Promise.all(connections.map(async (connection) => echoOnce(await connection.newStream(ECHO_PROTOCOL))))
    await setTimeout(SWEEP_SETTLE_MS)

    return async () => {
      const before = await rssBytes()
      await openInTurns(connections, idleStreams)
      await setTimeout(SWEEP_SETTLE_MS)

      return {
        receivedBytes: idleStreams * ECHO_BYTES,
        values: { streams: idleStreams, clientRssBytes: await rssBytes() - before }
      }
    }
  }
}

/** One on each connection at a time: memory is of what stays, not of what opening needs at once. */
async function openInTurns (connections: Connection[], count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += connections.length) {
    await Promise.all(connections.slice(0, count - opened).map(async (connection) => {
      const stream = await connection.newStream(ECHO_PROTOCOL, { maxOutboundStreams: count })
      await new EchoClient(stream).roundTrip()
    }))
  }
}
