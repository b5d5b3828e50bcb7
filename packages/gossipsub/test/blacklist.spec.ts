import { expect } from 'aegir/chai'
import { Blacklist } from '../src/blacklist.ts'
import type { BlacklistOptions } from '../src/blacklist.ts'

describe('the blacklist', () => {
  it('begins with members that nobody is told of', () => {
    const { blacklist, changes } = observed({ peers: ['a', 'b'] })

    expect([...blacklist]).to.deep.equal(['a', 'b'])
    expect(changes).to.be.empty()
  })

  it('tells of peers that are added, deleted and cleared, once each', () => {
    const { blacklist, changes } = observed()

    expect(blacklist.add('a').add('a').add('b').add('c')).to.equal(blacklist)
    expect(blacklist.delete('a')).to.equal(true)
    expect(blacklist.delete('a')).to.equal(false)
    blacklist.clear()

    expect(changes).to.deep.equal(['+a', '+b', '+c', '-a', '-b', '-c'])
    expect(blacklist.size).to.equal(0)
  })

  it('is used like a set', () => {
    const { blacklist } = observed({ peers: ['a', 'b'] })
    const seen: string[] = []
    blacklist.forEach(peer => { seen.push(peer) })

    expect(blacklist.has('a')).to.equal(true)
    expect(blacklist.has('c')).to.equal(false)
    expect(blacklist.size).to.equal(2)
    expect(seen).to.deep.equal(['a', 'b'])
    expect([...blacklist.keys()]).to.deep.equal([...blacklist.values()])
    expect(new Set(blacklist)).to.deep.equal(new Set(['a', 'b']))
  })

  describe('what is dropped', () => {
    it('is what a member sends, and what a member wrote whoever sends it', () => {
      const { blacklist } = observed({ peers: ['bad'] })

      expect(blacklist.reasonToDrop('bad')).to.equal('blacklisted-peer')
      expect(blacklist.reasonToDrop('bad', 'good')).to.equal('blacklisted-peer')
      expect(blacklist.reasonToDrop('good', 'bad')).to.equal('blacklisted-author')
      expect(blacklist.reasonToDrop('good', 'other')).to.equal(undefined)
      expect(blacklist.reasonToDrop('good')).to.equal(undefined)
    })

    it('changes at once', () => {
      const { blacklist } = observed()

      expect(blacklist.reasonToDrop('bad')).to.equal(undefined)
      blacklist.add('bad')
      expect(blacklist.reasonToDrop('bad')).to.equal('blacklisted-peer')
      blacklist.delete('bad')
      expect(blacklist.reasonToDrop('bad')).to.equal(undefined)
    })

    it('does not outlast the time', () => {
      const { blacklist, clock } = observed({ expiryMs: 10 })
      blacklist.add('bad')
      clock.now += 9

      expect(blacklist.reasonToDrop('bad')).to.equal('blacklisted-peer')
      clock.now += 1
      expect(blacklist.reasonToDrop('bad')).to.equal(undefined)
      expect(blacklist.reasonToDrop('good', 'bad')).to.equal(undefined)
    })
  })

  describe('expiry', () => {
    it('ends membership by itself, and is told when asked for', () => {
      const { blacklist, changes, clock } = observed({ peers: ['a'], expiryMs: 10 })
      blacklist.add('b', 20)
      blacklist.add('c', Infinity)
      clock.now += 10

      expect([...blacklist]).to.deep.equal(['b', 'c'])
      expect(blacklist.size).to.equal(2)
      expect(changes).to.deep.equal(['+b', '+c'])

      blacklist.expire()
      expect(changes).to.deep.equal(['+b', '+c', '-a'])
      blacklist.expire()
      expect(changes).to.deep.equal(['+b', '+c', '-a'])

      clock.now += 1_000_000
      blacklist.expire()
      expect([...blacklist]).to.deep.equal(['c'])
    })

    it('is the later one when a peer is added again', () => {
      const { blacklist, changes, clock } = observed({ expiryMs: 10 })
      blacklist.add('a', 100).add('a')
      blacklist.add('b').add('b', 100)
      blacklist.add('c').add('c', Infinity).add('c')
      clock.now += 99

      expect([...blacklist]).to.deep.equal(['a', 'b', 'c'])
      clock.now += 1
      expect([...blacklist]).to.deep.equal(['c'])
      expect(changes).to.deep.equal(['+a', '+b', '+c'])
    })

    it('that nobody was told of is undone by adding again', () => {
      const { blacklist, changes, clock } = observed({ expiryMs: 10 })
      blacklist.add('a')
      clock.now += 10
      blacklist.add('a')

      expect(blacklist.has('a')).to.equal(true)
      expect(changes).to.deep.equal(['+a'])
    })

    it('that nobody was told of is told by deleting, which finds no member', () => {
      const { blacklist, changes, clock } = observed({ expiryMs: 10 })
      blacklist.add('a')
      clock.now += 10

      expect(blacklist.delete('a')).to.equal(false)
      expect(changes).to.deep.equal(['+a', '-a'])
    })
  })

  describe('its bound', () => {
    it('lets off the peer that was added the longest ago', () => {
      const { blacklist, changes } = observed({ maxPeers: 2 })
      blacklist.add('a').add('b').add('a').add('c')

      expect([...blacklist]).to.deep.equal(['b', 'c'])
      expect(changes).to.deep.equal(['+a', '+b', '-a', '+c'])
    })

    it('lets off first whose time is over', () => {
      const { blacklist, clock } = observed({ maxPeers: 2 })
      blacklist.add('a').add('b', 10)
      clock.now += 10
      blacklist.add('c')

      expect([...blacklist]).to.deep.equal(['a', 'c'])
    })

    it('holds for the members from the beginning', () => {
      const { blacklist, changes } = observed({ maxPeers: 2, peers: ['a', 'b', 'c'] })

      expect([...blacklist]).to.deep.equal(['b', 'c'])
      expect(changes).to.be.empty()
    })
  })

  for (const value of [0, -1, NaN]) {
    it(`takes neither a time nor a bound of ${value}`, () => {
      expect(() => new Blacklist({ expiryMs: value })).to.throw('expiryMs').with.property('name', 'InvalidParametersError')
      expect(() => new Blacklist({ maxPeers: value })).to.throw('maxPeers').with.property('name', 'InvalidParametersError')
      expect(() => new Blacklist().add('a', value)).to.throw('expiryMs').with.property('name', 'InvalidParametersError')
    })
  }
})

/** A blacklist whose clock is in our hands, and what it told. */
function observed (options: BlacklistOptions = {}): { blacklist: Blacklist, changes: string[], clock: { now: number } } {
  const changes: string[] = []
  const clock = { now: 1_000 }
  const blacklist = new Blacklist({
    ...options,
    onAdd: peer => { changes.push(`+${peer}`) },
    onDelete: peer => { changes.push(`-${peer}`) },
    now: () => clock.now
  })

  return { blacklist, changes, clock }
}
