import { expect } from 'aegir/chai'
import { assignMembers, commonProtocol, memberName, mixName } from '../../src/gossipsub/member.ts'
import { SeededRandom } from '../../src/gossipsub/random.ts'
import type { Member } from '../../src/gossipsub/member.ts'

describe('gossipsub: the members of a mesh', () => {
  const mix: Member[] = [{ peer: 'quicmesh' }, { peer: 'go', protocolVersion: '1.0' }, { peer: 'rust' }]

  it('are named with their limits', () => {
    expect(mixName(mix)).to.equal('{quicmesh, go@1.0, rust}')
  })

  it('are as many of each as can be, in an order that the seed gives', () => {
    const names = (seed: number): string[] => assignMembers(mix, 20, seed).map(memberName)

    expect(names(1)).to.deep.equal(names(1))
    expect(names(1)).to.not.deep.equal(names(2))
    expect(mix.map(member => names(1).filter(name => name === memberName(member)).length)).to.deep.equal([7, 7, 6])
  })

  it('speak the lower of their versions', () => {
    expect(commonProtocol(mix[0], mix[2])).to.equal('/meshsub/1.2.0')
    expect(commonProtocol(mix[0], mix[1])).to.equal('/meshsub/1.0.0')
    expect(commonProtocol(mix[1], { peer: 'quicmesh', protocolVersion: '1.1' })).to.equal('/meshsub/1.0.0')
  })
})

describe('gossipsub: chance', () => {
  it('is the same for the same seed on every machine', () => {
    const random = new SeededRandom(1)

    expect([random.next(), random.next(), random.next()].map(value => Math.floor(value * 2 ** 32))).to.deep.equal([2693262067, 11749833, 2265367787])
  })

  it('keeps to the weights', () => {
    const random = new SeededRandom(3)
    const drawn = Array.from({ length: 10_000 }, () => random.chooseWeighted([20, 80], weight => weight))

    expect(drawn.filter(weight => weight === 20).length).to.be.within(1_800, 2_200)
  })

  it('covers a range evenly, and a shuffle keeps all', () => {
    const random = new SeededRandom(4)
    const counts = [0, 0, 0, 0]

    for (let draw = 0; draw < 4_000; draw++) {
      counts[random.below(4)]++
    }

    counts.forEach(count => { expect(count).to.be.within(850, 1_150) })
    expect(random.shuffle([1, 2, 3, 4, 5]).sort()).to.deep.equal([1, 2, 3, 4, 5])
  })

  it('has nothing to choose from nothing', () => {
    expect(() => new SeededRandom(1).choose([])).to.throw(RangeError)
  })
})
