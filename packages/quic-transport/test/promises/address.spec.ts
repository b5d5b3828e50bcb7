import { syncBuiltinESMExports } from 'node:module'
import os, { networkInterfaces } from 'node:os'
import { expect } from 'aegir/chai'
import { connectionFrom } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { NetworkInterfaceInfo } from 'node:os'

const NO_REUSE = 'TCP dials from a port of the system\'s choice'

/** Of the network for documentation (RFC 5737). */
const LATER: NetworkInterfaceInfo = {
  address: '198.51.100.7',
  netmask: '255.255.255.0',
  cidr: '198.51.100.7/24',
  family: 'IPv4',
  internal: false,
  mac: '02:00:00:00:00:01'
}

function portOf (address: Multiaddr): string | undefined {
  return /(?:udp|tcp)\/(\d+)/.exec(address.toString())?.[1]
}

describe('addresses', () => {
  for (const [listen, target] of [['ip4', 'ip4'], ['anyIp4', 'ip4'], ['ip6', 'ip6'], ['anyIp6', 'ip6']] as const) {
    promise(12, `a node that listens on ${listen} dials ${target} from the port that it listens on`, async (nodes) => {
      const { dialer, remote } = await nodes.pair({ listen: [nodes.stack[listen]] }, { listen: [nodes.stack[target]] })

      expect(portOf(remote.remoteAddr)).to.equal(portOf(dialer.getMultiaddrs()[0]))
    }, { quicOnly: NO_REUSE })
  }

  promise(12, 'ten peers see one node at the same address, at which it can be dialled', async (nodes) => {
    const node = await nodes.listen()
    const seen = new Set<string>()

    for (let i = 0; i < 10; i++) {
      const listener = await nodes.listen()
      const opened = connectionFrom(listener)
      await node.dial(listener.getMultiaddrs())
      seen.add((await opened).remoteAddr.toString())
    }

    expect([...seen]).to.deep.equal(node.getMultiaddrs().map(String))
    const dialer = await nodes.create()
    await expect(dialer.dial(node.getMultiaddrs())).to.eventually.have.property('status', 'open')
  }, { quicOnly: NO_REUSE })

  promise(12, 'two nodes that listen may dial each other at once from their ports', async (nodes) => {
    const [a, b] = await Promise.all([nodes.listen(), nodes.listen()])
    const [toB, toA] = await Promise.all([a.dial(b.getMultiaddrs()), b.dial(a.getMultiaddrs())])

    expect(toB.remotePeer.equals(b.peerId)).to.be.true()
    expect(toA.remotePeer.equals(a.peerId)).to.be.true()
  })

  promise(12, 'a listener of the other family is not dialled from', async (nodes) => {
    const { connection, dialer, remote } = await nodes.pair({ listen: [nodes.stack.ip6] })

    expect(connection.status).to.equal('open')
    expect(portOf(remote.remoteAddr)).to.not.equal(portOf(dialer.getMultiaddrs()[0]))
  })

  promise(12, 'a node that does not listen dials from one port', async (nodes) => {
    const dialer = await nodes.create()
    const ports = []

    for (let i = 0; i < 2; i++) {
      const listener = await nodes.listen()
      const opened = connectionFrom(listener)
      await dialer.dial(listener.getMultiaddrs())
      ports.push(portOf((await opened).remoteAddr))
    }

    expect(ports[0]).to.equal(ports[1])
  }, { quicOnly: NO_REUSE })

  for (const family of ['ip4', 'ip6'] as const) {
    promise(22, `a node listens on ${family} and is dialled there`, async (nodes) => {
      const { connection, dialer, listener, remote } = await nodes.pair({}, { listen: [nodes.stack[family]] })

      expect(connection.remotePeer.equals(listener.peerId)).to.be.true()
      expect(remote.remotePeer.equals(dialer.peerId)).to.be.true()
      expect(connection.remoteAddr.toString()).to.match(new RegExp(`^/${family}/`))
    })
  }

  promise(22, 'a node with several listen addresses is dialled at each', async (nodes) => {
    const { ip4, ip6 } = nodes.stack
    const listener = await nodes.create({ listen: [ip4, ip4, ip6] })
    const addresses = listener.getMultiaddrs()
    expect(new Set(addresses.map(portOf))).to.have.property('size', 3)

    for (const address of addresses) {
      const dialer = await nodes.create()
      await expect(dialer.dial(address)).to.eventually.have.property('status', 'open')
    }
  })

  promise(22, 'a wildcard is expanded to every interface, and each address is dialled', async (nodes) => {
    const listener = await nodes.create({ listen: [nodes.stack.anyIp4, nodes.stack.anyIp6] })
    const addresses = listener.getMultiaddrs()
    const own = Object.values(networkInterfaces()).flatMap(all => all ?? [])
    const ip4 = own.filter(({ family, address }) => family === 'IPv4' && !address.startsWith('169.254.'))

    expect(addresses.map(String).join()).to.not.match(/\/ip4\/0\.0\.0\.0|\/ip6\/::\//)
    expect(addresses.map(ma => ma.toString().split('/')[2])).to.include.members(ip4.map(({ address }) => address))

    for (const address of addresses) {
      const dialer = await nodes.create()
      const connection = await dialer.dial(address)

      expect(connection.remoteAddr.toString()).to.equal(address.toString())
      await dialer.stop()
    }
  })

  promise(22, 'an interface that comes later is among the addresses, and one that has gone is not', async (nodes) => {
    const listener = await nodes.create({ listen: [nodes.stack.anyIp4] })
    const readInterfaces = os.networkInterfaces
    const hosts = (): string[] => listener.getMultiaddrs().map(ma => ma.toString().split('/')[2])
    const before = hosts()

    try {
      os.networkInterfaces = () => ({ ...readInterfaces(), later: [LATER] })
      syncBuiltinESMExports()
      expect(hosts()).to.have.members([...before, LATER.address])
    } finally {
      os.networkInterfaces = readInterfaces
      syncBuiltinESMExports()
    }

    expect(hosts()).to.have.members(before)
  })
})
