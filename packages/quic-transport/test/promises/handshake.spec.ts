import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { fastest } from '../fixtures/fastest.ts'
import { until } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import { SeededRandom, seedOfRun } from '../fixtures/seeded-random.ts'
import { silentPeer } from '../fixtures/silent-peer.ts'
import { StalledDials } from '../fixtures/stalled-dials.ts'
import { ask, captureInitials, freshInitials, isRetry, sendDatagrams } from '../fixtures/strangers.ts'
import type { Nodes } from '../fixtures/nodes.ts'
import type { Libp2p } from '@libp2p/interface'

const SEED = seedOfRun()

const STALLED = 1_000

/** What the promise gives a dial. */
const DIAL_MS = 500

/** The best of so many dials counts. */
const DIALS = 3

/** Long enough for strangers to come one after the other. */
const HANDSHAKE_MS = 3_000

/** libp2p takes five connections a second from one address by default. */
const UNHURRIED = { connectionManager: { inboundConnectionThreshold: Infinity } }

const TCP_KEEPS_OUT = 'ten connections that say nothing keep all others out of a TCP listener'

/** How long an honest dial takes, by a node of its own. */
async function dialMs (nodes: Nodes, listener: Libp2p): Promise<number> {
  const dialer = await nodes.create()

  return fastest(DIALS, async () => {
    const connection = await dialer.dial(listener.getMultiaddrs())
    expect(connection.status).to.equal('open')
    await connection.close()
  })
}

/** Begins handshakes from one port until the listener answers that it has as many as it gives without a proof. */
async function stall (nodes: Nodes, listener: Libp2p, count: number): Promise<void> {
  const [captured] = await captureInitials(nodes, 1)
  const generate = freshInitials(captured, new SeededRandom(SEED, 'strangers'))

  // some are lost in the socket's buffer
  for (let sent = 0; sent < 5 * count; sent += 100) {
    await sendDatagrams(listener, 100, generate)

    if (isRetry(await ask(listener, generate(0)))) {
      return
    }
  }

  throw new Error(`${5 * count} strangers did not take ${count} places`)
}

describe('handshakes', () => {
  promise(1, `while ${STALLED.toLocaleString('en')} strangers stall in their handshake, an honest dial takes less than ${DIAL_MS} ms`, async (nodes) => {
    const listener = await nodes.listen({
      ...UNHURRIED,
      // a quarter of the places is given without a proof of address
      quic: {
        maxPendingHandshakes: 4 * STALLED,
        maxPendingHandshakesPerIp: 4 * STALLED,
        retryHandshakesPerSecond: 1_000_000,
        handshakeTimeoutMs: 60_000
      }
    })
    await stall(nodes, listener, STALLED)

    expect(await dialMs(nodes, listener)).to.be.below(DIAL_MS)
  }, { quicOnly: TCP_KEEPS_OUT, timeoutMs: 60_000 })

  promise(1, `${STALLED.toLocaleString('en')} strangers who stall do not even take the places of a listener with its default limits`, async (nodes) => {
    const listener = await nodes.listen(UNHURRIED)
    await stall(nodes, listener, STALLED)
    const [captured] = await captureInitials(nodes, 1)
    await sendDatagrams(listener, STALLED, freshInitials(captured, new SeededRandom(SEED, 'more strangers')))

    expect(await dialMs(nodes, listener)).to.be.below(DIAL_MS)
  }, { quicOnly: TCP_KEEPS_OUT, timeoutMs: 60_000 })

  promise(1, 'an address that stalls after it has proven itself takes no more than its share', async (nodes) => {
    const listener = await nodes.listen({ ...UNHURRIED, quic: { maxPendingHandshakes: 40, maxPendingHandshakesPerIp: 4, handshakeTimeoutMs: 60_000 } })
    const [address] = listener.getMultiaddrs()
    const hostile = await StalledDials.create(address, '127.0.0.2')

    try {
      for (let i = 0; i < 50; i++) {
        hostile.add()
      }

      await until(() => hostile.answersLost >= 4)
      expect(await dialMs(nodes, listener)).to.be.below(DIAL_MS)
    } finally {
      await hostile.end()
    }
  }, { quicOnly: 'TCP proves addresses by itself' })

  promise(1, 'a place that a stalled handshake has taken is free again after handshakeTimeoutMs', async (nodes) => {
    const listener = await nodes.listen({ ...UNHURRIED, quic: { maxPendingHandshakes: 4, handshakeTimeoutMs: HANDSHAKE_MS } })
    const [address] = listener.getMultiaddrs()
    const hostile = await StalledDials.create(address)
    const start = performance.now()

    try {
      for (let i = 0; i < 4; i++) {
        hostile.add()
        await until(() => hostile.answersLost > i)
      }

      const dialer = await nodes.create()
      // that it is full shows that the others take places at all
      await expect(dialer.dial(address)).to.eventually.be.rejected.with.property('kind', 'transportErrorByPeer')
      hostile.fallSilent()
      let isServed = false

      while (!isServed) {
        isServed = await dialer.dial(address).then(() => true, () => false)
      }

      expect(performance.now() - start).to.be.above(HANDSHAKE_MS - 100)
    } finally {
      await hostile.end()
    }
  }, { quicOnly: TCP_KEEPS_OUT })

  promise(1, `while 100 dials of its own stall, an honest dial takes less than ${DIAL_MS} ms`, async (nodes) => {
    const listener = await nodes.listen(UNHURRIED)
    const dialer = await nodes.create({ connectionManager: { maxParallelDials: 200 }, quic: { handshakeTimeoutMs: 60_000 } })
    const silent = await silentPeer(nodes.stack)
    const controller = new AbortController()
    const peers = await Promise.all(Array.from({ length: 100 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
    const stalled = peers.map(async peer => {
      return dialer.dial(multiaddr(`${silent.address}/p2p/${peer}`), { signal: controller.signal }).then(() => undefined, err => err)
    })

    try {
      await until(() => silent.heard >= 100)
      expect(await fastest(DIALS, async () => {
        const connection = await dialer.dial(listener.getMultiaddrs())
        await connection.close()
      })).to.be.below(DIAL_MS)
    } finally {
      controller.abort()
      silent.close()
    }

    for (const error of await Promise.all(stalled)) {
      expect(error).to.have.property('name', 'AbortError')
    }
  })
})
