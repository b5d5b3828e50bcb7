import { once } from 'node:events'
import { createServer } from 'node:net'
import { RunningProgram } from '../process/running-program.ts'
import { findProgram } from './find-program.ts'
import type { Host } from './host.ts'
import type { AddressInfo } from 'node:net'

/** Redis's own port, where nobody else can have it. */
const REDIS_PORT = 6_379

const START_TIMEOUT_MS = 10_000

/** Somebody may take a port between our asking for one and Redis's taking it. */
const START_ATTEMPTS = 3

/** A cell leaves one address there. */
const MEMORY_LIMIT = '16mb'

export interface Redis {
  /** `host:port`, as both of libp2p's suites have it in the environment. */
  address: string
  stop (): Promise<void>
}

export interface RedisOptions {
  /** Where it runs. */
  host: Host
  /** A folder for what it says. */
  logs: string
  /** Ends it. */
  signal: AbortSignal
}

/** It is not installed. */
export class RedisMissingError extends Error {
  static name = 'RedisMissingError'
  name = 'RedisMissingError'

  constructor () {
    super('redis-server was not found: `npm run setup -- --only tools` installs it as root, else: sudo apt-get install redis-server (macOS: brew install redis)')
  }
}

/**
 * A Redis of one cell's own. It keeps nothing on disk.
 *
 * @throws {RedisMissingError}
 * @throws {Error} when it does not start within 10 s
 */
export async function startRedis (options: RedisOptions, file: string | null = findProgram('redis-server') ?? null): Promise<Redis> {
  if (file == null) {
    throw new RedisMissingError()
  }

  for (let attempt = 1; ; attempt++) {
    try {
      return await start(options, file)
    } catch (err) {
      options.signal.throwIfAborted()

      if (attempt === START_ATTEMPTS) {
        throw err
      }
    }
  }
}

async function start ({ host, logs, signal }: RedisOptions, file: string): Promise<Redis> {
  const port = host.isIsolated ? REDIS_PORT : await freePort(host.address)
  const args = [
    '--port', String(port), '--bind', host.address, '--protected-mode', 'no', '--daemonize', 'no',
    '--save', '', '--appendonly', 'no', '--dir', logs, '--maxmemory', MEMORY_LIMIT
  ]
  const program = RunningProgram.start({ file, args }, { host, env: {}, name: 'redis', logs, signal })

  try {
    await program.untilOutput(/Ready to accept connections/, START_TIMEOUT_MS)
  } catch (err) {
    await program.stop()

    throw err
  }

  return {
    address: `${host.address}:${port}`,
    stop: async () => { await program.stop() }
  }
}

async function freePort (address: string): Promise<number> {
  const server = createServer().listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')

  return port
}
