import { once } from 'node:events'
import type { Request, Response, Verbs } from './channel.ts'
import type { Launched } from './launch.ts'
import type { ChildProcess } from 'node:child_process'

/** What is kept of a process's own output, for the error that tells of its death. */
const OUTPUT_BYTES = 4_096

/** For a process to end by itself before it is killed. */
const EXIT_TIMEOUT_MS = 2_000

interface Pending {
  resolve (result: unknown): void
  reject (err: Error): void
}

/** The parent's end of the channel to one process. */
export class PeerProcess<V extends Verbs<V>> {
  readonly #child: ChildProcess
  readonly #send: Launched['send']
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #output = ''
  #ended?: Error

  constructor ({ child, output, send, onResponse }: Launched) {
    this.#child = child
    this.#send = send
    output.forEach((stream) => stream?.on('data', (data) => { this.#keep(data) }))
    onResponse((response) => { this.#onResponse(response) })
    this.#child.on('error', (err) => { this.#end(err) })
    // not 'exit': the last words come after it
    this.#child.on('close', (code, signal) => {
      this.#end(new Error(`The process ended with ${signal ?? `code ${code}`}: ${this.#output.trim()}`))
    })
  }

  /**
   * @throws {Error} what the process answered, that it ended, or that it did not answer in time
   */
  async call <K extends keyof V & string> (verb: K, argument: V[K]['argument'], timeoutMs: number): Promise<V[K]['result']> {
    if (this.#ended != null) {
      throw this.#ended
    }

    const request: Request = { id: ++this.#lastId, verb, argument }
    const answered = Promise.withResolvers<V[K]['result']>()
    const timer = setTimeout(() => {
      answered.reject(new Error(`No answer to '${verb}' within ${timeoutMs / 1_000} s`))
    }, timeoutMs)

    this.#pending.set(request.id, answered)
    this.#send(request, (err) => {
      if (err != null) {
        answered.reject(err)
      }
    })

    try {
      return await answered.promise
    } finally {
      clearTimeout(timer)
      this.#pending.delete(request.id)
    }
  }

  /** Fails what is unanswered; resolves when the process is gone, killed if need be. */
  async stop (): Promise<void> {
    this.#end(new Error('The process was stopped'))

    if (this.#child.exitCode != null || this.#child.signalCode != null || this.#child.pid == null) {
      return
    }

    const exited = once(this.#child, 'exit')
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, EXIT_TIMEOUT_MS)

    if (this.#child.connected) {
      this.#child.disconnect()
    }

    this.#child.stdin?.end()

    try {
      await exited
    } finally {
      clearTimeout(timer)
    }
  }

  #onResponse (response: Response): void {
    const pending = this.#pending.get(response.id)

    if ('error' in response) {
      pending?.reject(new Error(response.error))
    } else {
      pending?.resolve(response.result)
    }
  }

  #keep (output: Buffer): void {
    this.#output = (this.#output + output.toString()).slice(-OUTPUT_BYTES)
  }

  #end (err: Error): void {
    this.#ended ??= err

    for (const pending of this.#pending.values()) {
      pending.reject(this.#ended)
    }
  }
}
