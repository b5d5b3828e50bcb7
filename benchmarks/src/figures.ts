import { hasEventLoop, usesUdp } from './contestants.ts'
import { burst } from './figures/burst.ts'
import { busyEcho, busyMessages, busyUpload } from './figures/busy.ts'
import { connectionMemory } from './figures/connection-memory.ts'
import { dials } from './figures/dials.ts'
import { download } from './figures/download.ts'
import { echo } from './figures/echo.ts'
import { fairness } from './figures/fairness.ts'
import { fanout } from './figures/fanout.ts'
import { idle } from './figures/idle.ts'
import { messageSizes } from './figures/message-sizes.ts'
import { messages } from './figures/messages.ts'
import { parallelConnections } from './figures/parallel-connections.ts'
import { parallelStreams } from './figures/parallel-streams.ts'
import { loss, rtt } from './figures/path.ts'
import { streamMemory } from './figures/stream-memory.ts'
import { streams } from './figures/streams.ts'
import { upload } from './figures/upload.ts'
import type { ContestantName, StackName } from './contestants.ts'
import type { Metric as MetricOf } from './metric.ts'
import type { Swept } from './sweep.ts'
import type { Workload } from './workload.ts'
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Something that is measured, at several values of something that grows when it has a `sweep`. To add one: a module under `figures/` and a
 * line in `FIGURES`.
 */
export interface Figure extends Swept<Workload> {
  /** For the report's heading. */
  describe (workload: Workload): string
  /** Payload that the server, and that the client, must have counted at the end. */
  expectedBytes (workload: Workload): Payload
  metrics: Metric[]
  /** Nodes in the server's process; one unless told. */
  servers? (workload: Workload): number
  /** Between the two ends, instead of the plain loopback: for what uses UDP alone. */
  path?: Path | ((workload: Workload) => Path)
  /** For what other work in it does to the transport: not of what runs without JavaScript. */
  needsEventLoop?: boolean
  /** For memory: what a process has freed would be used again. */
  needsFreshProcesses?: boolean
  /** Where processors are not what limits, or processes are new. */
  needsNoWarmUp?: boolean
  /** For what takes long: it is measured in the first of so many rounds, in the first of the next ones, and so on; in all unless told. */
  everyNthRound?: number
  /** Runs in the client. All that the clock must not see: dials, streams, first round trips. */
  prepare (client: Libp2p, servers: [Multiaddr, ...Multiaddr[]], workload: Workload): Promise<TimedRun>
}

/** What a relay does to every datagram. */
export interface Path {
  /** Each way. */
  delayMs: number
  /** In each direction, from the start of the clock on. */
  lossPercent: number
}

/** What the clock sees. */
export type TimedRun = () => Promise<RunResult>

export interface RunResult {
  /** Payload that reached the client. */
  receivedBytes: number
  /** What the figure measured by itself, in whatever unit its metrics read. */
  values?: Record<string, number>
  /** Each of what it measured many times, by what it is and its unit: 'round trip, us'. Its distribution is drawn. */
  samples?: Record<string, number[]>
}

/** Payload by the side that received it, without headers of any protocol. */
export interface Payload {
  atServer: number
  atClient: number
}

/** One figure of one contestant in one round. */
export interface Measurement {
  wallSeconds: number
  /** User and system time of all threads of the process, while the clock ran. */
  clientCpuSeconds: number
  serverCpuSeconds: number
  receivedBytes: Payload
  values: Record<string, number>
  samples?: Record<string, number[]>
}

/** A column of the report. */
export type Metric = MetricOf<Measurement, StackName>

/** In the order in which they are measured. */
export const FIGURES = {
  upload,
  download,
  echo,
  streams,
  dials,
  burst,
  idle,
  messages,
  fanout,
  fairness,
  'message-sizes': messageSizes,
  'parallel-streams': parallelStreams,
  'parallel-connections': parallelConnections,
  'busy-upload': busyUpload,
  'busy-messages': busyMessages,
  'busy-echo': busyEcho,
  'connection-memory': connectionMemory,
  'stream-memory': streamMemory,
  rtt,
  loss
} satisfies Record<string, Figure>

export type FigureName = keyof typeof FIGURES

export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[]

/** TCP can't be led through a relay of datagrams, and raw QUIC has no event loop that could be busy. */
export function isMeasuredOf (name: FigureName, contestant: ContestantName): boolean {
  const figure: Figure = FIGURES[name]

  return (figure.path == null || usesUdp(contestant)) && (figure.needsEventLoop !== true || hasEventLoop(contestant))
}
