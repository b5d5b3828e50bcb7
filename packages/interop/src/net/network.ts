import { endProgramsOn } from '../process/running-program.ts'
import { LOOPBACK } from './host.ts'
import { addNamespace, joinNamespaces, removeLeftOvers, removeNamespace, whyNoNamespaces } from './namespaces.ts'
import { raiseSocketBuffers } from './socket-buffers.ts'
import type { Host } from './host.ts'

/** Two hosts that reach each other and nothing else, or the machine itself for both. */
export interface Network {
  mode: 'namespaces' | 'loopback'
  dialer: Host
  listener: Host
}

export interface NetworkOptions {
  /** Of the cell: no two that are open in one process may have the same. */
  slot: number
  signal: AbortSignal
}

export interface Facilities {
  /** Why there are no namespaces, if there are none. */
  whyLoopback?: string
  /** What people should know of this machine. */
  notices: string[]
}

/**
 * What this machine can do. Found out once; namespaces that dead runs left are removed on the way.
 */
export async function facilities (): Promise<Facilities> {
  known ??= findOut()

  return known
}

let known: Promise<Facilities> | undefined

async function findOut (): Promise<Facilities> {
  const whyLoopback = await whyNoNamespaces()
  const notices = raiseSocketBuffers()

  if (whyLoopback != null) {
    return { whyLoopback, notices: [`All peers run on 127.0.0.1, without network namespaces: ${whyLoopback}`, ...notices] }
  }

  const leftOvers = await removeLeftOvers()

  return { notices: [...notices, ...leftOvers.map((name) => `Removed the namespace ${name} of a run that is gone`)] }
}

/**
 * Gives the body a network of its own. When the body ends, or the signal is aborted, whatever still runs in it is ended
 * and it is removed.
 *
 * @throws what the body throws, or the signal's reason
 */
export async function withNetwork<T> ({ slot, signal }: NetworkOptions, body: (network: Network) => Promise<T>): Promise<T> {
  const { whyLoopback } = await facilities()
  signal.throwIfAborted()

  if (whyLoopback != null) {
    // not the one that others have too: what runs on these is of this network
    const [dialer, listener] = [{ ...LOOPBACK }, { ...LOOPBACK }]

    return thenTidyUp(async () => endProgramsOn([dialer, listener]), async () => orAborted(signal, async () => body({ mode: 'loopback', dialer, listener })))
  }

  const made: string[] = []

  return thenTidyUp(async () => { await Promise.all(made.map(removeNamespace)) }, async () => {
    const a = { name: await addNamespace(`${slot}-a`), address: `10.77.${slot}.1` }
    made.push(a.name)
    const b = { name: await addNamespace(`${slot}-b`), address: `10.77.${slot}.2` }
    made.push(b.name)
    const [dialer, listener] = await joinNamespaces(a, b)

    return orAborted(signal, async () => body({ mode: 'namespaces', dialer, listener }))
  })
}

/** @throws what the work throws: it says more than what goes wrong with tidying up after it, which is thrown when the work went well */
async function thenTidyUp<T> (tidyUp: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  let result: T

  try {
    result = await work()
  } catch (err) {
    await tidyUp().catch(() => {})

    throw err
  }

  await tidyUp()

  return result
}

async function orAborted<T> (signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => { aborted.reject(signal.reason) }
  signal.addEventListener('abort', onAbort)

  try {
    return await Promise.race([work(), aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
