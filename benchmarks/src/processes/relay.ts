import { buildRawQuinn } from '../contestants/raw-quinn.ts'
import { launchProgram } from './launch.ts'
import { PeerProcess } from './peer-process.ts'

export interface RelayVerbs {
  /** Starts a lossless path to a server, both `address:port`, and answers with its address. */
  relay: { argument: { server: string, delayMs: number }, result: string }
  /** Answers with the tally since the last time. */
  impair: { argument: Impairment, result: Tally }
}

export interface Impairment {
  /** Of datagrams in each direction. */
  lossPercent: number
  /** The same datagrams of a direction are lost, by their number, when it is the same. */
  seed: number
}

/** Datagrams, of both directions together. */
export interface Tally {
  relayed: number
  /** By chance. */
  lost: number
  /** For want of room in the relay or, on Linux, in its sockets. */
  overflowed: number
}

/** Starting a process, on a busy machine. */
const TIMEOUT_MS = 15_000

/** A path for datagrams from one client to one server, in a process of its own. */
export class Relay {
  readonly #process: PeerProcess<RelayVerbs>

  constructor (program: string) {
    this.#process = new PeerProcess<RelayVerbs>(launchProgram(program))
  }

  /** With the program built, if need be. */
  static async start (): Promise<Relay> {
    return new Relay(await buildRawQuinn())
  }

  /**
   * @param server - where it leads to: a multiaddr, or `address:port`
   * @returns the same with the relay's port
   * @throws {Error} when the relay does not start
   */
  async open (server: string, delayMs: number): Promise<string> {
    const address = await this.#process.call('relay', { server: `127.0.0.1:${portOf(server)}`, delayMs }, TIMEOUT_MS)

    return withPort(server, portOf(address))
  }

  /** From now on. */
  async impair (impairment: Impairment): Promise<Tally> {
    return this.#process.call('impair', impairment, TIMEOUT_MS)
  }

  async stop (): Promise<void> {
    await this.#process.stop()
  }
}

/** The port in `/ip4/127.0.0.1/udp/PORT/...` and in `127.0.0.1:PORT`. */
const PORT = /(?<=\/udp\/|:)\d+/

function portOf (address: string): number {
  return Number(PORT.exec(address)?.[0])
}

function withPort (address: string, port: number): string {
  return address.replace(PORT, String(port))
}
