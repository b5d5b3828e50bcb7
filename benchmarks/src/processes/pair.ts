import { FIGURES } from '../figures.ts'
import { PeerProcess } from './peer-process.ts'
import type { ClientVerbs } from './client.ts'
import type { ServerVerbs } from './server.ts'
import type { ContestantName } from '../contestants.ts'
import type { FigureName, Measurement, Payload, Workload } from '../figures.ts'

/** Loading libp2p and starting a node, on a busy machine. */
const START_TIMEOUT_MS = 30_000

/** Dials, stream openings and closes: everything that is not measured. */
const STEP_TIMEOUT_MS = 15_000

/** A contestant's server and client, each in a process of its own, for the whole run. */
export class Pair {
  readonly #server = new PeerProcess<ServerVerbs>(new URL('server.ts', import.meta.url))
  readonly #client = new PeerProcess<ClientVerbs>(new URL('client.ts', import.meta.url))
  #address = ''

  /**
   * @throws {Error} when a node does not start; then, too, `stop()` is the caller's to call
   */
  async start (name: ContestantName): Promise<void> {
    const [address] = await Promise.all([
      this.#server.call('start', name, START_TIMEOUT_MS),
      this.#client.call('start', name, START_TIMEOUT_MS)
    ])

    this.#address = address
  }

  /**
   * Measures a figure once, on a new connection; `timeoutMs` is for what the clock sees.
   *
   * @throws {Error} when it fails, does not end in time, or not every byte arrived
   */
  async measure (figure: FigureName, workload: Workload, timeoutMs: number): Promise<Measurement> {
    await this.#client.call('prepare', { figure, server: this.#address, workload }, STEP_TIMEOUT_MS)
    const before = await this.#server.call('snapshot', undefined, STEP_TIMEOUT_MS)
    const client = await this.#client.call('measure', undefined, timeoutMs)
    const after = await this.#server.call('snapshot', undefined, STEP_TIMEOUT_MS)
    await this.#client.call('finish', undefined, STEP_TIMEOUT_MS)

    const measurement = {
      wallSeconds: client.wallSeconds,
      clientCpuSeconds: client.cpuSeconds,
      serverCpuSeconds: after.cpuSeconds - before.cpuSeconds,
      receivedBytes: { atServer: after.receivedBytes - before.receivedBytes, atClient: client.receivedBytes },
      values: client.values ?? {}
    }

    checkBytes(measurement.receivedBytes, FIGURES[figure].expectedBytes(workload))

    return measurement
  }

  async stop (): Promise<void> {
    await Promise.all([this.#client.stop(), this.#server.stop()])
  }
}

function checkBytes (actual: Payload, expected: Payload): void {
  if (actual.atServer !== expected.atServer) {
    throw new Error(`The server received ${actual.atServer} of ${expected.atServer} bytes`)
  }

  if (actual.atClient !== expected.atClient) {
    throw new Error(`The client received ${actual.atClient} of ${expected.atClient} bytes`)
  }
}
