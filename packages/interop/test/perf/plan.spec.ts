import { expect } from 'aegir/chai'
import { perfCells } from '../../src/perf/plan.ts'
import type { Peer } from '../../src/peers/peer.ts'

function peers (...names: string[]): Peer[] {
  return names.map((name) => ({ name, versions: '', toolchain: 'node', programs: ['perf'], build: async () => ({}) }))
}

describe('the cells of the perf suite', () => {
  const cells = perfCells({ peers: peers('quicmesh', 'go', 'rust', 'chainsafe') })

  it('are one for each pair of ours that must be exact, over both transports', () => {
    const exact = cells.filter(({ id }) => id.includes('exact'))

    expect(exact.filter(({ row }) => row === 'exact, quic-v1').map(({ dialer, listener }) => `${dialer} x ${listener}`)).to.deep.equal([
      'quicmesh x quicmesh', 'quicmesh x go', 'go x quicmesh', 'quicmesh x rust', 'rust x quicmesh'
    ])
    expect(exact.filter(({ row }) => row === 'exact, tcp')).to.have.lengthOf(5)
    expect(exact.every(({ isInCi, isAlone }) => isInCi && isAlone !== true)).to.equal(true)
  })

  it('are one for the speed of all pairs over each transport, alone and not in ci', () => {
    const speed = cells.filter(({ id }) => id.includes('speed'))

    expect(speed.map(({ id }) => id)).to.deep.equal(['perf quicmesh, go, rust (quic-v1, speed)', 'perf quicmesh, go, rust (tcp, speed)'])
    expect(speed.every(({ isInCi, isAlone }) => !isInCi && isAlone === true)).to.equal(true)
    expect(speed[0].needs.map(({ peer }) => peer)).to.deep.equal(['quicmesh', 'go', 'rust'])
  })

  it('are none without ours, and no comparison without others', () => {
    expect(perfCells({ peers: peers('go', 'rust') })).to.deep.equal([])
    expect(perfCells({ peers: peers('quicmesh') }).map(({ id }) => id)).to.deep.equal([
      'perf quicmesh x quicmesh (quic-v1, exact)', 'perf quicmesh x quicmesh (tcp, exact)'
    ])
  })
})
