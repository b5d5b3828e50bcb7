import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { QuicConnectionError } from '../../src/index.ts'
import { longHeader, openInitial, sealInitial, transportClose } from '../fixtures/initial.ts'
import { closeOf, fill, openStream } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import { proxied } from '../fixtures/proxied.ts'
import type { Nodes } from '../fixtures/nodes.ts'
import type { Connection } from '@libp2p/interface'

const CONNECTION_REFUSED = 0x02
const PROTOCOL_VIOLATION = 0x0a
/** TLS's handshake_failure as a code of QUIC (RFC 9001 section 4.8). */
const HANDSHAKE_FAILURE = 0x100 + 40
/** QUIC version 2 (RFC 9369), which we don't speak. */
const VERSION_2 = 0x6b3343cf
/** Allowed in 1-RTT packets only (RFC 9000 section 12.4). */
const HANDSHAKE_DONE = Uint8Array.of(0x1e, 0, 0, 0)

const TCP_SAYS_NOTHING = 'TCP ends with FIN or RST and no more'

type Answer = (clientsFirst: Buffer) => Uint8Array

/** What a dial fails with when its first datagram is answered by somebody on the path. */
async function dialError (nodes: Nodes, answer: Answer): Promise<Error> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await pEvent(socket, 'listening')
  // what the dialer says to the answer is sealed for another destination
  socket.once('message', (datagram, { port }) => { socket.send(answer(datagram), port, '127.0.0.1') })
  const dialer = await nodes.create()

  try {
    return await dialer.dial(multiaddr(`/ip4/127.0.0.1/udp/${socket.address().port}/quic-v1`)).then(() => {
      throw new Error('The dial succeeded')
    }, err => err)
  } finally {
    socket.close()
  }
}

/** Answers with an Initial of the server's. */
function serversInitial (frames: Uint8Array): Answer {
  return (datagram) => {
    const { destination, source } = openInitial(datagram, 'client')
    const answer = {
      destination: source,
      source: Buffer.from('a server'),
      token: new Uint8Array(),
      packetNumber: 0,
      // padded as a server's Initial that wants an acknowledgement has to be (RFC 9000 section 14.1)
      payload: Buffer.concat([frames, Buffer.alloc(1_100)])
    }

    return sealInitial(answer, 'server', destination)
  }
}

async function endsAfter (connection: Connection, act: () => void): Promise<Error | undefined> {
  const closed = closeOf(connection)
  act()

  return (await closed).error
}

describe('end of a connection', () => {
  promise(17, 'a time-out is known at both ends', async (nodes) => {
    await proxied(nodes, { quic: { maxIdleTimeoutMs: 1_000, keepAliveIntervalMs: 200 } }, async ({ connection, remote, proxy }) => {
      // keep-alives carry it over several idle time-outs
      await new Promise(resolve => setTimeout(resolve, 2_500))
      expect([connection.status, remote.status]).to.deep.equal(['open', 'open'])

      const closes = Promise.all([closeOf(connection), closeOf(remote)])
      proxy.isCut = true

      for (const { error, local } of await closes) {
        expect(error).to.be.instanceOf(QuicConnectionError)
        expect(error).to.include({ name: 'TimeoutError', kind: 'timedOut', code: 'ERR_QUIC_TIMED_OUT' })
        expect(local).to.be.false()
      }
    })
  }, { quicOnly: 'TCP has no idle time-out' })

  promise(17, 'a peer that has lost its state is known by its stateless reset', async (nodes) => {
    const privateKey = await generateKeyPair('Ed25519')

    await proxied(nodes, { listener: { privateKey } }, async ({ connection, dialer, listener, proxy }) => {
      const listen = listener.getMultiaddrs().map(address => address.decapsulate('/p2p').toString())
      const [local] = await openStream({ connection, dialer, listener, remote: connection })
      // so that nothing tells the dialer that the node stops
      proxy.isCut = true
      await listener.stop()
      await nodes.listen({ privateKey, listen })
      // the last words of the former node may still wait in the proxy's socket
      await delay(100)
      proxy.isCut = false

      const error = await endsAfter(connection, () => { local.send(new Uint8Array(1_000)) })
      expect(error).to.include({ kind: 'statelessReset' })
    })
  }, { quicOnly: TCP_SAYS_NOTHING })

  promise(17, 'a graceful close is an end without an error at both ends', async (nodes) => {
    const pair = await nodes.pair()
    const closes = Promise.all([closeOf(pair.connection), closeOf(pair.remote)])
    await pair.connection.close()

    for (const { error } of await closes) {
      expect(error).to.be.undefined()
    }
    expect([pair.connection.status, pair.remote.status]).to.deep.equal(['closed', 'closed'])
    expect(pair.connection.timeline.close).to.be.a('number')
  })

  promise(17, 'an abort by the peer is known with its code', async (nodes) => {
    const pair = await nodes.pair()
    const error = await endsAfter(pair.remote, () => { pair.connection.abort(new Error('enough')) })

    expect(error).to.include({ name: 'ConnectionClosedError', kind: 'closedByPeer', closeCode: 1, reason: '' })
    expect(pair.remote.status).to.equal('reset')
  }, { quicOnly: TCP_SAYS_NOTHING })

  promise(17, 'a node that stops amid traffic says so', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    // blocked: it can't close gracefully
    remote.pause()
    fill(local)
    const error = await endsAfter(pair.remote, () => { void pair.dialer.stop() })

    expect(error).to.include({ kind: 'closedByPeer', closeName: 'shutdown' })
  }, { quicOnly: TCP_SAYS_NOTHING })

  promise(17, 'a transport error of the peer\'s is known with code and reason', async (nodes) => {
    const error = await dialError(nodes, serversInitial(transportClose(CONNECTION_REFUSED, 'too busy')))

    expect(error).to.include({ name: 'ConnectionFailedError', kind: 'transportErrorByPeer', closeCode: CONNECTION_REFUSED })
    // perhaps behind words for the code
    expect(error).to.have.property('reason').that.matches(/too busy$/)
  }, { quicOnly: TCP_SAYS_NOTHING })

  promise(17, 'a TLS alert of the peer\'s is known with its code', async (nodes) => {
    const error = await dialError(nodes, serversInitial(transportClose(HANDSHAKE_FAILURE, '')))

    expect(error).to.include({ name: 'InvalidCryptoExchangeError', kind: 'tlsRefusedByPeer', closeCode: HANDSHAKE_FAILURE })
  }, { quicOnly: TCP_SAYS_NOTHING })

  promise(17, 'a transport error found by this node is known with its code', async (nodes) => {
    const error = await dialError(nodes, serversInitial(HANDSHAKE_DONE))

    expect(error).to.include({ name: 'ConnectionFailedError', kind: 'transportError', closeCode: PROTOCOL_VIOLATION })
  }, { quicOnly: TCP_SAYS_NOTHING })

  promise(17, 'a peer that speaks no common version is known', async (nodes) => {
    const error = await dialError(nodes, (datagram) => {
      const { destination, source } = openInitial(datagram, 'client')
      const versions = Buffer.alloc(4)
      versions.writeUInt32BE(VERSION_2)

      // Version Negotiation (RFC 9000 section 17.2.1)
      return Buffer.concat([longHeader(0x80, 0, source, destination), versions])
    })

    expect(error).to.include({ name: 'ConnectionFailedError', kind: 'versionMismatch', code: 'ERR_QUIC_VERSION' })
  }, { quicOnly: TCP_SAYS_NOTHING })
})
