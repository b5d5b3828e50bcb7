import { expect } from 'aegir/chai'
import { gossipsubCells } from '../../src/gossipsub/cells.ts'
import { comparisonTable, figures } from '../../src/gossipsub/comparison.ts'
import { loopbackNetwork } from '../../src/gossipsub/mesh-network.ts'
import type { Peer, ProgramName } from '../../src/peers/peer.ts'

const SUMMARY = { p50Ms: 10.04, p90Ms: 20.06, p99Ms: 30, lastMs: 40, duplicates: 1.256 }

describe('gossipsub: the cells of the matrix', () => {
  const cells = gossipsubCells({ peers: ['quicmesh', 'chainsafe', 'go', 'rust'].map(name => peer(name)) })

  it('have unique ids, none of which is a part of another, so that --only finds one', () => {
    const ids = cells.map(({ id }) => id)

    ids.forEach((id) => {
      expect(ids.filter(other => other.includes(id))).to.deep.equal([id])
    })
  })

  it('have each mix and the control, over both transports, in both scenarios', () => {
    const measured = new Set(cells.filter(({ isAlone }) => isAlone).map(({ dialer, row }) => `${dialer} ${row}`))

    for (const mix of ['{go}', '{quicmesh}', '{quicmesh, go}', '{quicmesh, rust}', '{quicmesh, go, rust}']) {
      for (const scenario of ['subnet-blob-msg', 'simple-fanout']) {
        for (const transport of ['tcp', 'quic-v1']) {
          expect(measured).to.include(`${mix} ${scenario}, ${transport}`)
        }
      }
    }
  })

  it('have the control before what is compared with it', () => {
    const measured = cells.filter(({ isAlone }) => isAlone)

    measured.forEach(({ row, id }, index) => {
      const nodes = /\d+ nodes/.exec(id)?.[0] ?? ''

      expect(measured.findIndex(cell => cell.dialer === '{go}' && cell.row === row && cell.id.includes(nodes))).to.be.within(0, index)
    })
  })

  it('have meshes of mixed versions, ours limited and theirs', () => {
    for (const mix of ['{quicmesh, go@1.0}', '{quicmesh, go@1.1}', '{quicmesh@1.0, go}', '{quicmesh@1.1, go}']) {
      expect(cells.filter(({ dialer, isInCi }) => dialer === mix && isInCi)).to.have.length(1)
      expect(cells.filter(({ dialer, isInCi }) => dialer === mix && !isInCi)).to.have.length(2)
    }
  })

  it('need the programs of their members, once each', () => {
    const { needs } = cells.find(({ dialer }) => dialer === '{quicmesh, go, rust}') ?? expect.fail('there is no such cell')

    expect(needs).to.deep.equal(['quicmesh', 'go', 'rust'].map(name => ({ peer: name, program: 'gossipsub' })))
  })

  it('are small and not alone in the profile ci', () => {
    const inCi = cells.filter(({ isInCi }) => isInCi)

    expect(inCi).to.not.have.length(0)
    inCi.forEach(({ isAlone, timeoutMs, needs }) => {
      expect(isAlone).to.equal(false)
      expect(timeoutMs).to.be.below(150_000)
      expect(needs.length).to.be.above(1)
    })
  })

  it('are not there for peers that are not in the run, or have no such program', () => {
    const names = gossipsubCells({ peers: [peer('quicmesh'), peer('go', ['transport']), peer('rust')] }).map(({ dialer }) => dialer)

    expect(new Set(names)).to.deep.equal(new Set(['{quicmesh}', '{quicmesh, rust}']))
  })
})

describe('gossipsub: the report of a mesh', () => {
  it('has its figures, rounded', () => {
    expect(figures(SUMMARY)).to.deep.equal({
      'latency p50, ms': 10,
      'latency p90, ms': 20.1,
      'latency p99, ms': 30,
      'last node, ms': 40,
      'duplicates per node': 1.26
    })
  })

  it('has those of the control beside them', () => {
    expect(comparisonTable({ '{quicmesh, go}': SUMMARY, '{go}': { ...SUMMARY, p50Ms: 9 } }).split('\n')).to.deep.equal([
      '| mesh | latency p50, ms | latency p90, ms | latency p99, ms | last node, ms | duplicates per node |',
      '| --- | --- | --- | --- | --- | --- |',
      '| {quicmesh, go} | 10 | 20.1 | 30 | 40 | 1.26 |',
      '| {go} | 9 | 20.1 | 30 | 40 | 1.26 |'
    ])
  })
})

describe('gossipsub: a mesh on loopback', () => {
  it('gives each node a port of its own that all know, other ones in each slot', () => {
    const ports = [0, 1, 63].flatMap((slot) => {
      const network = loopbackNetwork(20, slot)

      return Array.from({ length: 20 }, (_, id) => {
        const { NODE_ID, NODE_PORT, NODE_PORTS, NODE_HOSTS } = network.environment(id)

        expect(NODE_ID).to.equal(String(id))
        expect(JSON.parse(NODE_PORTS)[`node${id}`]).to.equal(Number(NODE_PORT))
        expect(JSON.parse(NODE_HOSTS)[`node${id}`]).to.equal('127.0.0.1')

        return Number(NODE_PORT)
      })
    })

    expect(new Set(ports).size).to.equal(60)
    // where the kernel takes the ports of outbound connections from
    expect(Math.max(...ports)).to.be.below(32_768)
  })

  it('has no room for more nodes than a slot has ports', () => {
    expect(() => loopbackNetwork(257, 0)).to.throw(RangeError)
  })
})

function peer (name: string, programs: ProgramName[] = ['transport', 'gossipsub']): Peer {
  return { name, versions: '', toolchain: 'node', programs, build: async () => ({}) }
}
