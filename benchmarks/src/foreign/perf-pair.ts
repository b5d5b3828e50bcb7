import { parsePerfReport } from '@quicmesh/interop/peers'
import { cpuSecondsOf, cpuSecondsOfEnded } from './cpu.ts'
import { ProgramProcess } from './program-process.ts'
import type { Ending } from './program-process.ts'
import type { Program } from '@quicmesh/interop/peers'

/** Loading libp2p and starting a node, on a busy machine. */
const START_TIMEOUT_MS = 60_000

/** For a server's words to come after the client has ended. */
const WORDS_TIMEOUT_MS = 5_000

const TRANSPORT = ['--transport', 'quic-v1']

export interface PairPrograms {
  client: Program
  server: Program
  /** Of both, beside what they bring themselves. */
  env?: NodeJS.ProcessEnv
}

export interface Request {
  uploadBytes: number
  downloadBytes: number
}

/** What one client took, from the start of its process to its end. */
export interface RequestCost {
  /** From the dial to the end of the download, by the client's own clock: its start and its end are not in it. */
  seconds: number
  /** Of the whole process; NaN but on Linux. */
  clientCpuSeconds: number
  serverCpuSeconds: number
}

/** A server that lives for the whole run, and a client for each request: that is what libp2p's perf programs are. */
export class PerfPair {
  readonly #programs: PairPrograms
  #server?: ProgramProcess
  #address = ''

  constructor (programs: PairPrograms) {
    this.#programs = programs
  }

  /**
   * @throws {Error} when the server does not start; then, too, `stop()` is the caller's to call
   */
  async start (): Promise<void> {
    const { server, env } = this.#programs
    this.#server = new ProgramProcess(server, { args: ['--run-server', '--server-address', '127.0.0.1:0', ...TRANSPORT], env })
    const [, port] = await this.#server.untilSaid(/\/udp\/(\d+)\/quic-v1/, START_TIMEOUT_MS)
    this.#address = `127.0.0.1:${port}`
  }

  /**
   * A client in a new process, with a connection and a stream of its own.
   *
   * Aborting the signal ends the client.
   *
   * @throws {Error} when a side fails, the client was ended (the signal's reason), or one of them has counted other bytes than were asked for
   */
  async request (request: Request, signal: AbortSignal): Promise<RequestCost> {
    const server = this.#server

    if (server == null) {
      throw new Error('The pair was not started')
    }

    signal.throwIfAborted()
    const before = { server: cpuSecondsOf(server.pid), ended: cpuSecondsOfEnded() }
    const seconds = await this.#measure(server, request, signal)
    const after = { server: cpuSecondsOf(server.pid), ended: cpuSecondsOfEnded() }
    await expectCounted(server, request)

    return { seconds, clientCpuSeconds: after.ended - before.ended, serverCpuSeconds: after.server - before.server }
  }

  async stop (): Promise<void> {
    await this.#server?.stop()
  }

  async #measure (server: ProgramProcess, request: Request, signal: AbortSignal): Promise<number> {
    const { client: program, env } = this.#programs
    const client = new ProgramProcess(program, { args: ['--server-address', this.#address, ...TRANSPORT, ...argumentsOf(request)], env, signal })

    try {
      const { how, report } = await Promise.race([client.ended, failure(server)])
      signal.throwIfAborted()

      if (how !== SUCCESS) {
        throw new Error(`The client ended with ${how}: ${client.lastWords}`)
      }

      return parsePerfReport(report, request)
    } finally {
      await client.stop()
    }
  }
}

/** As `Ending` has it. */
const SUCCESS = 'code 0'

function argumentsOf ({ uploadBytes, downloadBytes }: Request): string[] {
  return ['--upload-bytes', String(uploadBytes), '--download-bytes', String(downloadBytes)]
}

/** Never but by the server's end. */
async function failure (server: ProgramProcess): Promise<Ending> {
  const { how } = await server.ended

  throw new Error(`The server ended with ${how}: ${server.lastWords}`)
}

/** What a server says of each request: it has read all of the upload then. */
async function expectCounted (server: ProgramProcess, { uploadBytes, downloadBytes }: Request): Promise<void> {
  const [line, came, toGo] = await server.untilSaid(/^(\d+) bytes came, (\d+) are to go$/, WORDS_TIMEOUT_MS)

  if (Number(came) !== uploadBytes || Number(toGo) !== downloadBytes) {
    throw new Error(`The client says that ${uploadBytes} bytes went up and ${downloadBytes} down, and the server says: ${line}`)
  }
}
