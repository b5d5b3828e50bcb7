import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { ecdsaTransport } from '../fixtures/ecdsa-transport.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { LOOPBACK, openStream, pattern, readAll, sendAll } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'

const TYPES = ['Ed25519', 'secp256k1', 'RSA'] as const
const RSA_BITS = 3072

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

  for (const curve of ['P-256', 'P-384'] as const) {
    promise(20, `an ECDSA identity of ${curve} is verified in TLS: it is not taken for another`, async (nodes) => {
      const { transport } = ecdsaTransport(curve)
      const listener = transport.createListener({ upgrader: new CapturingUpgrader() })
      await listener.listen(multiaddr(LOOPBACK))
      const [address] = listener.getAddrs()
      const dialer = await nodes.create()
      const { peerId: other } = ecdsaTransport(curve)

      try {
        await expect(dialer.dial(multiaddr(`${address}/p2p/${other}`))).to.eventually.be.rejected
          .with.property('name', 'UnexpectedPeerError')
      } finally {
        await listener.close()
      }
    }, { quicOnly: 'js-libp2p lets no node have an ECDSA key: the peer is a bare QUIC transport' })
  }
})
