import { expect } from 'aegir/chai'
import { isInRange, isLoopback, parseIpAddress, parseIpRange, partyOf } from '../../../src/router/score/ip-address.ts'
import { IpColocation, noAddresses } from '../../../src/router/score/ip-colocation.ts'
import { ledger } from './ledger.ts'

describe('peer scores: addresses', () => {
  const texts: Array<[string, string | undefined]> = [
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1', '0:0:0:0:0:0:0:0'],
    ['2001:db8:1:2:3:4:5:6', '32:1:13:184:0:1:0:2'],
    ['2001:DB8:1:2::', '32:1:13:184:0:1:0:2'],
    ['2001:db8::1:2', '32:1:13:184:0:0:0:0'],
    ['fe80::1%eth0', '254:128:0:0:0:0:0:0'],
    ['64:ff9b::192.0.2.1', '0:100:255:155:0:0:0:0'],
    ['', undefined],
    ['localhost', undefined],
    ['192.0.2', undefined],
    ['192.0.2.1.1', undefined],
    ['192.0.2.256', undefined],
    ['192.0.2.01', undefined],
    ['192.0.2.-1', undefined],
    ['192.0.2.1 ', undefined],
    [':', undefined],
    [':::', undefined],
    ['1::2::3', undefined],
    ['2001:db8:1:2:3:4:5', undefined],
    ['2001:db8:1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7::8', undefined],
    ['2001:db8::12345', undefined],
    ['2001:db8::g', undefined],
    ['192.0.2.1::', undefined],
    ['::192.0.2.1:1', undefined],
    ['::ffff:192.0.2.256', undefined]
  ]

  for (const [text, party] of texts) {
    it(party == null ? `'${text}' is none` : `'${text}' is one, of the party ${party}`, () => {
      const address = parseIpAddress(text)

      expect(address == null ? undefined : partyOf(address)).to.equal(party)
    })
  }

  const ranges: Array<[range: string, inside: string[], outside: string[]]> = [
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.1.1'], ['11.0.0.0', '9.255.255.255', '::10.1.1.1']],
    ['192.0.2.128/25', ['192.0.2.128', '192.0.2.255'], ['192.0.2.127', '192.0.3.128']],
    ['192.0.2.7', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8']],
    ['192.0.2.7/32', ['192.0.2.7'], ['192.0.2.6']],
    ['192.0.2.7/31', ['192.0.2.6', '192.0.2.7'], ['192.0.2.8']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::1', '2001:db8::1']],
    ['::ffff:10.0.0.0/104', ['10.1.2.3'], ['11.0.0.0', '2001:db8::1']],
    ['2001:db8::/32', ['2001:db8::1', '2001:db8:ffff::'], ['2001:db9::', '32.1.13.184']],
    ['2001:db8:8000::/33', ['2001:db8:ffff::1'], ['2001:db8:7fff::1']],
    ['2001:db8::1', ['2001:db8::1', '2001:db8:0::1'], ['2001:db8::2']],
    ['::/0', ['2001:db8::1', '::'], ['192.0.2.1']]
  ]

  for (const [text, inside, outside] of ranges) {
    it(`the range ${text} has ${inside.join(' and ')}, but not ${outside.join(' and ')}`, () => {
      const contains = (address: string): boolean => {
        const range = parseIpRange(text)
        const parsed = parseIpAddress(address)

        return range != null && parsed != null && isInRange(parsed, range)
      }

      expect(inside.filter(contains)).to.deep.equal(inside)
      expect(outside.filter(contains)).to.deep.equal([])
    })
  }

  for (const text of ['', '/', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0/8', '10.0.0.0/8x', '2001:db8::/129', '::ffff:10.0.0.0/95', 'fd00::/8 ', 'example.org']) {
    it(`'${text}' is no range`, () => {
      expect(parseIpRange(text)).to.equal(undefined)
    })
  }

  for (const [text, expected] of [['127.0.0.1', true], ['127.255.0.1', true], ['::1', true], ['::ffff:127.0.0.1', true], ['128.0.0.1', false], ['::2', false]] as Array<[string, boolean]>) {
    it(`${text} is ${expected ? '' : 'no '}loopback`, () => {
      expect(isLoopback(parseIpAddress(text) ?? [])).to.equal(expected)
    })
  }
})

describe('peer scores: P6', () => {
  /** The scores of peers at these addresses; two may share one without a penalty. */
  function scoresAt (addresses: string[][], whitelist: string[] = []): number[] {
    const scores = ledger({
      IPColocationFactorWeight: -1,
      IPColocationFactorThreshold: 2,
      IPColocationFactorWhitelist: new Set(whitelist)
    })

    for (const [i, ips] of addresses.entries()) {
      scores.addPeer(`peer-${i}`, ips, 0)
    }

    return addresses.map((_, i) => scores.score(`peer-${i}`))
  }

  function crowd (size: number, ipOf: (i: number) => string): string[][] {
    return Array.from({ length: size }, (_, i) => [ipOf(i)])
  }

  it('squares the surplus above the threshold, for each peer of the crowd', () => {
    expect(scoresAt(crowd(2, () => '192.0.2.1'))).to.deep.equal([0, 0])
    expect(scoresAt(crowd(3, () => '192.0.2.1'))).to.deep.equal([-1, -1, -1])
    expect(scoresAt(crowd(5, () => '192.0.2.1'))).to.deep.equal([-9, -9, -9, -9, -9])
  })

  it('does not put neighbours of IPv4 together', () => {
    expect(scoresAt(crowd(5, i => `192.0.2.${i}`))).to.deep.equal([0, 0, 0, 0, 0])
  })

  it('puts the 64 bits of an IPv6 network together, and no more', () => {
    expect(scoresAt(crowd(4, i => `2001:db8::${i}:1`))).to.deep.equal([-4, -4, -4, -4])
    expect(scoresAt(crowd(4, i => `2001:db8:0:${i}::1`))).to.deep.equal([0, 0, 0, 0])
  })

  it('counts an IPv4-mapped address as IPv4', () => {
    expect(scoresAt([['192.0.2.1'], ['::ffff:192.0.2.1'], ['::ffff:c000:201']])).to.deep.equal([-1, -1, -1])
  })

  it('counts a peer once per address, however often it has it', () => {
    expect(scoresAt([['192.0.2.1', '192.0.2.1', '::ffff:192.0.2.1'], ['2001:db8::1', '2001:db8::2', '2001:db8::3']])).to.deep.equal([0, 0])
  })

  it('adds up the crowds that a peer is in', () => {
    expect(scoresAt([...crowd(3, () => '192.0.2.1'), ...crowd(3, () => '192.0.2.2'), ['192.0.2.1', '192.0.2.2']]).at(-1)).to.equal(-4 - 4)
  })

  it('does not count loopback, as go does not', () => {
    expect(scoresAt(crowd(20, i => i < 10 ? '127.0.0.1' : '::1'))).to.deep.equal(new Array(20).fill(0))
  })

  it('does not count what is no address', () => {
    expect(scoresAt(crowd(5, () => 'example.org'))).to.deep.equal([0, 0, 0, 0, 0])
  })

  for (const whitelist of [['2001:db8::/32', '192.0.2.1'], ['0.0.0.0/0', '::/0'], ['2001:db8::1', '2001:db8::2', '2001:db8::3', '::ffff:192.0.2.1']]) {
    it(`does not count what is in the whitelist: ${whitelist.join(', ')}`, () => {
      expect(scoresAt([['192.0.2.1'], ['192.0.2.1'], ['192.0.2.1'], ['2001:db8::1'], ['2001:db8::2'], ['2001:db8::3']], whitelist)).to.deep.equal([0, 0, 0, 0, 0, 0])
    })
  }

  it('counts the rest of a network of which one address is in the whitelist', () => {
    expect(scoresAt([['2001:db8::1'], ['2001:db8::2'], ['2001:db8::3'], ['2001:db8::4']], ['2001:db8::1'])).to.deep.equal([0, -1, -1, -1])
  })

  it('follows a peer that moves', () => {
    const scores = ledger({ IPColocationFactorWeight: -1, IPColocationFactorThreshold: 1 }, ['A', 'B'])

    scores.setAddresses('A', ['192.0.2.1'])
    scores.setAddresses('B', ['192.0.2.1', '192.0.2.2'])
    expect([scores.score('A'), scores.score('B')]).to.deep.equal([-1, -1])
    scores.setAddresses('B', ['192.0.2.2'])
    expect([scores.score('A'), scores.score('B')]).to.deep.equal([0, 0])
    expect([...scores.dump().B.knownIPs]).to.deep.equal(['192.0.2.2'])
  })

  it('keeps a bounded number of addresses of a peer, and none of peers that are gone', () => {
    const colocation = new IpColocation({ threshold: 1, whitelist: [] })
    const addresses = colocation.move(noAddresses, Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`))

    expect(addresses.ips).to.have.length(16)
    expect(colocation.size).to.equal(16)
    colocation.leave(addresses)
    expect(colocation.size).to.equal(0)
  })
})
