import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { namespaceHost } from '../net/namespaces.ts'
import { BoundedLog } from '../process/bounded-log.ts'
import { buildNetsim } from './build-netsim.ts'
import type { NetsimConfig } from './config.ts'
import type { NetsimStatistics } from './statistics.ts'
import type { Host } from '../net/host.ts'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** Of what it says to people: what is kept, in the file and in memory. */
const LOG_LIMIT_BYTES = 1_024 * 1_024
const LOG_TAIL_BYTES = 4_096

/** For namespaces and devices to be made; 256 of them take a second. */
const START_TIMEOUT_MS = 20_000

/** For what is in the namespaces to be killed, and them to be removed, before netsim itself is killed. */
const STOP_TIMEOUT_MS = 10_000

/** For it to say what it has counted. */
const STATISTICS_TIMEOUT_MS = 5_000

export interface NetsimOptions {
  /** Ends it, with all that runs in its namespaces. */
  signal: AbortSignal
  /** A folder for `netsim.json` (the configuration), `netsim.stderr.log` and `netsim.statistics.json`. */
  logs: string
  /** Told what cargo says if it has to be built. */
  onProgress?(line: string): void
}

let count = 0

/**
 * Makes the hosts of a network and joins them.
 *
 * @throws {MissingToolchainError} when it has to be built and there is no cargo
 * @throws {Error} when it does not build, or can't make this network: it needs Linux and root
 */
export async function startNetsim (config: NetsimConfig, { signal, logs, onProgress = () => {} }: NetsimOptions): Promise<Netsim> {
  const program = await buildNetsim(onProgress)
  const configFile = join(logs, 'netsim.json')
  // as `net/namespaces.ts` names them
  const prefix = config.prefix ?? `qm${process.pid}-sim${count++}-`
  await writeFile(configFile, `${JSON.stringify({ ...config, prefix }, null, 2)}\n`)
  signal.throwIfAborted()

  return Netsim.start(program, configFile, { signal, logs })
}

/** Hosts that run, until it is stopped or this process ends. */
export class Netsim {
  /** By name: where programs can be run. */
  readonly hosts: Record<string, Host> = {}
  /** By name of the host: its network namespace. */
  readonly namespaces: Record<string, string> = {}
  /** By name of the host: its IPv4 address. It is what `NODE_HOSTS` of the peers wants. */
  readonly addresses: Record<string, string> = {}
  /** When it is gone; rejects when it ended by itself or with an error. */
  readonly ended: Promise<void>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #log: BoundedLog
  readonly #logs: string
  readonly #ready = Promise.withResolvers<void>()
  #waiting = Promise.withResolvers<NetsimStatistics>()
  #last?: NetsimStatistics
  #isStopping = false

  /** @throws {Error} with netsim's last words when it does not start */
  static async start (program: string, configFile: string, { signal, logs }: Pick<NetsimOptions, 'signal' | 'logs'>): Promise<Netsim> {
    const netsim = new Netsim(program, configFile, { signal, logs })

    try {
      await within(START_TIMEOUT_MS, 'netsim did not start', Promise.race([netsim.#ready.promise, netsim.ended]))
      signal.throwIfAborted()
    } catch (err) {
      await netsim.stop().catch(() => {})

      throw err
    }

    return netsim
  }

  private constructor (program: string, configFile: string, { signal, logs }: Pick<NetsimOptions, 'signal' | 'logs'>) {
    this.#logs = logs
    this.#log = new BoundedLog(join(logs, 'netsim.stderr.log'), LOG_LIMIT_BYTES, LOG_TAIL_BYTES)
    // a group of its own: Ctrl+C must not take the network from programs that are being ended
    this.#child = spawn(program, ['--config', configFile], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    // it has ended, which is told elsewhere
    this.#child.stdin.on('error', () => {})
    this.#child.stderr.on('data', (chunk: Buffer) => { this.#log.write(chunk) })
    createInterface(this.#child.stdout).on('line', (line) => { this.#onLine(line) })

    const onAbort = (): void => { this.#end() }
    signal.addEventListener('abort', onAbort)
    this.ended = this.#untilEnded().finally(() => { signal.removeEventListener('abort', onAbort) })
    // whoever waits for something is told
    this.ended.catch((err) => { this.#waiting.reject(err) })
    this.#waiting.promise.catch(() => {})
  }

  /** @throws {Error} when it has ended */
  async statistics (): Promise<NetsimStatistics> {
    this.#child.stdin.write('statistics\n')

    return within(STATISTICS_TIMEOUT_MS, 'netsim has no statistics', this.#waiting.promise)
  }

  /**
   * Kills what still runs in the namespaces and removes them.
   *
   * @returns what became of all packets
   * @throws {Error} when it ended before, or with an error
   */
  async stop (): Promise<NetsimStatistics> {
    this.#end()
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, STOP_TIMEOUT_MS)

    try {
      await this.ended
    } finally {
      clearTimeout(timer)
    }

    if (this.#last == null) {
      throw new Error('netsim ended without statistics')
    }

    return this.#last
  }

  /** As if it had crashed: its namespaces stay, and the next one to start removes them. */
  kill (): void {
    this.#child.kill('SIGKILL')
  }

  #end (): void {
    this.#isStopping = true
    this.#child.stdin.end()
  }

  #onLine (line: string): void {
    const { hosts, statistics } = JSON.parse(line)

    if (statistics != null) {
      this.#last = statistics
      this.#waiting.resolve(statistics)
      this.#waiting = Promise.withResolvers()
      this.#waiting.promise.catch(() => {})

      return
    }

    for (const { name, namespace, address } of hosts) {
      this.hosts[name] = namespaceHost(namespace, address)
      this.namespaces[name] = namespace
      this.addresses[name] = address
    }

    this.#ready.resolve()
  }

  async #untilEnded (): Promise<void> {
    const [code, signal] = await once(this.#child, 'close')
    await this.#log.end()

    if (code !== 0 || !this.#isStopping) {
      throw new Error(`netsim ended with ${signal ?? `exit code ${code}`}: ${this.#log.lastLine}`)
    }

    await writeFile(join(this.#logs, 'netsim.statistics.json'), `${JSON.stringify(this.#last ?? null, null, 2)}\n`)
  }
}

async function within <T> (timeoutMs: number, message: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => { late.reject(new Error(`${message} within ${timeoutMs} ms`)) }, timeoutMs)

  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
