import { stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { RunningProgram, describeEnding } from '../process/running-program.ts'
import { findProgram } from './find-program.ts'
import { LOOPBACK } from './host.ts'
import type { Host } from './host.ts'

const START_TIMEOUT_MS = 15_000

/** Of a capture that nobody stops. */
const MAX_SECONDS = 120

const MAX_KIBIBYTES = 64 * 1_024

/** For the kernel to hand over what came by: what it has not when a capture ends is lost. */
const SETTLE_TIMEOUT_MS = 10_000

const POLL_MS = 50

/** To dissect what was captured. */
const READ_TIMEOUT_MS = 60_000

export interface CaptureOptions {
  /** A namespace. */
  host: Host
  logs: string
  signal: AbortSignal
}

/** What comes and goes by UDP at a host, in a file `capture.pcapng` of the logs. */
export class Capture {
  readonly #program: RunningProgram
  readonly #options: CaptureOptions
  readonly #file: string

  private constructor (program: RunningProgram, options: CaptureOptions, file: string) {
    this.#program = program
    this.#options = options
    this.#file = file
  }

  /**
   * Begins one.
   *
   * @returns undefined where it can't be had: without namespaces, or without Wireshark's programs
   * @throws {Error} when it does not begin
   */
  static async start (options: CaptureOptions): Promise<Capture | undefined> {
    const file = findProgram('dumpcap')

    if (!options.host.isIsolated || file == null || findProgram('tshark') == null) {
      return
    }

    const output = path.join(options.logs, 'capture.pcapng')
    const args = ['-q', '-i', 'eth0', '-f', 'udp', '-w', output, '-a', `duration:${MAX_SECONDS}`, '-a', `filesize:${MAX_KIBIBYTES}`]
    const program = RunningProgram.start({ file, args }, { ...options, env: {}, name: 'capture' })
    await program.untilOutput(/^File: /m, START_TIMEOUT_MS)

    return new Capture(program, options, output)
  }

  /**
   * Ends it, once there is enough of it.
   *
   * @param leastBytes - of a file that has all that is looked for
   * @param filter - for display, in Wireshark's language
   * @param protocol - of which all is told
   * @returns a tree for each frame that the filter lets through
   * @throws {Error} when what was captured can't be read
   */
  async end (leastBytes: number, filter: string, protocol: string): Promise<unknown[]> {
    const deadline = Date.now() + SETTLE_TIMEOUT_MS

    while (Date.now() < deadline && (await stat(this.#file)).size < leastBytes) {
      await delay(POLL_MS)
    }

    await this.#program.stop()

    const args = ['-r', this.#file, '-Y', filter, '-T', 'json', '--no-duplicate-keys', '-J', protocol]
    const signal = AbortSignal.any([this.#options.signal, AbortSignal.timeout(READ_TIMEOUT_MS)])
    const ending = await RunningProgram.start({ file: 'tshark', args }, { host: LOOPBACK, env: {}, name: 'tshark', logs: this.#options.logs, signal }).ended

    if (ending.code !== 0 || ending.error != null) {
      throw new Error(`tshark can't read the capture: ${describeEnding(ending)}`)
    }

    return JSON.parse(ending.report)
  }
}
