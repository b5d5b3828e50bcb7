import { median } from '../statistics.ts'
import type { KnownContestant } from './contestants.ts'
import type { PerfPair, Request } from './perf-pair.ts'
import type { Workload } from './workload.ts'
import type { Metric as MetricOf } from '../metric.ts'
import type { Swept } from '../sweep.ts'

/** Something that is measured between a client and a server of perf. */
export interface Figure extends Swept<Workload> {
  /** For the report's heading. */
  describe (workload: Workload): string
  metrics: Metric[]
  /** Measures it once. */
  measure (pair: RequestingPair, init: MeasureInit): Promise<Values>
}

export type RequestingPair = Pick<PerfPair, 'request'>

export interface MeasureInit {
  workload: Workload
  /** Aborted when the time for it is over. */
  signal: AbortSignal
}

export type Values = Record<string, number>

export type Metric = MetricOf<Values, KnownContestant>

const MB = 1e6
const GB = 1e9
const MS_PER_SECOND = 1_000

const TRANSFER_METRICS: Metric[] = [
  { name: 'MB/s', isHigherBetter: true, isHeadline: true, read: ({ bytes, seconds }) => seconds > 0 ? bytes / MB / seconds : NaN },
  cpu('client CPU s/GB', 'clientCpuSeconds'),
  cpu('server CPU s/GB', 'serverCpuSeconds')
]

const upload: Figure = {
  describe: ({ bytes, leadBytes }) => `${bytes / MB} MB from client to server on one stream, beyond the first ${leadBytes / MB} MB`,
  metrics: TRANSFER_METRICS,
  measure: async (pair, init) => measureTransfer(pair, init, (bytes) => ({ uploadBytes: bytes, downloadBytes: 0 }))
}

const download: Figure = {
  describe: ({ bytes, leadBytes }) => `${bytes / MB} MB from server to client on one stream, beyond the first ${leadBytes / MB} MB`,
  metrics: TRANSFER_METRICS,
  measure: async (pair, init) => measureTransfer(pair, init, (bytes) => ({ uploadBytes: 0, downloadBytes: bytes }))
}

const request: Figure = {
  describe: ({ requests }) => `dial, stream, a byte up and a byte down, as the first thing that a process does; the median of ${requests}`,
  metrics: [{ name: 'ms', isHigherBetter: false, isHeadline: true, read: ({ seconds }) => seconds * MS_PER_SECOND }],
  measure: async (pair, { workload, signal }) => {
    const seconds: number[] = []

    for (let i = 0; i < workload.requests; i++) {
      seconds.push((await pair.request({ uploadBytes: 1, downloadBytes: 1 }, signal)).seconds)
    }

    return { seconds: median(seconds) }
  }
}

/** In the order in which they are measured. */
export const FIGURES = { upload, download, request } satisfies Record<string, Figure>

export type FigureName = keyof typeof FIGURES

/**
 * Two clients, one of which carries `bytes` more than the other. What differs between them is what these bytes took: start-up, dial,
 * negotiation and slow start are in both, and the clients' time before the dial and CPU before and after it as well.
 */
async function measureTransfer (pair: RequestingPair, { workload: { bytes, leadBytes }, signal }: MeasureInit, requestOf: (bytes: number) => Request): Promise<Values> {
  const lead = await pair.request(requestOf(leadBytes), signal)
  const whole = await pair.request(requestOf(leadBytes + bytes), signal)

  return {
    bytes,
    seconds: whole.seconds - lead.seconds,
    clientCpuSeconds: whole.clientCpuSeconds - lead.clientCpuSeconds,
    serverCpuSeconds: whole.serverCpuSeconds - lead.serverCpuSeconds
  }
}

function cpu (name: string, value: string): Metric {
  return { name, isHigherBetter: false, isHeadline: false, read: (values) => values[value] / (values.bytes / GB) }
}
