import { expect } from 'aegir/chai'
import { connectionStatistics } from '../../src/index.ts'
import { Nodes, openStream, pattern, readAll, sendAll, until } from '../fixtures/nodes.ts'

const BYTES = 8 * 1024 * 1024

describe('datagrams of which the system cuts several from one call', function () {
  this.timeout(60_000)

  const nodes = new Nodes()

  afterEach(async () => {
    await nodes.stop()
  })

  // one call carries up to 65,535 bytes with its headers, however many datagrams it is cut into (udp(7), UDP_SEGMENT)
  for (const maxMtu of [7_000, 9_000, 65_507]) {
    it(`are not lost for being too large together (${maxMtu} bytes each)`, async () => {
      const quic = { maxMtu }
      const pair = await nodes.pair({ quic }, { quic })
      await until(() => (connectionStatistics(pair.connection)?.mtuBytes ?? 0) > maxMtu - 100, 20_000)

      const [local, remote] = await openStream(pair)
      const [received] = await Promise.all([readAll(remote), sendAll(local, pattern(BYTES))])
      expect(received.byteLength).to.equal(BYTES)

      const { mtuBytes, traffic } = connectionStatistics(pair.connection) ?? {}
      expect(mtuBytes).to.be.above(maxMtu - 100)
      expect(traffic?.blackHoles).to.equal(0)
      expect(traffic?.lostPackets).to.be.below(50)
    })
  }
})
