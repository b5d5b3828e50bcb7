import { mock } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { Dialer, DIAL_TIMEOUT_MS, FIRST_REDIAL_MS, MAX_CONCURRENT_DIALS, MAX_PENDING_DIALS, STABLE_AFTER_MS } from '../../src/net/dialer.ts'
import type { DialerInit } from '../../src/net/dialer.ts'
import type { Connection, PeerId } from '@libp2p/interface'

const MAX_REDIAL_MS = 8_000

/** What a dial waits for. */
interface Call {
  peer: string
  signal: AbortSignal
  connect(): void
  fail(): void
}

class FakeNetwork {
  readonly calls: Call[] = []
  readonly connected = new Set<string>()
  readonly merged: Array<{ peer: string, addrs: string[] }> = []
  readonly drops: Record<string, number> = {}
  readonly dialer: Dialer

  constructor (init: Partial<DialerInit> = {}) {
    this.dialer = new Dialer({
      connectionManager: {
        getConnections: (peer?: PeerId) => this.connected.has(String(peer)) ? [{ status: 'open' } as unknown as Connection] : [],
        openConnection: async (peer, { signal } = {}) => new Promise((resolve, reject) => {
          this.calls.push({
            peer: String(peer),
            signal: signal ?? new AbortController().signal,
            connect: () => {
              this.connected.add(String(peer))
              resolve({ status: 'open' } as unknown as Connection)
            },
            fail: () => { reject(new Error('refused')) }
          })
        })
      },
      peerStore: {
        merge: async (peer, { multiaddrs = [] }) => {
          this.merged.push({ peer: peer.toString(), addrs: multiaddrs.map(String) })
          return undefined as never
        }
      },
      maxRedialMs: MAX_REDIAL_MS,
      random: () => 1,
      log: defaultLogger().forComponent('test:dialer'),
      onDrop: (reason, count) => { this.drops[reason] = (this.drops[reason] ?? 0) + count },
      ...init
    })
  }
}

async function createPeers (count: number): Promise<PeerId[]> {
  return Promise.all(Array.from({ length: count }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
}

async function settled (): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('a dialer', () => {
  let peers: PeerId[]

  before(async () => { peers = await createPeers(MAX_CONCURRENT_DIALS + MAX_PENDING_DIALS + 3) })
  beforeEach(() => { mock.timers.enable({ apis: ['setTimeout'] }) })
  afterEach(() => { mock.timers.reset() })

  it('joins dials of the same peer', async () => {
    const { dialer, calls } = new FakeNetwork()
    const dials = [dialer.dial(peers[0], 'px'), dialer.dial(peers[0], 'direct')]
    await settled()
    expect(calls).to.have.lengthOf(1)
    calls[0].connect()

    expect(await Promise.all(dials)).to.deep.equal([true, true])
    expect(dialer.size).to.equal(0)
  })

  it('does not dial who is connected, nor who is not wanted', async () => {
    const { dialer, calls, connected } = new FakeNetwork({ isBlocked: peer => peer === peers[1].toString() })
    connected.add(peers[0].toString())

    expect(await dialer.dial(peers[0], 'px')).to.be.true()
    expect(await dialer.dial(peers[1], 'px')).to.be.false()
    expect(calls).to.be.empty()
  })

  it('does not dial who was blocked while it waited', async () => {
    const blocked = new Set<string>()
    const { dialer, calls } = new FakeNetwork({ isBlocked: peer => blocked.has(peer) })
    const dials = peers.slice(0, MAX_CONCURRENT_DIALS + 1).map(async peer => dialer.dial(peer, 'px'))
    await settled()
    const last = peers[MAX_CONCURRENT_DIALS].toString()
    blocked.add(last)
    calls.forEach(({ connect }) => { connect() })
    await Promise.all(dials)

    expect(await dials[MAX_CONCURRENT_DIALS]).to.be.false()
    expect(calls.map(({ peer }) => peer)).to.not.include(last)
  })

  it('remembers the addresses before it dials', async () => {
    const { dialer, calls, merged } = new FakeNetwork()
    const addr = multiaddr('/ip4/127.0.0.1/udp/1/quic-v1')
    void dialer.dial(peers[0], 'direct', { addrs: [addr] })
    await settled()

    expect(merged).to.deep.equal([{ peer: peers[0].toString(), addrs: [addr.toString()] }])
    expect(calls).to.have.lengthOf(1)
  })

  it('an error is an answer', async () => {
    const { dialer, calls } = new FakeNetwork()
    const dial = dialer.dial(peers[0], 'px')
    await settled()
    calls[0].fail()

    expect(await dial).to.be.false()
  })

  it('dials eight at once, keeps 128 waiting and counts the rest; direct peers go first and are not dropped', async () => {
    const { dialer, calls, drops } = new FakeNetwork()
    const [direct, ...others] = peers
    const dials = others.map(async peer => dialer.dial(peer, 'px'))
    dials.push(dialer.dial(direct, 'direct'))
    await settled()

    expect(calls).to.have.lengthOf(MAX_CONCURRENT_DIALS)
    expect(drops).to.deep.equal({ 'dial-overflow': 2 })
    calls[0].fail()
    await settled()
    expect(calls[MAX_CONCURRENT_DIALS].peer).to.equal(direct.toString())

    for (let i = 1; i < calls.length; i++) {
      calls[i].fail()
      await settled()
    }

    expect(await Promise.all(dials)).to.not.include(true)
    expect(calls).to.have.lengthOf(MAX_CONCURRENT_DIALS + MAX_PENDING_DIALS + 1)
  })

  it('gives up after half a minute, also on a dial that does not heed its signal', async () => {
    const { dialer, calls } = new FakeNetwork()
    const dial = dialer.dial(peers[0], 'px')
    await settled()
    mock.timers.tick(DIAL_TIMEOUT_MS)

    expect(await dial).to.be.false()
    expect(calls[0].signal.aborted).to.be.true()
  })

  it('stop aborts those that run and ends those that wait', async () => {
    const { dialer, calls } = new FakeNetwork()
    const dials = peers.slice(0, 20).map(async peer => dialer.dial(peer, 'px'))
    await settled()
    dialer.stop()

    expect(await Promise.all(dials)).to.not.include(true)
    expect(calls.map(({ signal }) => signal.aborted)).to.deep.equal(Array(MAX_CONCURRENT_DIALS).fill(true))
    expect(await dialer.dial(peers[30], 'px')).to.be.false()
  })

  it('defect 27: a direct peer is dialled at once, and again at growing intervals', async () => {
    const { dialer, calls } = new FakeNetwork()
    dialer.keep(peers[0])
    await settled()

    for (const delayMs of [1, 2, 4, 8, 8].map(times => times * FIRST_REDIAL_MS)) {
      const before = calls.length
      calls[before - 1].fail()
      await settled()
      mock.timers.tick(delayMs - 1)
      await settled()
      expect(calls).to.have.lengthOf(before)
      mock.timers.tick(1)
      await settled()
      expect(calls).to.have.lengthOf(before + 1)
    }
  })

  it('defect 27: a direct peer that is lost is dialled at once; one that is released no more', async () => {
    let nowMs = 0
    const { dialer, calls, connected } = new FakeNetwork({ now: () => nowMs })
    const peer = peers[0].toString()
    dialer.keep(peers[0])
    await settled()
    calls[0].connect()
    await settled()
    connected.clear()
    nowMs += STABLE_AFTER_MS
    dialer.disconnected(peer)
    await settled()
    expect(calls).to.have.lengthOf(2)

    calls[1].connect()
    await settled()
    connected.clear()
    // nobody told of the end
    mock.timers.tick(MAX_REDIAL_MS)
    await settled()
    expect(calls).to.have.lengthOf(3)

    dialer.release(peer)
    calls[2].fail()
    await settled()
    mock.timers.tick(10 * MAX_REDIAL_MS)
    dialer.disconnected(peer)
    await settled()
    expect(calls).to.have.lengthOf(3)
  })

  it('a direct peer that hangs up at once is dialled at growing intervals, too', async () => {
    let nowMs = 0
    const { dialer, calls, connected } = new FakeNetwork({ now: () => nowMs })
    dialer.keep(peers[0])
    await settled()

    for (const delayMs of [1, 2, 4, 8, 8].map(times => times * FIRST_REDIAL_MS)) {
      const before = calls.length
      calls[before - 1].connect()
      await settled()
      connected.clear()
      dialer.disconnected(peers[0].toString())
      nowMs += delayMs
      mock.timers.tick(delayMs - 1)
      await settled()
      expect(calls).to.have.lengthOf(before)
      mock.timers.tick(1)
      await settled()
      expect(calls).to.have.lengthOf(before + 1)
    }
  })

  it('does not dial in step with others', async () => {
    const { dialer, calls } = new FakeNetwork({ random: () => 0 })
    dialer.keep(peers[0])
    await settled()
    calls[0].fail()
    await settled()
    mock.timers.tick(FIRST_REDIAL_MS * 0.75)
    await settled()

    expect(calls).to.have.lengthOf(2)
  })

  it('stop forgets direct peers', async () => {
    const { dialer, calls } = new FakeNetwork()
    dialer.keep(peers[0])
    await settled()
    calls[0].fail()
    await settled()
    dialer.stop()
    mock.timers.tick(MAX_REDIAL_MS)
    await settled()

    expect(calls).to.have.lengthOf(1)
  })
})
