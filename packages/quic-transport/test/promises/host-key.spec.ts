import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromCID, peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { quic } from '../../src/index.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { closeOf, LOOPBACK, openStream, readAll, sendAll, pattern } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import type { ECDSAPrivateKey, PeerId, PrivateKey, Transport } from '@libp2p/interface'

const TYPES = ['Ed25519', 'secp256k1', 'RSA'] as const
const RSA_BITS = 3072

/** A transport that has an ECDSA identity, which js-libp2p lets no node have, but other implementations do. */
async function ecdsaTransport (): Promise<{ transport: Transport, peerId: PeerId }> {
  const ecdsa: ECDSAPrivateKey = await generateKeyPair('ECDSA')
  const disguised: PrivateKey = Object.create(ecdsa, {
    type: { value: 'Ed25519' },
    publicKey: { value: ecdsa.publicKey },
    sign: { value: ecdsa.sign.bind(ecdsa) }
  })

  return {
    transport: quic()({ privateKey: disguised, logger: defaultLogger() }),
    peerId: peerIdFromCID(ecdsa.publicKey.toCID())
  }
}

describe('host keys', () => {
  for (const ours of TYPES) {
    for (const theirs of TYPES) {
      promise(20, `a node with a key of type ${ours} dials one of type ${theirs}`, async (nodes) => {
        const [privateKey, remoteKey] = await Promise.all([generateKeyPair(ours), generateKeyPair(theirs)])
        const pair = await nodes.pair({ privateKey }, { privateKey: remoteKey })
        const [local, remote] = await openStream(pair)
        const [received] = await Promise.all([readAll(remote), sendAll(local, pattern(1_000))])

        expect(pair.connection.remotePeer.equals(peerIdFromPrivateKey(remoteKey))).to.be.true()
        expect(pair.remote.remotePeer.equals(peerIdFromPrivateKey(privateKey))).to.be.true()
        expect(received).to.equalBytes(pattern(1_000))
      })
    }
  }

  promise(20, `RSA keys of ${RSA_BITS} bits work both ways`, async (nodes) => {
    const [privateKey, remoteKey] = await Promise.all([generateKeyPair('RSA', RSA_BITS), generateKeyPair('RSA', RSA_BITS)])
    const { connection, remote } = await nodes.pair({ privateKey }, { privateKey: remoteKey })

    expect(connection.remotePeer.equals(peerIdFromPrivateKey(remoteKey))).to.be.true()
    expect(remote.remotePeer.equals(peerIdFromPrivateKey(privateKey))).to.be.true()
  })

  promise(20, 'a dialer with an ECDSA identity is verified in TLS and known by its peer id', async (nodes) => {
    const { transport, peerId } = await ecdsaTransport()
    const inbound = Promise.withResolvers<PeerId>()
    const listener = await nodes.listen({
      connectionGater: {
        denyInboundEncryptedConnection: async (peer) => {
          inbound.resolve(peer)

          return true
        },
        denyInboundUpgradedConnection: async (peer) => {
          inbound.resolve(peer)

          return true
        }
      }
    })
    const upgrader = new CapturingUpgrader()
    const controller = new AbortController()
    const dial = transport.dial(listener.getMultiaddrs()[0], { upgrader, signal: controller.signal }).catch(() => {})

    expect((await inbound.promise).equals(peerId)).to.be.true()
    await upgrader.captured()
    controller.abort()
    await dial
  }, { quicOnly: 'the peer is a bare QUIC transport' })

  promise(20, 'a listener with an ECDSA identity is dialled by its peer id, and by no other', async (nodes) => {
    const { transport, peerId } = await ecdsaTransport()
    const upgrader = new CapturingUpgrader()
    const listener = transport.createListener({ upgrader })
    await listener.listen(multiaddr(LOOPBACK))
    const [address] = listener.getAddrs()
    const dialer = await nodes.create()

    try {
      const wrong = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
      await expect(dialer.dial(multiaddr(`${address}/p2p/${wrong}`))).to.eventually.be.rejected
        .with.property('name', 'UnexpectedPeerError')
      const connection = await dialer.dial(multiaddr(`${address}/p2p/${peerId}`))

      expect(connection.remotePeer.equals(peerId)).to.be.true()
      const closed = closeOf(connection)
      await listener.close()
      await closed
    } finally {
      await listener.close()
    }
  }, { quicOnly: 'the peer is a bare QUIC transport' })
})
