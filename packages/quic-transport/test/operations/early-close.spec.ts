// For test/operations/. Fails today: 26 to 41 of 100.
import { expect } from 'aegir/chai'
import { until } from '../fixtures/nodes.ts'
import { MeasuredNodes } from './fixtures/measured.ts'

const DIALS = 50

describe('a connection that is closed as soon as it is there', function () {
  this.timeout(60_000)

  const nodes = new MeasuredNodes()

  afterEach(async () => nodes.stop())

  it('is one to the listener too, not a handshake that failed', async () => {
    const listener = await nodes.listen({ connectionManager: { inboundConnectionThreshold: 1_000 } })
    const { statistics } = { statistics: () => nodes.transportOf(listener).statistics() }

    for (let i = 0; i < DIALS; i++) {
      const dialer = await nodes.create()
      await (await dialer.dial(listener.getMultiaddrs())).close()
      await dialer.stop()
    }

    await until(() => statistics().pendingHandshakes === 0 && statistics().connections === 0)
    expect(statistics().handshakesFailed).to.equal(0)
  })
})
