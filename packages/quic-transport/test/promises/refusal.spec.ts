import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { ConnectionCode, QuicConnectionError } from '../../src/index.ts'
import { fastest } from '../fixtures/fastest.ts'
import { openInitial } from '../fixtures/initial.ts'
import { until } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import { ask, captureInitials } from '../fixtures/strangers.ts'
import type { Connection, StreamCloseEvent } from '@libp2p/interface'

/** "At once": far below the handshake's time-out. */
const AT_ONCE_MS = 1_000

/** RFC 9000 section 20.1. */
const CONNECTION_REFUSED = 0x02

/** CONNECTION_CLOSE by the transport (RFC 9000 section 19.19). */
const TRANSPORT_CLOSE_FRAME = 0x1c

const TCP_JUST_CLOSES = 'TCP just closes'

/** What a refused dialler gets: its dial fails, or the connection closes right after. */
async function refusal (dial: Promise<Connection>): Promise<Error | undefined> {
  try {
    const connection = await dial

    return connection.status === 'open' ? (await pEvent<'close', StreamCloseEvent>(connection, 'close')).error : undefined
  } catch (err) {
    return err instanceof Error ? err : undefined
  }
}

describe('refusal', () => {
  promise(11, 'a peer that a gater refuses learns it at once', async (nodes) => {
    const listener = await nodes.listen({ connectionGater: { denyInboundConnection: async () => true } })
    const dialer = await nodes.create()

    expect(await fastest(3, async () => refusal(dialer.dial(listener.getMultiaddrs())))).to.be.below(AT_ONCE_MS)
    expect(listener.getConnections()).to.be.empty()
  })

  for (const gate of ['denyInboundConnection', 'denyInboundEncryptedConnection', 'denyInboundUpgradedConnection'] as const) {
    promise(11, `a peer that ${gate} refuses learns why`, async (nodes) => {
      const listener = await nodes.listen({ connectionGater: { [gate]: async () => true } })
      const dialer = await nodes.create()
      const error = await refusal(dialer.dial(listener.getMultiaddrs()))

      expect(error).to.be.instanceOf(QuicConnectionError)
      expect(error).to.include({ closeCode: ConnectionCode.gated, closeName: 'gated' })
    }, { quicOnly: TCP_JUST_CLOSES })
  }

  promise(11, 'a peer over libp2p\'s limit of connections learns it at once, and why', async (nodes) => {
    const { listener } = await nodes.pair({}, { connectionManager: { maxConnections: 1 } })
    const dialer = await nodes.create()
    let error: Error | undefined

    expect(await fastest(3, async () => {
      error = await refusal(dialer.dial(listener.getMultiaddrs()))
    })).to.be.below(AT_ONCE_MS)
    expect(error).to.include({ closeName: 'resourceLimitExceeded' })
    expect(listener.getConnections(dialer.peerId)).to.be.empty()
  }, { quicOnly: TCP_JUST_CLOSES })

  promise(11, 'a peer over the transport\'s limit of connections learns it at once, before the handshake', async (nodes) => {
    const { connection, listener } = await nodes.pair({}, { quic: { maxConnections: 1 } })
    const dialer = await nodes.create()
    let error: Error | undefined

    expect(await fastest(3, async () => {
      error = await refusal(dialer.dial(listener.getMultiaddrs()))
    })).to.be.below(AT_ONCE_MS)
    expect(error).to.include({ name: 'ConnectionFailedError', kind: 'transportErrorByPeer', closeCode: CONNECTION_REFUSED })
    expect(connection.status).to.equal('open')

    await connection.close()
    await until(() => listener.getConnections().length === 0)
    await expect(dialer.dial(listener.getMultiaddrs())).to.eventually.have.property('status', 'open')
  }, { quicOnly: TCP_JUST_CLOSES })

  promise(11, 'a refusal before the handshake costs no TLS: the answer is a close and nothing else', async (nodes) => {
    const { listener } = await nodes.pair({}, { quic: { maxConnections: 1 } })
    const [captured] = await captureInitials(nodes, 1)
    const { destination } = openInitial(captured, 'client')
    const { payload } = openInitial(await ask(listener, captured), 'server', destination)
    const code = payload[1]

    expect(payload[0]).to.equal(TRANSPORT_CLOSE_FRAME)
    expect(code).to.equal(CONNECTION_REFUSED)
    // type of the frame that was wrong (none), then the length of the reason, which ends the packet
    expect(payload.byteLength).to.equal(4 + payload[3])
  }, { quicOnly: 'TCP accepts before anybody can refuse' })
})
