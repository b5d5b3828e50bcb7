import { networkInterfaces } from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { isDialable, isListenable, reachableAddresses, resolve, toMultiaddr, toSocketAddress } from '../src/multiaddr.ts'

const PEER = '12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8'

describe('multiaddr', () => {
  describe('filters', () => {
    const both = [
      '/ip4/127.0.0.1/udp/4001/quic-v1',
      '/ip6/::1/udp/4001/quic-v1',
      `/ip4/127.0.0.1/udp/4001/quic-v1/p2p/${PEER}`
    ]
    const dialOnly = [
      '/dns/example.org/udp/4001/quic-v1',
      '/dns4/example.org/udp/4001/quic-v1',
      `/dns6/example.org/udp/4001/quic-v1/p2p/${PEER}`
    ]
    const neither = [
      '/ip4/127.0.0.1/udp/4001',
      '/ip4/127.0.0.1/udp/4001/quic',
      '/ip4/127.0.0.1/tcp/4001',
      '/ip4/127.0.0.1/udp/4001/quic-v1/webtransport',
      `/ip4/127.0.0.1/udp/4001/quic-v1/p2p/${PEER}/p2p-circuit`,
      '/ip6zone/eth0/ip6/fe80::1/udp/4001/quic-v1',
      '/dnsaddr/example.org/udp/4001/quic-v1',
      '/memory/1'
    ]

    for (const address of both) {
      it(`takes ${address}`, () => {
        expect(isListenable(multiaddr(address))).to.be.true()
        expect(isDialable(multiaddr(address))).to.be.true()
      })
    }

    for (const address of dialOnly) {
      it(`dials ${address} but does not listen on it`, () => {
        expect(isListenable(multiaddr(address))).to.be.false()
        expect(isDialable(multiaddr(address))).to.be.true()
      })
    }

    for (const address of neither) {
      it(`refuses ${address}`, () => {
        expect(isListenable(multiaddr(address))).to.be.false()
        expect(isDialable(multiaddr(address))).to.be.false()
      })
    }
  })

  describe('socket addresses', () => {
    it('come from IPv4 and IPv6 addresses and go back', () => {
      for (const address of ['/ip4/192.0.2.1/udp/4001/quic-v1', '/ip6/2001:db8::1/udp/65535/quic-v1']) {
        expect(toMultiaddr(toSocketAddress(multiaddr(address))).toString()).to.equal(address)
      }
    })

    it('are refused for anything else', () => {
      expect(() => toSocketAddress(multiaddr('/ip4/127.0.0.1/tcp/4001'))).to.throw()
        .with.property('name', 'InvalidMultiaddrError')
      expect(() => toSocketAddress(multiaddr('/dns4/localhost/udp/4001/quic-v1'))).to.throw()
        .with.property('name', 'InvalidMultiaddrError')
    })

    it('are looked up for host names', async () => {
      const { signal } = new AbortController()

      await expect(resolve(multiaddr('/dns4/localhost/udp/4001/quic-v1'), signal)).to.eventually.deep.equal({
        family: 4, address: '127.0.0.1', port: 4001
      })
      await expect(resolve(multiaddr('/ip4/127.0.0.1/udp/4001'), signal)).to.eventually.be.rejected
        .with.property('name', 'InvalidMultiaddrError')
    })
  })

  describe('reachable addresses', () => {
    it('are the bound one when that is no wildcard', () => {
      expect(reachableAddresses({ family: 4, address: '127.0.0.1', port: 9 }).map(String))
        .to.deep.equal(['/ip4/127.0.0.1/udp/9/quic-v1'])
    })

    it('promise 22: are those of every interface for a wildcard', () => {
      const own = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
      const ip4 = own.filter(({ family, address }) => family === 'IPv4' && !address.startsWith('169.254.'))

      expect(reachableAddresses({ family: 4, address: '0.0.0.0', port: 9 }).map(String))
        .to.deep.equal(ip4.map(({ address }) => `/ip4/${address}/udp/9/quic-v1`))
      expect(reachableAddresses({ family: 6, address: '::', port: 9 }).map(String))
        .to.not.include('/ip6/::/udp/9/quic-v1')
    })
  })
})
