import { createClient } from '@redis/client'
import type { Environment } from './environment.ts'

/** Between two tries to reach Redis: containers start in no order. */
const RETRY_MS = 100

/** Waits of BLPOP are cut into such, so that a time-out or an abort ends one soon. */
const POP_SECONDS = 1

/** The list in Redis by which the dialer learns the listener's address. */
export class Rendezvous {
  readonly #client: ReturnType<typeof createClient>
  readonly #list: string
  readonly #signal: AbortSignal

  constructor ({ redis, list }: Pick<Environment, 'redis' | 'list'>, signal: AbortSignal) {
    this.#list = list
    this.#signal = signal
    this.#client = createClient({ socket: { ...redis, reconnectStrategy: RETRY_MS } })
    let lastProblem = ''
    this.#client.on('error', (err) => {
      if (err.message !== lastProblem) {
        lastProblem = err.message
        console.error(`redis ${redis.host}:${redis.port} - ${err.message}`)
      }
    })
    signal.addEventListener('abort', () => { this.close() }, { once: true })
  }

  /** @throws {Error} when it is aborted */
  async push (address: string): Promise<void> {
    await this.#connect()
    await this.#client.rPush(this.#list, address)
  }

  /** @throws {Error} when it is aborted before a listener has pushed its address */
  async pop (): Promise<string> {
    await this.#connect()

    while (true) {
      const popped = await this.#client.blPop(this.#list, POP_SECONDS)

      if (popped != null) {
        return popped.element
      }
    }
  }

  close (): void {
    if (this.#client.isOpen) {
      this.#client.destroy()
    }
  }

  async #connect (): Promise<void> {
    this.#signal.throwIfAborted()
    await this.#client.connect()
  }
}
