import { expect } from 'aegir/chai'
import { transportCells } from '../../src/transport/plan.ts'
import type { Peer, ProgramName } from '../../src/peers/peer.ts'

function peer (name: string, programs: ProgramName[] = ['transport']): Peer {
  return { name, versions: '', toolchain: 'node', programs, build: async () => ({}) }
}

const PEERS = [...['quicmesh', 'go', 'rust', 'python', 'chainsafe'].map((name) => peer(name)), peer('other', ['gossipsub'])]

const ROWS = ['streams', 'transfer', 'half-close', 'reset', 'reset-by-listener', 'stop-writing', 'no-peer-id', 'wrong-peer-id', 'keep-alive']

describe('the cells of the transport suite', () => {
  const cells = transportCells({ peers: PEERS })
  const ids = cells.map(({ id }) => id)

  it('have ids of their own', () => {
    expect(new Set(ids).size).to.equal(ids.length)
  })

  for (const other of ['quicmesh', 'go', 'rust', 'python', 'chainsafe']) {
    it(`have ours with ${other} both ways: a ping in each dialect, and every row`, () => {
      for (const [dialer, listener] of [['quicmesh', other], [other, 'quicmesh']]) {
        for (const label of ['ping, test-plans', 'ping, unified', ...ROWS]) {
          expect(ids).to.include(`transport ${dialer} x ${listener} (quic-v1, ${label})`)
        }
      }
    })
  }

  it('have the pings of go and rust without ours as a control, and no other pair', () => {
    const foreign = cells.filter(({ dialer, listener }) => dialer !== 'quicmesh' && listener !== 'quicmesh')

    expect([...new Set(foreign.map(({ dialer, listener, row }) => `${dialer} ${listener} ${row}`))].sort()).to.deep.equal([
      'go go ping', 'go rust ping', 'rust go ping', 'rust rust ping'
    ])
  })

  it('have hellos in two packets from those who send such', () => {
    expect(cells.filter(({ row }) => row === 'hello-split').map(({ id }) => id)).to.deep.equal([
      'transport go x quicmesh (quic-v1, hello-split)', 'transport rust x quicmesh (quic-v1, hello-split)'
    ])
  })

  it('are in the profile ci, but for rows of those that are there for their pings', () => {
    const rest = cells.filter(({ isInCi }) => !isInCi)

    expect(rest.every(({ dialer, listener, row }) => row !== 'ping' && [dialer, listener].some((name) => ['chainsafe', 'python'].includes(name)))).to.equal(true)
    expect(cells.filter(({ isInCi, needs }) => isInCi && needs.some(({ peer }) => peer === 'go')).map(({ row }) => row)).to.include.members(ROWS)
  })

  it('need the programs of both sides', () => {
    expect(cells.find(({ id }) => id === 'transport go x quicmesh (quic-v1, reset)')?.needs).to.deep.equal([
      { peer: 'go', program: 'transport' }, { peer: 'quicmesh', program: 'transport' }
    ])
    expect(cells.find(({ id }) => id === 'transport quicmesh x quicmesh (quic-v1, reset)')?.needs).to.deep.equal([{ peer: 'quicmesh', program: 'transport' }])
  })
})
