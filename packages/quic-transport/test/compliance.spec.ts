import muxerCompliance from '@libp2p/interface-compliance-tests/stream-muxer'
import transportCompliance from '@libp2p/interface-compliance-tests/transport'
import { QUIC_V1 } from '@multiformats/multiaddr-matcher'
import { quic } from '../src/index.ts'
import { MuxerPairs } from './fixtures/muxers.ts'

const KIB = 1024

for (const [family, address] of [['IPv4', '/ip4/127.0.0.1/udp/0/quic-v1'], ['IPv6', '/ip6/::1/udp/0/quic-v1']]) {
  describe(`interface-transport compliance over ${family}`, () => {
    transportCompliance({
      async setup () {
        const dialer = { transports: [quic()], connectionMonitor: { enabled: false } }

        return {
          dialer,
          listener: { ...dialer, addresses: { listen: [address, address] } },
          dialMultiaddrMatcher: QUIC_V1,
          listenMultiaddrMatcher: QUIC_V1
        }
      },
      async teardown () {}
    })
  })
}

describe('interface-stream-muxer compliance over real connections', () => {
  let pairs: MuxerPairs

  before(async () => {
    // Small windows, so that a stream that nobody reads blocks its sender at once.
    pairs = await MuxerPairs.create({
      streamReceiveWindowBytes: 16 * KIB,
      streamCreditBytes: 16 * KIB,
      maxConnections: 10_000
    })
  })

  after(async () => {
    await pairs.stop()
  })

  muxerCompliance({
    setup: async () => pairs.factory(),
    async teardown () {}
  })
})
