import { TypedEventEmitter } from '@libp2p/interface'
import { isThenable } from './thenable.ts'

type Listener<T> = ((evt: T) => void) | { handleEvent(evt: T): void }

/**
 * An event emitter whose listeners may throw. The platform turns an exception of a listener, and a rejection of an async one, into an
 * uncaught exception, which ends the process: an application's mistake with one message must not end a node.
 */
export class GuardedEmitter<Events extends Record<string, any>> extends TypedEventEmitter<Events> {
  readonly #onError: (err: unknown) => void
  readonly #guards = new WeakMap<object, (evt: any) => void>()

  constructor (onError: (err: unknown) => void) {
    super()
    this.#onError = onError
  }

  addEventListener<K extends keyof Events> (type: K, listener: Listener<Events[K]> | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener == null ? null : this.#guard(listener), options)
  }

  removeEventListener<K extends keyof Events> (type: K, listener?: Listener<Events[K]> | null, options?: boolean | EventListenerOptions): void {
    super.removeEventListener(type, listener == null ? listener : this.#guards.get(listener) ?? listener, options)
  }

  #guard<T> (listener: Listener<T>): (evt: T) => void {
    const known = this.#guards.get(listener)

    if (known != null) {
      return known
    }

    const guard = (evt: T): void => {
      try {
        const result: unknown = typeof listener === 'function' ? listener(evt) : listener.handleEvent(evt)

        if (isThenable(result)) {
          Promise.resolve(result).catch(this.#onError)
        }
      } catch (err) {
        this.#onError(err)
      }
    }

    this.#guards.set(listener, guard)

    return guard
  }
}
