import { ECHO_PROTOCOL, serveEcho } from '../protocols/echo.ts'
import { OTHER_WORK_PROTOCOL, serveOtherWork } from '../protocols/other-work.ts'
import { PERF_PROTOCOL, servePerf } from '../protocols/perf.ts'
import { answerParent } from './channel.ts'
import { cpuSecondsUsed } from './cpu.ts'
import { rssBytes } from './memory.ts'
import { startNode } from './node.ts'
import type { ContestantName } from '../contestants.ts'
import type { Libp2p, Stream } from '@libp2p/interface'

export interface ServerVerbs {
  start: { argument: ContestantName, result: undefined }
  /** Answers with the addresses of so many nodes, starting those that are missing. */
  listen: { argument: number, result: string[] }
  snapshot: { argument: SnapshotInit, result: ServerSnapshot }
}

export interface SnapshotInit {
  /** It takes a garbage collection. */
  withMemory: boolean
}

/** Totals since the start of the process: the parent takes differences. */
export interface ServerSnapshot {
  cpuSeconds: number
  /** Payload, without headers. */
  receivedBytes: number
  /** When asked for. */
  rssBytes?: number
}

type Serve = (stream: Stream, onPayload: (bytes: number) => void) => Promise<void>

/** More than any figure has open at once; libp2p's default of 32 for a protocol counts streams that still close. */
const MAX_STREAMS = 1_024

let receivedBytes = 0
let contestant: ContestantName | undefined
const nodes: Libp2p[] = []

answerParent<ServerVerbs>({
  start: async (name) => {
    contestant = name
    await addNode(name)
  },
  listen: async (count) => {
    if (contestant == null) {
      throw new Error('Not started')
    }

    while (nodes.length < count) {
      await addNode(contestant)
    }

    return nodes.slice(0, count).map((node) => node.getMultiaddrs()[0].toString())
  },
  snapshot: async ({ withMemory }) => ({
    cpuSeconds: cpuSecondsUsed(),
    receivedBytes,
    ...(withMemory ? { rssBytes: await rssBytes() } : {})
  })
})

async function addNode (name: ContestantName): Promise<void> {
  const node = await startNode(name, 'server')
  await handle(node, PERF_PROTOCOL, servePerf)
  await handle(node, ECHO_PROTOCOL, serveEcho)
  await handle(node, OTHER_WORK_PROTOCOL, serveOtherWork)
  nodes.push(node)
}

async function handle (node: Libp2p, protocol: string, serve: Serve): Promise<void> {
  await node.handle(protocol, (stream) => {
    serve(stream, (bytes) => { receivedBytes += bytes })
      .catch((err) => { stream.abort(err) })
  }, { maxInboundStreams: MAX_STREAMS })
}
