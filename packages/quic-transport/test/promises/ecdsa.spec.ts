import { stop } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { ecdsaTransport } from '../fixtures/ecdsa-transport.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { closeOf, connectionFrom, LOOPBACK } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import type { PeerId } from '@libp2p/interface'

const CURVES = ['P-256', 'P-384'] as const

const NO_NODE = 'js-libp2p lets no node have an ECDSA key: the peer is a bare QUIC transport'

describe('ECDSA host keys', () => {
  for (const curve of CURVES) {
    promise(20, `a dialer with an ECDSA identity of ${curve} is verified in TLS and known by its peer id`, async (nodes) => {
      const { transport, peerId } = ecdsaTransport(curve)
      const inbound = Promise.withResolvers<PeerId>()
      const listener = await nodes.listen({
        connectionGater: {
          denyInboundEncryptedConnection: async (peer) => {
            inbound.resolve(peer)

            return false
          }
        }
      })
      const upgrader = new CapturingUpgrader()
      const controller = new AbortController()
      const opened = connectionFrom(listener)
      const dial = transport.dial(listener.getMultiaddrs()[0], { upgrader, signal: controller.signal }).catch(() => {})
      await upgrader.captured()

      expect((await inbound.promise).equals(peerId)).to.be.true()
      const connection = await opened
      expect(connection.remotePeer.equals(peerId)).to.be.true()
      const closed = closeOf(connection)
      controller.abort()
      await Promise.all([dial, closed])
      await stop(transport)
    }, { quicOnly: NO_NODE })

    promise(20, `a listener with an ECDSA identity of ${curve} is dialled by its peer id, and by no other`, async (nodes) => {
      const { transport, peerId } = ecdsaTransport(curve)
      const listener = transport.createListener({ upgrader: new CapturingUpgrader() })
      await listener.listen(multiaddr(LOOPBACK))
      const [address] = listener.getAddrs()
      const dialer = await nodes.create()

      try {
        const wrong = ecdsaTransport(curve).peerId
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
    }, { quicOnly: NO_NODE })
  }
})
