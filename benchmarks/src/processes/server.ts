import { ECHO_PROTOCOL, serveEcho } from '../protocols/echo.ts'
import { PERF_PROTOCOL, servePerf } from '../protocols/perf.ts'
import { answerParent } from './channel.ts'
import { cpuSecondsUsed } from './cpu.ts'
import { startNode } from './node.ts'
import type { ContestantName } from '../contestants.ts'
import type { Libp2p, Stream } from '@libp2p/interface'

export interface ServerVerbs {
  /** Answers with the address to dial. */
  start: { argument: ContestantName, result: string }
  snapshot: { argument: undefined, result: ServerSnapshot }
}

/** Totals since the start of the process: the parent takes differences. */
export interface ServerSnapshot {
  cpuSeconds: number
  /** Payload, without headers. */
  receivedBytes: number
}

type Serve = (stream: Stream, onPayload: (bytes: number) => void) => Promise<void>

let receivedBytes = 0

answerParent<ServerVerbs>({
  start: async (name) => {
    const node = await startNode(name, 'server')
    await handle(node, PERF_PROTOCOL, servePerf)
    await handle(node, ECHO_PROTOCOL, serveEcho)

    return node.getMultiaddrs()[0].toString()
  },
  snapshot: async () => ({ cpuSeconds: cpuSecondsUsed(), receivedBytes })
})

async function handle (node: Libp2p, protocol: string, serve: Serve): Promise<void> {
  await node.handle(protocol, (stream) => {
    serve(stream, (bytes) => { receivedBytes += bytes })
      .catch((err) => { stream.abort(err) })
  })
}
