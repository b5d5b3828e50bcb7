import { multiaddr } from '@multiformats/multiaddr'
import { FIGURES } from '../figures.ts'
import { answerParent } from './channel.ts'
import { cpuSecondsUsed } from './cpu.ts'
import { startNode } from './node.ts'
import type { ContestantName } from '../contestants.ts'
import type { FigureName, RunResult, TimedRun } from '../figures.ts'
import type { Workload } from '../workload.ts'
import type { Libp2p } from '@libp2p/interface'

export interface ClientVerbs {
  start: { argument: ContestantName, result: undefined }
  /** Dials the server and gets a figure to the point where its clock starts. */
  prepare: { argument: Task, result: undefined }
  /** Runs what was prepared. */
  measure: { argument: undefined, result: ClientMeasurement }
  /** Closes all connections: each figure of each round has its own. */
  finish: { argument: undefined, result: undefined }
}

export interface Task {
  figure: FigureName
  /** At least one. */
  servers: string[]
  workload: Workload
}

export interface ClientMeasurement extends RunResult {
  wallSeconds: number
  cpuSeconds: number
}

const MS_PER_SECOND = 1_000

let node: Libp2p | undefined
let prepared: TimedRun | undefined

answerParent<ClientVerbs>({
  start: async (name) => {
    node = await startNode(name, 'client')
  },
  prepare: async ({ figure, servers: [first, ...others], workload }) => {
    prepared = await FIGURES[figure].prepare(started(node), [multiaddr(first), ...others.map((server) => multiaddr(server))], workload)
  },
  measure: async () => {
    const run = started(prepared)
    const cpuSecondsBefore = cpuSecondsUsed()
    const startedMs = performance.now()
    const result = await run()
    const wallSeconds = (performance.now() - startedMs) / MS_PER_SECOND

    return { ...result, wallSeconds, cpuSeconds: cpuSecondsUsed() - cpuSecondsBefore }
  },
  finish: async () => {
    prepared = undefined
    await Promise.all(started(node).getConnections().map(async (connection) => connection.close()))
  }
})

function started <T> (value: T | undefined): T {
  if (value == null) {
    throw new Error('Not started or not prepared')
  }

  return value
}
