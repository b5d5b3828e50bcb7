import { abortReason } from './errors.ts'

export interface RequestsInit {
  /** Tells the native side that nobody waits for the answer any more. */
  cancel (request: number): void
  /** A request was made or is over. */
  onChange (): void
}

interface Request {
  /** The connection that it belongs to, if any. */
  connection?: number
  resolve (handle: number): void
  reject (err: Error): void
}

/** The binding counts in 32 bits. */
const MAX_REQUEST = 0xffff_ffff

/**
 * What one endpoint has asked of the native side and not been answered yet: dials, openings of streams, flushes.
 */
export class Requests {
  readonly #init: RequestsInit
  readonly #pending = new Map<number, Request>()
  #last = 0

  constructor (init: RequestsInit) {
    this.#init = init
  }

  get size (): number {
    return this.#pending.size
  }

  /**
   * Asks by calling `start`, and waits for `settle` or `fail`. `adopt` makes of a handle what the caller gets, in the turn in
   * which it is announced.
   *
   * @throws {Error} what `fail` was given, what `adopt` throws, or the signal's reason
   */
  async start <T> (signal: AbortSignal | undefined, adopt: (handle: number) => T, start: (request: number) => void, connection?: number): Promise<T> {
    if (signal?.aborted === true) {
      throw abortReason(signal)
    }

    this.#last = (this.#last + 1) % MAX_REQUEST
    const request = this.#last
    const onAbort = (): void => {
      this.#init.cancel(request)
      this.fail(request, abortReason(signal))
    }

    try {
      return await new Promise<T>((resolve, reject) => {
        this.#pending.set(request, {
          connection,
          reject,
          resolve: (handle) => { resolve(adopt(handle)) }
        })
        this.#init.onChange()
        signal?.addEventListener('abort', onAbort)
        start(request)
      })
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#forget(request)
    }
  }

  /** False: nobody waits for it any more. */
  settle (request: number, handle: number): boolean {
    const pending = this.#forget(request)

    try {
      pending?.resolve(handle)
    } catch (err) {
      pending?.reject(err instanceof Error ? err : new Error(String(err)))

      return false
    }

    return pending != null
  }

  fail (request: number, err: Error): void {
    this.#forget(request)?.reject(err)
  }

  failAll (isMeant: (request: { connection?: number }) => boolean, err: Error): void {
    for (const [request, pending] of [...this.#pending]) {
      if (isMeant(pending)) {
        this.#init.cancel(request)
        this.fail(request, err)
      }
    }
  }

  #forget (request: number): Request | undefined {
    const pending = this.#pending.get(request)
    this.#pending.delete(request)
    this.#init.onChange()

    return pending
  }
}
