/** By which this process is ended from outside. */
export const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Does what can be aborted. When this process is to end meanwhile, it is aborted first, and the process ends by the same signal once it is over.
 *
 * @throws {Error} what the body throws
 */
export async function abortedByInterruption<T> (body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborter = new AbortController()
  let endedBy: NodeJS.Signals | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    endedBy ??= signal
    aborter.abort(new Error(`Ended by ${signal}`))
  }

  SIGNALS.forEach((signal) => { process.on(signal, onSignal) })

  try {
    return await body(aborter.signal)
  } finally {
    SIGNALS.forEach((signal) => { process.off(signal, onSignal) })

    if (endedBy != null) {
      // now that nobody listens, it does what it does to any process
      process.kill(process.pid, endedBy)
    }
  }
}
