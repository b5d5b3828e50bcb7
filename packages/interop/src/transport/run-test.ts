import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { withNetwork } from '../net/network.ts'
import { startRedis } from '../net/redis.ts'
import { RunningProgram, describeEnding } from '../process/running-program.ts'
import { abilitiesOf } from './abilities.ts'
import { environmentOf, redisKey } from './dialect.ts'
import { PingOrderError } from './ping-report.ts'
import { Rendezvous } from './rendezvous.ts'
import type { Dialect, Situation } from './dialect.ts'
import type { Row } from './rows.ts'
import type { Network } from '../net/network.ts'
import type { Program } from '../peers/peer.ts'
import type { Ending } from '../process/running-program.ts'
import type { CellContext, CellResult } from '../runner/cell.ts'

/** For both sides; the longest row is silent for 35 s. */
const TEST_TIMEOUT_SECONDS = 80

/** What a cell may take: both sides, and what is around them. */
export const CELL_TIMEOUT_MS = (TEST_TIMEOUT_SECONDS + 20) * 1_000

/** Of a test that went well but for the order of its figures. */
const ATTEMPTS = 3

export interface TransportTest {
  dialer: string
  listener: string
  dialect: Dialect
  row: Row
  /** Looks on. What it returns is called after the report was judged, while the listener still is there. */
  watch? (scene: Scene): Promise<() => Promise<CellResult>>
}

/** Of one who looks on. */
export interface Scene {
  network: Network
  context: CellContext
  /** Where ours leaves a qlog of every connection. */
  qlogFolder: string
}

/**
 * One dialer, one listener, one report.
 *
 * @throws {Error} that says what is wrong and where the logs are
 */
export async function runTest (test: TransportTest, context: CellContext): Promise<CellResult> {
  const { logs, slot, signal } = context
  const reason = abilitiesOf(test.listener).cannotServe?.[test.row.name]

  if (reason != null) {
    return { unsupported: reason }
  }

  try {
    return await attempt(ATTEMPTS, async () => withNetwork({ slot, signal }, async (network) => runIn(network, test, context)))
  } catch (err) {
    const folder = path.relative(process.cwd(), logs)

    throw new Error(`${(err as Error).message} [logs in ${folder}: listener.stderr.log, dialer.stderr.log, dialer.stdout, redis-monitor.stdout, ours in qlog/]`, { cause: err })
  }
}

/** One who mixes up both figures of a ping does so each time; a machine that is busy does not. */
async function attempt (left: number, run: () => Promise<CellResult>): Promise<CellResult> {
  try {
    return await run()
  } catch (err) {
    if (!(err instanceof PingOrderError) || left === 1) {
      throw err
    }

    return attempt(left - 1, run)
  }
}

async function runIn (network: Network, test: TransportTest, context: CellContext): Promise<CellResult> {
  const { logs, signal } = context
  const redis = await startRedis({ host: network.listener, logs, signal })
  const rendezvous = await Rendezvous.watch({ redis, host: network.listener, logs, signal })
  const qlog = path.join(logs, 'qlog')
  await mkdir(qlog, { recursive: true })

  const situation: Situation = {
    dialer: test.dialer,
    listener: test.listener,
    ip: network.mode === 'namespaces' ? '0.0.0.0' : network.listener.address,
    redisAddress: redis.address,
    timeoutSeconds: TEST_TIMEOUT_SECONDS
  }
  const start = (name: 'dialer' | 'listener'): RunningProgram => {
    const isDialer = name === 'dialer'
    const env = { ...environmentOf(test.dialect, isDialer, situation), ...(isDialer ? rowEnvironment(test.row) : {}), QLOG_DIR: qlog }

    return RunningProgram.start(programOf(test[name], context), { host: network[name], env, name, logs, signal })
  }

  const inspect = await test.watch?.({ network, context, qlogFolder: qlog })
  const listener = start('listener')
  const startedAtMs = performance.now()
  const { report, lastWords } = await endingOf(start('dialer'), listener)
  const elapsedMs = performance.now() - startedAtMs
  const listenerPeerId = rendezvous.peerId(redisKey(test.dialect, situation), network.listener.address)
  const result = test.row.judge(report, {
    dialer: abilitiesOf(test.dialer), listener: abilitiesOf(test.listener), listenerPeerId, lastWords, elapsedMs
  })

  const seen = await inspect?.()
  await endListener(listener)
  await rendezvous.stop()
  await redis.stop()

  return seen == null ? result : { ...result, ...seen, figures: { ...result.figures, ...seen.figures } }
}

/** @throws {Error} when the dialer does not end well, or the listener ends before it */
async function endingOf (dialer: RunningProgram, listener: RunningProgram): Promise<Ending> {
  const lost = listener.ended.then((ending) => {
    throw new Error(`The listener ended before the dialer: ${describeEnding(ending)}`)
  })
  // it is ended in the end, when nobody waits for this any more
  lost.catch(() => {})
  const ending = await Promise.race([dialer.ended, lost])

  if (ending.code !== 0 || ending.error != null) {
    throw new Error(`The dialer failed: ${describeEnding(ending)}`)
  }

  return ending
}

/** @throws {Error} when it has to be killed, or says that it failed */
async function endListener (listener: RunningProgram): Promise<void> {
  const ending = await listener.stop()

  if (ending.code !== 0 || ending.error != null) {
    throw new Error(`The listener must end with 0 by SIGTERM: ${describeEnding(ending)}`)
  }

  if (ending.report !== '') {
    throw new Error(`A listener has nothing to report, and this one wrote to standard output: ${ending.report.slice(0, 200)}`)
  }
}

function rowEnvironment ({ name, isPing }: Row): Record<string, string> {
  return isPing === true ? {} : { ROW: name }
}

function programOf (peer: string, { programs }: CellContext): Program {
  const { transport } = programs(peer)

  if (transport == null) {
    throw new Error(`${peer} has no program for transport`)
  }

  return transport
}
