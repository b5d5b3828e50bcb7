import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'aegir/chai'
import { LOOPBACK } from '../../src/net/host.ts'
import { withNetwork } from '../../src/net/network.ts'
import { RedisMissingError, startRedis } from '../../src/net/redis.ts'
import { RunningProgram } from '../../src/process/running-program.ts'

/** Redis's protocol takes a line of words, too. */
const CLIENT = `
  const [host, port] = process.env.REDIS_ADDR.split(":")
  const socket = require("node:net").connect(Number(port), host, () => socket.write(process.env.COMMAND + "\\r\\n"))
  socket.on("data", (data) => { console.log(data.toString()); socket.end() })
`

describe('a Redis of the cell', () => {
  let logs: string
  let aborter: AbortController

  beforeEach(() => {
    logs = mkdtempSync(path.join(tmpdir(), 'quicmesh-redis-'))
    aborter = new AbortController()
  })

  afterEach(() => {
    aborter.abort()
    rmSync(logs, { recursive: true, force: true })
  })

  it('is reached from both hosts, keeps nothing on disk, and ends', async () => {
    await withNetwork({ slot: 61, signal: aborter.signal }, async ({ dialer, listener }) => {
      const redis = await startRedis({ host: listener, logs, signal: aborter.signal })
      const ask = async (name: string, host: typeof dialer, COMMAND: string): Promise<string> => {
        const env = { REDIS_ADDR: redis.address, COMMAND }

        return (await RunningProgram.start({ file: process.execPath, args: ['-e', CLIENT] }, { host, env, name, logs, signal: aborter.signal }).ended).report.trim()
      }

      expect(await ask('push', listener, 'RPUSH listenerAddr here')).to.equal(':1')
      expect(await ask('pop', dialer, 'BLPOP listenerAddr 1')).to.include('here')
      await redis.stop()
      expect(await ask('gone', dialer, 'PING')).to.equal('')
    })

    expect(readdirSync(logs).filter((file) => /\.rdb$|aof/.test(file))).to.deep.equal([])
  })

  it('says how to get it when it is missing', async () => {
    const starting = startRedis({ host: LOOPBACK, logs, signal: aborter.signal }, null)

    await expect(starting).to.eventually.be.rejectedWith(RedisMissingError, 'sudo apt-get install redis-server')
  })

  it('says what Redis said when it does not start', async () => {
    const broken = path.join(logs, 'redis-server')
    writeFileSync(broken, '#!/bin/sh\necho "no memory" >&2\nexit 1\n', { mode: 0o755 })

    await expect(startRedis({ host: LOOPBACK, logs, signal: aborter.signal }, broken)).to.eventually.be.rejectedWith('no memory')
  })
})
