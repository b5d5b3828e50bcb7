/**
 * A program whose main thread has a node of its own, with which the nodes of many workers exchange data; each worker is
 * terminated amid that. Needs `--expose-gc`.
 */

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { QuicConnectionError } from '../../../src/index.ts'
import { closeOf, Nodes, openStream, readAll, sendAll, until } from '../../fixtures/nodes.ts'
import { SeededRandom } from '../../fixtures/seeded-random.ts'
import { sample } from '../../memory/fixtures/sample.ts'
import { answerForever } from '../fixtures/traffic.ts'
import type { Sample } from '../../memory/fixtures/sample.ts'
import type { Connection, StreamCloseEvent } from '@libp2p/interface'

export interface WorkersArgument {
  workers: number
  /** Of these, what is not measured: pools and caches fill. */
  warmUp: number
  seed: number
}

export interface WorkersReport {
  /** How often the main thread's node was told each reason for which a connection ended. */
  ends: Record<string, number>
  /** From the end of the worker until the main thread's node knew; the slowest, in ms. */
  slowestEndMs: number
  /** Exchanges of the main thread's node with a neighbour, between the workers. */
  exchanges: number
  before: Sample
  after: Sample
}

/** A worker is terminated at most this long after data came. */
const MAX_DELAY_MS = 20

/** Below 100 workers in all: each has a thread, an isolate and a libp2p to load. */
const AT_ONCE = 2
const PATIENCE_MS = 30_000
const EXCHANGE_BYTES = 10_000

const { workers, warmUp, seed }: WorkersArgument = JSON.parse(process.argv[2])
const random = new SeededRandom(seed)
const nodes = new Nodes()
/** So that an end that nobody tells is noticed soon. */
const quic = { maxIdleTimeoutMs: 5_000, keepAliveIntervalMs: 1_000 }
/** libp2p would refuse more than a few connections a second from one host. */
const connectionManager = { inboundConnectionThreshold: Infinity }
const main = await nodes.pair({ quic }, { quic, connectionManager })
const report: Omit<WorkersReport, 'before' | 'after'> = { ends: {}, slowestEndMs: 0, exchanges: 0 }
/** From which something has come. */
const sending = new Set<Connection>()
/** Of workers that are gone. */
const ending: Array<Promise<void>> = []

await answerForever(main.listener, (connection) => { sending.add(connection) })
await runWorkers(warmUp)
const before = await sample()
await runWorkers(workers - warmUp)
const after = await sample()
await nodes.stop()
process.send?.({ ...report, before, after } satisfies WorkersReport)

async function runWorkers (count: number): Promise<void> {
  for (let i = 0; i < count; i += AT_ONCE) {
    await Promise.all([...Array(AT_ONCE)].map(runWorker))
    await exchange()
  }

  await Promise.all(ending.splice(0))
}

async function runWorker (): Promise<void> {
  const worker = new Worker(new URL('sending-worker.ts', import.meta.url), {
    workerData: { address: main.listener.getMultiaddrs()[0].toString() },
    execArgv: []
  })
  const [peerId] = await once(worker, 'message')
  const find = (): Connection | undefined => [...sending].find(({ remotePeer }) => remotePeer.toString() === peerId)
  await until(() => find() != null, PATIENCE_MS)
  const connection = find()

  if (connection?.status !== 'open') {
    throw new Error('The connection of a worker ended by itself')
  }

  await delay(random.below(MAX_DELAY_MS))
  const closed = closeOf(connection)
  await worker.terminate()
  ending.push(note(closed, performance.now()))
  sending.delete(connection)
}

/** Counts how a connection of a worker that has ended by now ends. */
async function note (closed: Promise<StreamCloseEvent>, endedAt: number): Promise<void> {
  const { error } = await closed
  const end = error instanceof QuicConnectionError ? `${error.kind} 0x${error.closeCode.toString(16)}` : String(error)
  report.ends[end] = (report.ends[end] ?? 0) + 1
  report.slowestEndMs = Math.max(report.slowestEndMs, performance.now() - endedAt)
}

/** The main thread's node is none the worse. */
async function exchange (): Promise<void> {
  const [local, remote] = await openStream(main)
  const [received] = await Promise.all([readAll(remote), sendAll(local, new Uint8Array(EXCHANGE_BYTES)), remote.close()])
  report.exchanges += received.byteLength === EXCHANGE_BYTES ? 1 : 0
}
