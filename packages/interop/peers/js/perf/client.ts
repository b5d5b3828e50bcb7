import { multiaddr } from '@multiformats/multiaddr'
import { toMultiaddr } from './arguments.ts'
import { startNode } from './node.ts'
import { PERF_PROTOCOL, requestPerf } from './protocol.ts'
import type { ClientArguments } from './arguments.ts'

/** A line of the client's report. The bytes of an intermediary one are of its interval, those of the final one of all. */
export interface PerfReport {
  type: 'intermediary' | 'final'
  timeSeconds: number
  uploadBytes: number
  downloadBytes: number
}

const INTERVAL_MS = 1_000

/**
 * Asks a server once, and reports every second and at the end. The final time includes the dial, not the start of the node.
 *
 * @throws {Error} when the dial or the stream fails, or not every byte arrives
 */
export async function runClient ({ address, transport, uploadBytes, downloadBytes }: ClientArguments, report: (report: PerfReport) => void): Promise<void> {
  const node = await startNode([transport])
  const startedMs = performance.now()
  const interval = new Interval(startedMs)
  const total = { uploadBytes: 0, downloadBytes: 0 }
  const timer = setInterval(() => { report(interval.end(performance.now())) }, INTERVAL_MS)

  try {
    const connection = await node.dial(multiaddr(toMultiaddr(address, transport)))
    const stream = await connection.newStream(PERF_PROTOCOL)
    await requestPerf(stream, {
      uploadBytes,
      downloadBytes,
      onUpload: (bytes) => {
        interval.uploadBytes += bytes
        total.uploadBytes += bytes
      },
      onDownload: (bytes) => {
        interval.downloadBytes += bytes
        total.downloadBytes += bytes
      }
    })
    report({ type: 'final', timeSeconds: (performance.now() - startedMs) / 1000, ...total })
  } finally {
    clearInterval(timer)
    await node.stop()
  }
}

/** What was carried since the last report. */
class Interval {
  uploadBytes = 0
  downloadBytes = 0
  #startedMs: number

  constructor (startedMs: number) {
    this.#startedMs = startedMs
  }

  /** Begins the next one as well. */
  end (nowMs: number): PerfReport {
    const { uploadBytes, downloadBytes } = this
    const timeSeconds = (nowMs - this.#startedMs) / 1000
    this.#startedMs = nowMs
    this.uploadBytes = 0
    this.downloadBytes = 0

    return { type: 'intermediary', timeSeconds, uploadBytes, downloadBytes }
  }
}
