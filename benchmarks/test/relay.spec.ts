import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { buildRawQuinn } from '../src/contestants/raw-quinn.ts'
import { launchProgram } from '../src/processes/launch.ts'
import { PeerProcess } from '../src/processes/peer-process.ts'
import { Relay } from '../src/processes/relay.ts'
import type { RelayVerbs } from '../src/processes/relay.ts'
import type { Socket } from 'node:dgram'

/** Two hundred crates on a busy machine, when nobody has built them before. */
const BUILD_TIMEOUT_MS = 900_000

const DELAY_MS = 30
const DATAGRAMS = 500
const SEED = 7

/** More than a socket has room for, when there are `DATAGRAMS` of them. */
const LARGE_BYTES = 60_000

/** For datagrams that are on the way; those that are lost are not waited for. */
const SETTLE_MS = 500

describe('the relay', () => {
  let relay: Relay
  let server: Socket
  let client: Socket

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS)
    await buildRawQuinn()
  })

  beforeEach(async () => {
    relay = await Relay.start()
    server = await bound()
    client = await bound()
    server.on('message', (data, { port, address }) => { server.send(data, port, address) })
  })

  afterEach(async () => {
    server.close()
    client.close()
    await relay.stop()
  })

  it('delays each way', async () => {
    const port = await open()
    const started = performance.now()
    client.send('hello', port, '127.0.0.1')
    const [data] = await once(client, 'message')

    expect(data.toString()).to.equal('hello')
    expect(performance.now() - started).to.be.at.least(2 * DELAY_MS)
  })

  it('loses nothing unless told', async () => {
    const port = await open()

    expect(await numbersThatReturn(port)).to.have.lengthOf(DATAGRAMS)
    expect(await relay.impair({ lossPercent: 0, seed: SEED })).to.deep.equal({ relayed: 2 * DATAGRAMS, lost: 0, overflowed: 0 })
  })

  it('loses about as many as told, and tells how many', async () => {
    const port = await open()
    await relay.impair({ lossPercent: 10, seed: SEED })
    const returned = await numbersThatReturn(port)
    const { lost } = await relay.impair({ lossPercent: 0, seed: SEED })

    expect(returned).to.have.lengthOf(DATAGRAMS - lost)
    // 10 % one way, and of the other 90 % on the way back
    expect(lost / DATAGRAMS, `seed ${SEED}`).to.be.closeTo(0.19, 0.05)
  })

  it('loses the same datagrams again with the same seed, and others with another', async () => {
    const port = await open()
    const withSeed = async (seed: number): Promise<number[]> => {
      await relay.impair({ lossPercent: 10, seed })

      return numbersThatReturn(port)
    }
    const first = await withSeed(SEED)

    expect(await withSeed(SEED)).to.deep.equal(first)
    expect(await withSeed(SEED + 1)).to.not.deep.equal(first)
  })

  // other systems do not tell
  if (process.platform === 'linux') {
    it('tells what its sockets had no room for', async () => {
      const launched = launchProgram(await buildRawQuinn())
      const stalled = new PeerProcess<RelayVerbs>(launched)
      const address = await stalled.call('relay', { server: `127.0.0.1:${server.address().port}`, delayMs: DELAY_MS }, SETTLE_MS * 10)
      launched.child.kill('SIGSTOP')
      const port = Number(address.split(':')[1])
      await Promise.all(Array.from({ length: DATAGRAMS }, async () => send(client, Buffer.alloc(LARGE_BYTES), port)))
      launched.child.kill('SIGCONT')
      const { overflowed } = await stalled.call('impair', { lossPercent: 0, seed: SEED }, SETTLE_MS * 10)
      await stalled.stop()

      expect(overflowed).to.be.within(1, DATAGRAMS)
    })
  }

  it('changes nothing of an address but its port', async () => {
    const address = `/ip4/127.0.0.1/udp/${server.address().port}/quic-v1/p2p/12D3`
    const through = await relay.open(address, DELAY_MS)

    expect(through).to.match(/^\/ip4\/127\.0\.0\.1\/udp\/\d+\/quic-v1\/p2p\/12D3$/)
    expect(through).to.not.equal(address)
  })

  async function open (): Promise<number> {
    const address = await relay.open(`127.0.0.1:${server.address().port}`, DELAY_MS)

    return Number(address.split(':')[1])
  }

  /** Sends numbered datagrams, a few at a time so that no socket's buffer is full. */
  async function numbersThatReturn (port: number): Promise<number[]> {
    const numbers: number[] = []
    const onMessage = (data: Buffer): void => { numbers.push(data.readUInt32BE()) }
    client.on('message', onMessage)

    for (let i = 0; i < DATAGRAMS; i++) {
      const data = Buffer.alloc(100)
      data.writeUInt32BE(i)
      client.send(data, port, '127.0.0.1')

      if (i % 20 === 0) {
        await setTimeout(1)
      }
    }

    await setTimeout(2 * DELAY_MS + SETTLE_MS)
    client.off('message', onMessage)

    return numbers
  }
})

async function send (socket: Socket, data: Buffer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(data, port, '127.0.0.1', (err) => { err == null ? resolve() : reject(err) })
  })
}

async function bound (): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')

  return socket
}
