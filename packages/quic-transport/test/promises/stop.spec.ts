import { generateKeyPair } from '@libp2p/crypto/keys'
import { stop } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { quic } from '../../src/index.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { closeOf, connectionFrom, fill, LOOPBACK, openStream, until } from '../fixtures/nodes.ts'
import { runProgram } from '../fixtures/program.ts'
import { promise } from '../fixtures/promise.ts'
import { Proxy } from '../fixtures/proxy.ts'
import { silentPeer } from '../fixtures/silent-peer.ts'
import { StalledDials } from '../fixtures/stalled-dials.ts'
import type { Nodes } from '../fixtures/nodes.ts'
import type { Libp2p } from '@libp2p/interface'

const STOP_MS = 1_000

/** The best of so many stops counts: others use the machine too. */
const STOPS = 3

interface Hindered {
  node: Libp2p
  /** What is left to check and to clean up. */
  afterwards?(): Promise<void>
}

interface Hindrance {
  hinder (nodes: Nodes): Promise<Hindered>
  quicOnly?: string
}

const HINDRANCES: Record<string, Hindrance> = {
  'peers neither read nor let it write': {
    async hinder (nodes) {
      const pair = await nodes.pair()
      const [local, remote] = await openStream(pair)
      local.pause()
      remote.pause()
      fill(local)
      fill(remote)
      const closed = closeOf(pair.connection)

      return {
        node: pair.listener,
        async afterwards () {
          expect(pair.remote.status).to.not.equal('open')
          await closed
          await until(() => local.status !== 'open')
        }
      }
    }
  },

  'a peer that it dials says nothing': {
    async hinder (nodes) {
      const node = await nodes.create()
      const silent = await silentPeer(nodes.stack)
      const dial = node.dial(silent.address).then(() => undefined, err => err)
      await silent.reached()

      return {
        node,
        async afterwards () {
          expect(await dial).to.be.an('error')
          silent.close()
        }
      }
    }
  },

  'its own gater does not decide on a peer': {
    async hinder (nodes) {
      const asked = Promise.withResolvers<void>()
      const node = await nodes.listen({
        connectionGater: {
          denyInboundConnection: async () => {
            asked.resolve()

            return new Promise(() => {})
          }
        }
      })
      const dialer = await nodes.create()
      const dial = dialer.dial(node.getMultiaddrs()).catch(() => {})
      await asked.promise

      return {
        node,
        async afterwards () {
          await dialer.stop()
          await dial
        }
      }
    }
  },

  'strangers stall in their handshake': {
    async hinder (nodes) {
      const node = await nodes.listen()
      const strangers = await StalledDials.create(node.getMultiaddrs()[0])

      for (let i = 0; i < 20; i++) {
        strangers.add()
      }
      await until(() => strangers.answersLost >= 20)

      return { node, async afterwards () { await strangers.end() } }
    },
    quicOnly: 'the strangers speak QUIC'
  },

  'a peer has vanished that has not acknowledged everything': {
    async hinder (nodes) {
      const listener = await nodes.listen()
      const proxy = await Proxy.create(listener.getMultiaddrs()[0])
      const node = await nodes.create()
      const opened = connectionFrom(listener)
      const connection = await node.dial(proxy.address)
      const [local] = await openStream({ dialer: node, listener, connection, remote: await opened })
      proxy.isCut = true
      fill(local)

      return {
        node,
        async afterwards () {
          expect(connection.status).to.not.equal('open')
          proxy.close()
        }
      }
    },
    quicOnly: 'the path that is cut is one of UDP'
  }
}

/** The shortest of a few stops, in ms. */
async function stopMs (nodes: Nodes, { hinder }: Hindrance): Promise<number> {
  let shortest = Infinity

  for (let i = 0; i < STOPS; i++) {
    const { node, afterwards } = await hinder(nodes)
    const start = performance.now()
    await node.stop()
    shortest = Math.min(shortest, performance.now() - start)
    await afterwards?.()
  }

  return shortest
}

describe('stop', () => {
  for (const [what, hindrance] of Object.entries(HINDRANCES)) {
    promise(21, `node.stop() returns within a second while ${what}`, async (nodes) => {
      expect(await stopMs(nodes, hindrance)).to.be.below(STOP_MS)
    }, { quicOnly: hindrance.quicOnly })
  }

  promise(21, 'listener.close() returns within a second while strangers stall, and its port is free at once', async () => {
    const transport = quic()({ privateKey: await generateKeyPair('Ed25519'), logger: defaultLogger() })
    let address = multiaddr(LOOPBACK)
    let shortest = Infinity

    for (let i = 0; i < STOPS; i++) {
      const listener = transport.createListener({ upgrader: new CapturingUpgrader() })
      // the same port each time
      await listener.listen(address)
      address = listener.getAddrs()[0]
      const strangers = await StalledDials.create(address)
      strangers.add()
      await until(() => strangers.answersLost > 0)
      const start = performance.now()
      await listener.close()
      shortest = Math.min(shortest, performance.now() - start)
      expect(listener.getAddrs()).to.be.empty()
      await strangers.end()
    }

    await stop(transport)
    expect(shortest).to.be.below(STOP_MS)
  }, { quicOnly: 'the strangers speak QUIC' })

  promise(21, 'a process whose nodes have stopped ends by itself', async (nodes) => {
    const { code, stdout, stderr } = await runProgram('stop-program.ts', nodes.stack.name)

    expect(stderr).to.equal('')
    expect(stdout).to.include('stopped')
    expect(code).to.equal(0)
  }, { timeoutMs: 60_000 })

  promise(21, 'the port is free at once when the node has stopped', async (nodes) => {
    const { listener, dialer, connection } = await nodes.pair()
    const [address] = listener.getMultiaddrs()
    const listen = [address.toString().replace(/\/p2p\/.*/, '')]
    const closed = closeOf(connection)
    await listener.stop()
    await closed

    for (let i = 0; i < 5; i++) {
      const next = await nodes.create({ listen })
      const opened = connectionFrom(next)
      await expect(dialer.dial(next.getMultiaddrs())).to.eventually.have.property('status', 'open')
      await opened
      await next.stop()
    }
  })

  promise(21, 'the node can be started again', async (nodes) => {
    const listener = await nodes.listen()
    await listener.stop()
    await listener.start()
    const dialer = await nodes.create()
    const connection = await dialer.dial(listener.getMultiaddrs())

    expect(connection.remotePeer.equals(listener.peerId)).to.be.true()
  })
})
