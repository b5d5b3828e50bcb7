import { BINDING_PATH_VARIABLE, PACKAGE_PATH_VARIABLE } from '../build-path-variables.ts'
import { contestantEntry, OURS } from '../contestants.ts'
import { FIGURES } from '../figures.ts'
import { launchModule, launchProgram } from './launch.ts'
import { PeerProcess } from './peer-process.ts'
import { Relay } from './relay.ts'
import type { ClientMeasurement, ClientVerbs } from './client.ts'
import type { Launched } from './launch.ts'
import type { ServerSnapshot, ServerVerbs } from './server.ts'
import type { ContestantName } from '../contestants.ts'
import type { Figure, FigureName, Measurement, Path, Payload } from '../figures.ts'
import type { Workload } from '../workload.ts'

/** Loading libp2p and starting nodes, on a busy machine. */
const START_TIMEOUT_MS = 60_000

/** Dials, stream openings and closes: everything that is not measured. */
const STEP_TIMEOUT_MS = 15_000

export interface PairInit {
  /** Another build of ours: the file of its native binding, or the folder of its package. */
  buildPath?: string
}

export interface MeasureInit {
  workload: Workload
  /** For what the clock sees. */
  timeoutMs: number
  /** Of whatever chance there is. */
  seed: number
}

/** What is done just before and after the clock runs. */
interface Around {
  around? (run: () => Promise<ClientMeasurement>): Promise<ClientMeasurement>
}

/** A contestant's server and client, each in a process of its own, for the whole run. */
export class Pair {
  readonly #buildPath?: string
  #server?: PeerProcess<ServerVerbs>
  #client?: PeerProcess<ClientVerbs>

  constructor ({ buildPath }: PairInit = {}) {
    this.#buildPath = buildPath
  }

  /**
   * @throws {Error} when a program can't be built or a node does not start; then, too, `stop()` is the caller's to call
   */
  async start (name: ContestantName): Promise<void> {
    const stack = this.#buildPath == null ? name : OURS
    const entry = contestantEntry(stack)
    const program = entry != null && 'program' in entry ? await entry.program() : undefined

    const server = this.#server = new PeerProcess<ServerVerbs>(this.#launch('server.ts', program))
    const client = this.#client = new PeerProcess<ClientVerbs>(this.#launch('client.ts', program))

    await Promise.all([
      server.call('start', stack, START_TIMEOUT_MS),
      client.call('start', stack, START_TIMEOUT_MS)
    ])
  }

  /**
   * Measures a figure once, on new connections.
   *
   * @throws {Error} when it fails, does not end in time, or not every byte arrived
   */
  async measure (name: FigureName, init: MeasureInit): Promise<Measurement> {
    const figure: Figure = FIGURES[name]
    const servers = await started(this.#server).call('listen', figure.servers?.(init.workload) ?? 1, START_TIMEOUT_MS)

    if (figure.path == null) {
      return this.#measureBetween(servers, name, init)
    }

    const relay = await Relay.start()

    try {
      return await this.#measureOver(relay, pathOf(figure.path, init.workload), servers, name, init)
    } finally {
      await relay.stop()
    }
  }

  /** Datagrams get lost while the clock runs: dials and closes are not what is measured. */
  async #measureOver (relay: Relay, { delayMs, lossPercent }: Path, [server]: string[], name: FigureName, init: MeasureInit): Promise<Measurement> {
    const address = await relay.open(server, delayMs)

    return this.#measureBetween([address], name, {
      ...init,
      around: async (run) => {
        await relay.impair({ lossPercent, seed: init.seed })
        const result = await run()
        const { relayed, lost, overflowed } = await relay.impair({ lossPercent: 0, seed: init.seed })

        if (overflowed > 0) {
          throw new Error(`The relay had no room for ${overflowed} datagrams (seed ${init.seed})`)
        }

        return { ...result, values: { ...result.values, datagramsRelayed: relayed, datagramsLost: lost } }
      }
    })
  }

  async #measureBetween (servers: string[], name: FigureName, { workload, timeoutMs, around = async (run) => run() }: MeasureInit & Around): Promise<Measurement> {
    const figure: Figure = FIGURES[name]
    const server = started(this.#server)
    const client = started(this.#client)
    const withMemory = figure.needsFreshProcesses ?? false

    await client.call('prepare', { figure: name, servers, workload }, STEP_TIMEOUT_MS)
    const before = await server.call('snapshot', { withMemory }, STEP_TIMEOUT_MS)
    const { wallSeconds, cpuSeconds, receivedBytes, values, samples } = await around(async () => client.call('measure', undefined, timeoutMs))
    const after = await server.call('snapshot', { withMemory }, STEP_TIMEOUT_MS)
    await client.call('finish', undefined, STEP_TIMEOUT_MS)

    const measurement = {
      wallSeconds,
      clientCpuSeconds: cpuSeconds,
      serverCpuSeconds: after.cpuSeconds - before.cpuSeconds,
      receivedBytes: { atServer: after.receivedBytes - before.receivedBytes, atClient: receivedBytes },
      values: { ...values, ...memoryGrowth(before, after) },
      ...(samples == null ? {} : { samples })
    }

    checkBytes(measurement.receivedBytes, figure.expectedBytes(workload))

    return measurement
  }

  async stop (): Promise<void> {
    await Promise.all([this.#client?.stop(), this.#server?.stop()])
  }

  #environment (): NodeJS.ProcessEnv {
    if (this.#buildPath == null) {
      return {}
    }

    return { [this.#buildPath.endsWith('.node') ? BINDING_PATH_VARIABLE : PACKAGE_PATH_VARIABLE]: this.#buildPath }
  }

  #launch (module: string, program?: string): Launched {
    if (program != null) {
      return launchProgram(program)
    }

    return launchModule(new URL(module, import.meta.url), this.#environment())
  }
}

function started <T> (peer: T | undefined): T {
  if (peer == null) {
    throw new Error('The pair was not started')
  }

  return peer
}

function pathOf (path: NonNullable<Figure['path']>, workload: Workload): Path {
  return typeof path === 'function' ? path(workload) : path
}

function memoryGrowth (before: ServerSnapshot, after: ServerSnapshot): Record<string, number> {
  return before.rssBytes == null || after.rssBytes == null ? {} : { serverRssBytes: after.rssBytes - before.rssBytes }
}

function checkBytes (actual: Payload, expected: Payload): void {
  if (actual.atServer !== expected.atServer) {
    throw new Error(`The server received ${actual.atServer} of ${expected.atServer} bytes`)
  }

  if (actual.atClient !== expected.atClient) {
    throw new Error(`The client received ${actual.atClient} of ${expected.atClient} bytes`)
  }
}
