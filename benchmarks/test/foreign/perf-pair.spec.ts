import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { PerfPair } from '../../src/foreign/perf-pair.ts'
import { isRunning } from './is-running.ts'
import type { RequestCost } from '../../src/foreign/perf-pair.ts'
import type { Program } from '@quicmesh/interop/peers'
import type { AddressInfo } from 'node:net'

const PEER = fileURLToPath(new URL('./fixtures/perf-peer.ts', import.meta.url))

const REQUEST = { uploadBytes: 30_001, downloadBytes: 20_001 }

/** For programs to start, on a busy machine. */
const LIMIT_MS = 30_000

describe('a pair of perf programs', function () {
  this.timeout(LIMIT_MS)

  let pair: PerfPair

  const create = (fault = '', env: NodeJS.ProcessEnv = {}): PerfPair => {
    const program: Program = { file: process.execPath, args: [PEER, fault] }
    pair = new PerfPair({ client: program, server: program, env })

    return pair
  }

  afterEach(async () => pair.stop())

  const request = async (fault = '', signal = AbortSignal.timeout(LIMIT_MS)): Promise<RequestCost> => {
    await create(fault).start()

    return pair.request(REQUEST, signal)
  }

  it('tells what a request took, as often as it is asked', async () => {
    const { seconds } = await request()

    expect(seconds).to.be.within(0.000_1, LIMIT_MS / 1_000)
    expect((await pair.request({ uploadBytes: 0, downloadBytes: 1 }, AbortSignal.timeout(LIMIT_MS))).seconds).to.be.above(0)
  })

  it('tells the CPU of a client and of the server, on Linux', async function () {
    if (process.platform !== 'linux') {
      return this.skip()
    }

    const { clientCpuSeconds, serverCpuSeconds } = await request()

    // to start Node.js takes more than a tick of the kernel's clock
    expect(clientCpuSeconds).to.be.within(0.01, LIMIT_MS / 1_000)
    expect(serverCpuSeconds).to.be.within(0, LIMIT_MS / 1_000)
  })

  it('fails when the server does not start, with its last words', async () => {
    await expect(create('server-does-not-start').start()).to.eventually.be.rejectedWith('no address is left')
  })

  it('fails when the server dies, without waiting for the client', async () => {
    await expect(request('server-dies')).to.eventually.be.rejectedWith('The server ended with code 3: out of beads')
  })

  it('fails when a client does, with its last words', async () => {
    await expect(request('client-fails')).to.eventually.be.rejectedWith('The client ended with code 1: no such server')
  })

  it('fails when a client claims what the server has not got', async () => {
    await expect(request('sends-nothing')).to.eventually.be.rejectedWith('30001 bytes went up and 20001 down, and the server says: 0 bytes came, 20001 are to go')
  })

  it('ends a client when the time for it is over', async () => {
    const listener = createServer().listen(0, '127.0.0.1')

    try {
      await once(listener, 'listening')
      await create('client-hangs', { PERF_PEER_TELL: String((listener.address() as AddressInfo).port) }).start()
      const aborter = new AbortController()
      const refused = expect(pair.request(REQUEST, aborter.signal)).to.eventually.be.rejectedWith('Not done within 1 s')
      const [socket] = await once(listener, 'connection')
      const pid = Number(await once(socket, 'data'))
      expect(isRunning(pid)).to.equal(true)

      aborter.abort(new Error('Not done within 1 s'))
      await refused
      expect(isRunning(pid)).to.equal(false)
    } finally {
      listener.close()
    }
  })
})
