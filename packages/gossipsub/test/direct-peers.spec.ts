import { expect } from 'aegir/chai'
import { DirectPeers } from '../src/direct-peers.ts'

describe('direct peers', () => {
  it('begins with members that nobody is told of', () => {
    const { direct, changes } = observed(['a', 'b', 'a'])

    expect([...direct]).to.deep.equal(['a', 'b'])
    expect(changes).to.be.empty()
  })

  it('tells of each change when it is made, with the change in effect', () => {
    const { direct, changes } = observed(['a'])

    expect(direct.add('b').add('c')).to.equal(direct)
    expect(direct.delete('a')).to.equal(true)
    expect(changes).to.deep.equal(['+b of a,b', '+c of a,b,c', '-a of b,c'])
  })

  it('tells of nothing when nothing changes', () => {
    const { direct, changes } = observed(['a'])

    direct.add('a')

    expect(direct.delete('b')).to.equal(false)
    expect(changes).to.be.empty()
  })

  it('tells of each member when all are removed', () => {
    const { direct, changes } = observed(['a', 'b'])

    direct.clear()
    direct.clear()

    expect(changes).to.deep.equal(['-a of ', '-b of '])
    expect(direct.size).to.equal(0)
  })

  it('may be changed by who is told', () => {
    const direct: DirectPeers = new DirectPeers({
      onAdd: peer => {
        if (peer === 'unwanted') {
          direct.delete(peer)
        }
      },
      onDelete: () => { direct.add('instead') }
    })

    direct.add('unwanted')

    expect([...direct]).to.deep.equal(['instead'])
  })

  it('is a set in every other respect', () => {
    const { direct } = observed(['a', 'b'])
    const seen: string[] = []
    direct.forEach(peer => seen.push(peer))

    expect(direct).to.be.an.instanceOf(Set)
    expect(direct.has('a')).to.equal(true)
    expect(direct.size).to.equal(2)
    expect(seen).to.deep.equal(['a', 'b'])
    expect([...direct.entries()]).to.deep.equal([['a', 'a'], ['b', 'b']])
    expect(structuredClone(direct)).to.deep.equal(new Set(['a', 'b']))
    expect(new Set(direct)).to.deep.equal(new Set(['a', 'b']))
  })
})

/** A set whose changes are kept as text: what was told, and the members at that time. */
function observed (peers: string[]): { direct: DirectPeers, changes: string[] } {
  const changes: string[] = []
  const direct: DirectPeers = new DirectPeers({
    peers,
    onAdd: peer => { changes.push(`+${peer} of ${[...direct].join()}`) },
    onDelete: peer => { changes.push(`-${peer} of ${[...direct].join()}`) }
  })

  return { direct, changes }
}
