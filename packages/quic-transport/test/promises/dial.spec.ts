import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { until } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import { silentPeer } from '../fixtures/silent-peer.ts'
import type { ConnectionProtector } from '@libp2p/interface'

const EXACT_PEER = /\/p2p\/[^/]+$/

describe('dial', () => {
  promise(9, 'an aborted dial ends within 50 ms', async (nodes) => {
    const dialer = await nodes.create()
    const silent = await silentPeer(nodes.stack)
    const elapsed: number[] = []

    // the best of five: others use this machine too
    for (let i = 0; i < 5; i++) {
      const controller = new AbortController()
      const dial = dialer.dial(silent.address, { signal: controller.signal })
      await silent.reached()
      const start = performance.now()
      controller.abort()
      await expect(dial).to.eventually.be.rejected.with.property('name', 'AbortError')
      elapsed.push(performance.now() - start)
    }

    silent.close()
    expect(Math.min(...elapsed)).to.be.below(50)
  })

  promise(9, 'an aborted dial frees its slot', async (nodes) => {
    const listener = await nodes.listen()
    const dialer = await nodes.create({ connectionManager: { maxParallelDials: 1 } })
    const silent = await silentPeer(nodes.stack)

    for (let i = 0; i < 5; i++) {
      const controller = new AbortController()
      const dial = dialer.dial(silent.address, { signal: controller.signal })
      await silent.reached()
      controller.abort()
      await expect(dial).to.eventually.be.rejected()
    }

    await expect(dialer.dial(listener.getMultiaddrs())).to.eventually.have.property('status', 'open')
    silent.close()
  })

  promise(9, 'a signal that is aborted already sends nothing', async (nodes) => {
    const dialer = await nodes.create()
    const silent = await silentPeer(nodes.stack)

    await expect(dialer.dial(silent.address, { signal: AbortSignal.abort() })).to.eventually.be.rejected
      .with.property('name', 'AbortError')
    expect(silent.heard).to.equal(0)
    silent.close()
  })

  promise(9, 'a dial gives up after handshakeTimeoutMs', async (nodes) => {
    const dialer = await nodes.create({ quic: { handshakeTimeoutMs: 200 } })
    const silent = await silentPeer(nodes.stack)
    const start = performance.now()
    const error = await dialer.dial(silent.address).then(() => undefined, err => err)

    expect(error).to.have.property('name', 'TimeoutError')
    expect(error).to.have.property('code', 'ERR_QUIC_TIMED_OUT')
    expect(performance.now() - start).to.be.within(150, 2_000)
    silent.close()
  }, { quicOnly: 'TCP has no option of its own for it' })

  promise(13, 'a dial to the wrong peer id fails, and the listener\'s node announces no connection', async (nodes) => {
    const encrypted: string[] = []
    const listener = await nodes.listen({
      connectionGater: {
        denyInboundEncryptedConnection: (peer) => {
          encrypted.push(peer.toString())

          return false
        }
      }
    })
    const [dialer, honest] = await Promise.all([nodes.create(), nodes.create()])
    const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    const connected: string[] = []
    listener.addEventListener('connection:open', evt => { connected.push(evt.detail.remotePeer.toString()) })

    const address = listener.getMultiaddrs()[0].toString().replace(EXACT_PEER, `/p2p/${other}`)
    await expect(dialer.dial(multiaddr(address))).to.eventually.be.rejected()

    // an honest dial afterwards, so that the other one has surely been seen
    await honest.dial(listener.getMultiaddrs())
    await until(() => connected.length > 0)
    expect(connected).to.deep.equal([honest.peerId.toString()])
    expect(encrypted).to.deep.equal([honest.peerId.toString()])
  })

  for (const type of ['Ed25519', 'secp256k1', 'RSA'] as const) {
    promise(13, `an expected peer with a key of type ${type} is told from another`, async (nodes) => {
      const [privateKey, other] = await Promise.all([generateKeyPair(type), generateKeyPair(type)])
      const listener = await nodes.listen({ privateKey })
      const dialer = await nodes.create()
      const [address] = listener.getMultiaddrs()
      const expected = peerIdFromPrivateKey(other)
      const wrong = address.toString().replace(EXACT_PEER, `/p2p/${expected}`)
      const error = await dialer.dial(multiaddr(wrong)).then(() => undefined, err => err)

      expect(error).to.have.property('name', 'UnexpectedPeerError')
      expect(error.message).to.include(`expected peer ${expected}, found ${listener.peerId}`)
      await expect(dialer.dial(address)).to.eventually.have.property('status', 'open')
    }, { quicOnly: 'noise has an error of another name, and none for an RSA key' })
  }

  promise(15, 'a node with a connection protector is refused with a clear error', async (nodes) => {
    const connectionProtector = (): ConnectionProtector => ({ protect: async () => { throw new Error('not called') } })

    await expect(nodes.create({ connectionProtector })).to.eventually.be.rejected
      .with.property('code', 'ERR_CONNECTION_PROTECTOR_UNSUPPORTED')
  }, { quicOnly: 'TCP can be protected' })
})
