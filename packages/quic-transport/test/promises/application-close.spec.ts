import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'aegir/chai'
import { QuicConnection } from '../../src/connection.ts'
import { quic } from '../../src/index.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { closeOf, connectionFrom } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'

// libp2p has no way of sending a code and words of one's own, so the peer is a bare transport

describe('application close', () => {
  for (const [code, reason, closeName] of [
    [0x42, 'words of the peer\'s', undefined],
    [0x1004, '', 'supplanted'],
    [2 ** 32 - 1, 'x'.repeat(500), undefined]
  ] as const) {
    promise(17, `an application close with code 0x${code.toString(16)} is known with its ${reason.length} bytes of reason`, async (nodes) => {
      const listener = await nodes.listen()
      const upgrader = new CapturingUpgrader()
      const transport = quic()({ privateKey: await generateKeyPair('Ed25519'), logger: defaultLogger() })
      const opened = connectionFrom(listener)
      const controller = new AbortController()
      const [address] = listener.getMultiaddrs()
      const dial = transport.dial(address, { upgrader, signal: controller.signal }).catch(() => {})
      const { maConn } = await upgrader.captured()
      const closed = closeOf(await opened)

      if (!(maConn instanceof QuicConnection)) {
        throw new TypeError('Not a connection of this transport')
      }

      maConn.endpoint.native.connectionClose(maConn.handle, code, reason)
      const { error } = await closed
      controller.abort()
      await dial

      expect(error).to.include({ name: 'ConnectionClosedError', kind: 'closedByPeer', closeCode: code, reason })
      expect(error).to.have.property('closeName', closeName)
    }, { quicOnly: 'TCP has no codes' })
  }
})
