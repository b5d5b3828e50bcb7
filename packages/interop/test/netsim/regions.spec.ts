import { expect } from 'aegir/chai'
import { SeededRandom } from '../../src/gossipsub/random.ts'
import { NODE_KINDS, REGIONS, REGION_LATENCIES_MS, regionHosts } from '../../src/netsim/regions.ts'

describe("hosts in the regions of libp2p's gossipsub-interop", () => {
  it('has a latency for each pair of regions', () => {
    const names = REGIONS.map(({ name }) => name).sort()

    expect(Object.keys(REGION_LATENCIES_MS).sort()).to.deep.equal(names)

    for (const latencies of Object.values(REGION_LATENCIES_MS)) {
      expect(Object.keys(latencies).sort()).to.deep.equal(names)
      expect(Math.min(...Object.values(latencies))).to.be.at.least(2)
      expect(Math.max(...Object.values(latencies))).to.be.at.most(220)
    }
  })

  it('draws regions and kinds by their weights', () => {
    const random = new SeededRandom(1)
    const hosts = regionHosts(10_000, () => random.next())
    const total = REGIONS.reduce((sum, { weight }) => sum + weight, 0)

    for (const { name, weight } of REGIONS) {
      expect(hosts.filter(({ region }) => region === name).length / hosts.length).to.be.closeTo(weight / total, 0.02)
    }

    for (const { uploadMbit, downloadMbit, weight } of NODE_KINDS) {
      const alike = hosts.filter((host) => host.uploadMbit === uploadMbit && host.downloadMbit === downloadMbit)

      expect(alike.length / hosts.length).to.be.closeTo(weight / 100, 0.02)
    }
  })

  it('gives each host an address of its own, and is the same with the same seed', () => {
    const [random, again] = [new SeededRandom(2), new SeededRandom(2)]
    const hosts = regionHosts(600, () => random.next())

    expect(hosts[599]).to.include({ name: 'node599', address: '10.0.2.100' })
    expect(new Set(hosts.map(({ address }) => address))).to.have.property('size', 600)
    expect(regionHosts(600, () => again.next())).to.deep.equal(hosts)
  })
})
