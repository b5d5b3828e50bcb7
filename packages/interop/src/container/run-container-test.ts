import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { withNetwork } from '../net/network.ts'
import { startRedis } from '../net/redis.ts'
import { RunningProgram, describeEnding } from '../process/running-program.ts'
import { abilitiesOf } from '../transport/abilities.ts'
import { environmentOf, redisKey } from '../transport/dialect.ts'
import { Rendezvous } from '../transport/rendezvous.ts'
import { pingRow } from '../transport/rows.ts'
import { containerImage } from './image.ts'
import type { Image } from './image.ts'
import type { Host } from '../net/host.ts'
import type { Network } from '../net/network.ts'
import type { CellContext, CellResult } from '../runner/cell.ts'
import type { Dialect, Situation } from '../transport/dialect.ts'

const NAME = 'quicmesh'

/** What test-plans has in the environment. */
const TEST_TIMEOUT_SECONDS = 60

/** From SIGTERM to the end: Docker kills after ten, and a suite with many tests waits for each. Other cells run beside this one. */
const TERM_LIMIT_MS = 3_000

/** For it to end by SIGTERM before it is killed: long enough to see that it took too long. */
const TERM_TIMEOUT_MS = 5_000

/** Of the host name that Docker makes. */
const HOST_NAME_BYTES = 6

/** Where `ip netns exec` looks for what is to be in `/etc`. */
const NAMESPACE_FILES = '/etc/netns'

/** Of Redis, in the networks of the suites. */
const REDIS_NAMES: Record<Dialect, string> = { 'test-plans': 'redis', unified: 'transport-redis' }

/**
 * The program of the image as listener and as dialer, with the environment of a suite.
 *
 * @throws {Error} that says what of the contract was not kept, and where the logs are
 */
export async function runContainerTest (dialect: Dialect, context: CellContext, loadImage: () => Promise<Image> = containerImage): Promise<CellResult> {
  const { logs, slot, signal } = context

  try {
    const image = await loadImage()

    return await withNetwork({ slot, signal }, async (network) => withRedisName(network, dialect, async (redisAddress) => {
      return runIn(network, { dialect, image, redisAddress }, context)
    }))
  } catch (err) {
    const folder = path.relative(process.cwd(), logs)

    throw new Error(`${(err as Error).message} [logs in ${folder}: listener.stderr.log, dialer.stderr.log, dialer.stdout, redis-monitor.stdout, qlog/]`, { cause: err })
  }
}

interface ContainerTest {
  dialect: Dialect
  image: Image
  /** As the suite gives it; undefined for that of the machine. */
  redisAddress?: string
}

async function runIn (network: Network, { dialect, image, redisAddress }: ContainerTest, { logs, signal }: CellContext): Promise<CellResult> {
  const redis = await startRedis({ host: network.listener, logs, signal })
  const rendezvous = await Rendezvous.watch({ redis, host: network.listener, logs, signal })
  const situation: Situation = {
    dialer: NAME,
    listener: NAME,
    ip: network.mode === 'namespaces' ? '0.0.0.0' : network.listener.address,
    redisAddress: redisAddress ?? redis.address,
    timeoutSeconds: TEST_TIMEOUT_SECONDS
  }
  const home = path.join(logs, 'home')
  const qlog = path.join(logs, 'qlog')
  await mkdir(home, { recursive: true })
  await mkdir(qlog, { recursive: true })
  const start = (name: 'dialer' | 'listener'): RunningProgram => RunningProgram.start(image.program, {
    host: network[name],
    env: { ...environmentOfDocker(image, home), ...environmentOf(dialect, name === 'dialer', situation), QLOG_DIR: qlog },
    name,
    logs,
    signal,
    termTimeoutMs: TERM_TIMEOUT_MS
  })

  const listener = start('listener')
  const dialer = await start('dialer').ended

  if (dialer.code !== 0 || dialer.error != null) {
    throw new Error(`The dialer failed: ${describeEnding(dialer)}`)
  }

  const result = pingRow(dialect).judge(dialer.report, {
    dialer: abilitiesOf(NAME),
    listener: abilitiesOf(NAME),
    listenerPeerId: rendezvous.peerId(redisKey(dialect, situation), network.listener.address),
    lastWords: dialer.lastWords,
    elapsedMs: 0
  })
  const termMs = await endListener(listener)
  await rendezvous.stop()
  await redis.stop()

  return { figures: { ...result.figures, 'SIGTERM to end, ms': Math.round(termMs) } }
}

/** @throws {Error} when it takes too long, does not end well, or has written to standard output */
async function endListener (listener: RunningProgram): Promise<number> {
  const startedAtMs = performance.now()
  const ending = await listener.stop()
  const elapsedMs = performance.now() - startedAtMs

  if (ending.code !== 0 || ending.error != null) {
    throw new Error(`The listener must end with 0 by SIGTERM: ${describeEnding(ending)}`)
  }

  if (elapsedMs > TERM_LIMIT_MS) {
    throw new Error(`The listener must end within ${TERM_LIMIT_MS} ms of SIGTERM, and took ${Math.round(elapsedMs)} ms`)
  }

  if (ending.report !== '') {
    throw new Error(`A listener has nothing to report, and this one wrote to standard output: ${ending.report.slice(0, 200)}`)
  }

  return elapsedMs
}

/** What a container has before a suite adds to it. */
function environmentOfDocker ({ path }: Image, home: string): Record<string, string> {
  return { PATH: path, HOSTNAME: randomBytes(HOST_NAME_BYTES).toString('hex'), HOME: home, NODE_VERSION: process.versions.node }
}

/** Gives Redis the name that it has in the networks of the suite, where there are namespaces. */
async function withRedisName (network: Network, dialect: Dialect, body: (redisAddress?: string) => Promise<CellResult>): Promise<CellResult> {
  if (network.mode === 'loopback') {
    return body()
  }

  const hosts: Host[] = [network.dialer, network.listener]
  const folders = hosts.map(({ name }) => path.join(NAMESPACE_FILES, name))
  const name = REDIS_NAMES[dialect]

  try {
    for (const folder of folders) {
      await mkdir(folder, { recursive: true })
      await writeFile(path.join(folder, 'hosts'), `127.0.0.1 localhost\n${network.listener.address} ${name}\n`)
    }

    return await body(`${name}:6379`)
  } finally {
    await Promise.all(folders.map(async (folder) => rm(folder, { recursive: true, force: true })))
  }
}
