import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from '../net/free-ports.ts'
import { withNetwork } from '../net/network.ts'
import { RunningProgram, describeEnding } from '../process/running-program.ts'
import { parsePerfReport } from './perf-report.ts'
import type { Workload } from './perf-report.ts'
import type { Network } from '../net/network.ts'
import type { Program } from '../peers/peer.ts'
import type { CellContext } from '../runner/cell.ts'

export type TransportName = 'quic-v1' | 'tcp'

/** Of one client, from its start to its end. */
const CLIENT_TIMEOUT_MS = 60_000

/** A server says nothing when it listens: clients try until then. */
const SERVER_START_TIMEOUT_MS = 15_000

const RETRY_MS = 200

/** The least that there is to ask for. */
const ONE_BYTE: Workload = { uploadBytes: 1, downloadBytes: 1 }

/** Away from the ports that a kernel gives to those who ask for any. */
const FIRST_PORT = 20_001

/** The slots are below 64; servers of one cell are fewer than that. */
const PORTS_PER_SLOT = 64

/** For a server's words to come after the client has ended. */
const WORDS_TIMEOUT_MS = 5_000

export interface LabOptions {
  servers: string[]
  transport: TransportName
  /** Whether ours leave a qlog of every connection; it takes time. */
  hasQlog: boolean
}

/** Servers of several peers on one host, and clients on the other. */
export class PerfLab {
  readonly #network: Network
  readonly #transport: TransportName
  readonly #context: CellContext
  readonly #env: Record<string, string>
  readonly #servers = new Map<string, { program: RunningProgram, address: string }>()
  #clients = 0

  private constructor (network: Network, { transport, hasQlog }: LabOptions, context: CellContext) {
    this.#network = network
    this.#transport = transport
    this.#context = context
    this.#env = hasQlog ? { QLOG_DIR: qlogFolder(context) } : {}
  }

  /**
   * Starts a server of each peer, and stops them when the body ends.
   *
   * @throws {Error} that says what is wrong and where the logs are
   */
  static async with<T> (options: LabOptions, context: CellContext, body: (lab: PerfLab) => Promise<T>): Promise<T> {
    const { slot, signal, logs } = context

    try {
      return await withNetwork({ slot, signal }, async (network) => {
        const lab = new PerfLab(network, options, context)
        await lab.#startServers(options.servers)
        const result = await body(lab)
        await lab.#stopServers()

        return result
      })
    } catch (err) {
      throw new Error(`${(err as Error).message} [logs in ${path.relative(process.cwd(), logs)}: server-*.stderr.log, client-*.stdout, client-*.stderr.log${options.hasQlog ? ', ours in qlog/' : ''}]`, { cause: err })
    }
  }

  get network (): Network {
    return this.#network
  }

  /**
   * Runs a client of one peer with the server of another.
   *
   * @returns seconds, as the client has them
   * @throws {Error} when it fails, or its report is not what it must be
   */
  async run (client: string, server: string, workload: Workload): Promise<number> {
    const ending = await this.#runClient(client, server, workload)

    if (ending.code !== 0 || ending.error != null) {
      throw new Error(`The client ${client} with the server ${server} failed: ${describeEnding(ending)}`)
    }

    return parsePerfReport(ending.report, workload)
  }

  /**
   * Waits for the server to say that all of a request came, no more and no less.
   *
   * @throws {Error} when it says something else
   */
  async expectCounted (server: string, { uploadBytes, downloadBytes }: Workload): Promise<void> {
    await this.#serverOf(server).program.untilOutput(new RegExp(`^${uploadBytes} bytes came, ${downloadBytes} are to go$`, 'm'), WORDS_TIMEOUT_MS)
  }

  /** Tries until the server listens. */
  async untilReady (client: string, server: string): Promise<void> {
    const deadline = Date.now() + SERVER_START_TIMEOUT_MS

    while (true) {
      try {
        await this.run(client, server, ONE_BYTE)

        return
      } catch (err) {
        if (Date.now() > deadline) {
          throw err
        }

        await delay(RETRY_MS, undefined, { signal: this.#context.signal })
      }
    }
  }

  async #runClient (client: string, server: string, { uploadBytes, downloadBytes }: Workload): ReturnType<RunningProgram['stop']> {
    const { program, address } = this.#serverOf(server)
    const args = ['--server-address', address, '--transport', this.#transport, '--upload-bytes', String(uploadBytes), '--download-bytes', String(downloadBytes)]
    const name = `client-${++this.#clients}-${client}-${server}`
    const running = this.#start(client, args, name, 'dialer')
    const tooLong = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      void running.stop()
      tooLong.reject(new Error(`The client ${client} with the server ${server} was not done within ${CLIENT_TIMEOUT_MS / 1_000} s`))
    }, CLIENT_TIMEOUT_MS)
    const lost = program.ended.then((ending) => { throw new Error(`The server ${server} ended: ${describeEnding(ending)}`) })
    // it ends in the end, when nobody waits for this any more
    lost.catch(() => {})

    try {
      return await Promise.race([running.ended, lost, tooLong.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async #startServers (peers: string[]): Promise<void> {
    const { address: ip, isIsolated } = this.#network.listener
    const first = FIRST_PORT + this.#context.slot * PORTS_PER_SLOT
    const ports = isIsolated ? peers.map((_, i) => first + i) : await freePorts(peers.length, { first, length: PORTS_PER_SLOT })

    if (this.#env.QLOG_DIR != null) {
      await mkdir(this.#env.QLOG_DIR, { recursive: true })
    }

    peers.forEach((peer, i) => {
      const address = `${ip}:${ports[i]}`
      const program = this.#start(peer, ['--run-server', '--server-address', address, '--transport', this.#transport], `server-${peer}`, 'listener')
      this.#servers.set(peer, { program, address })
    })
  }

  async #stopServers (): Promise<void> {
    for (const [peer, { program }] of this.#servers) {
      const ending = await program.stop()

      if (ending.code !== 0 || ending.error != null) {
        throw new Error(`The server ${peer} must end with 0 by SIGTERM: ${describeEnding(ending)}`)
      }
    }
  }

  #start (peer: string, args: string[], name: string, side: 'dialer' | 'listener'): RunningProgram {
    const { logs, signal } = this.#context
    const program = this.#programOf(peer)

    return RunningProgram.start({ ...program, args: [...program.args, ...args] }, { host: this.#network[side], env: this.#env, name, logs, signal })
  }

  #serverOf (peer: string): { program: RunningProgram, address: string } {
    const server = this.#servers.get(peer)

    if (server == null) {
      throw new Error(`There is no server of ${peer}`)
    }

    return server
  }

  #programOf (peer: string): Program {
    const { perf } = this.#context.programs(peer)

    if (perf == null) {
      throw new Error(`${peer} has no program for perf`)
    }

    return perf
  }
}

function qlogFolder ({ logs }: CellContext): string {
  return path.join(logs, 'qlog')
}
