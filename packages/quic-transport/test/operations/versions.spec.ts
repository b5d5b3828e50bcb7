import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { longHeader } from '../fixtures/initial.ts'
import { Nodes } from '../fixtures/nodes.ts'
import { SilentPeer, silentPeer } from '../fixtures/silent-peer.ts'
import { QUIC } from '../fixtures/stacks.ts'
import { portOf } from './fixtures/wiretap.ts'
import type { Libp2p } from '@libp2p/interface'

const VERSION_1 = 0x0000_0001
const VERSION_2 = 0x6b33_43cf
const DRAFT_29 = 0xff00_001d

/** Of the form that asks for a negotiation (RFC 9000 section 15). */
const RESERVED = 0x1a2a_3a4a

/** A long header with the fixed bit, of an Initial in version 1 and the drafts. */
const INITIAL = 0xc3

/** The smallest datagram that may begin a connection (RFC 9000 section 14.1). */
const MIN_BYTES = 1_200

const ANSWER_TIMEOUT_MS = 5_000

/** What a Version Negotiation packet offers (RFC 9000 section 17.2.1), without those that are reserved. */
function offered (packet: Buffer): number[] {
  let offset = 5
  offset += 1 + packet[offset]
  offset += 1 + packet[offset]
  const versions: number[] = []

  for (; offset + 4 <= packet.byteLength; offset += 4) {
    versions.push(packet.readUInt32BE(offset))
  }

  return versions.filter(version => (version & 0x0f0f0f0f) !== 0x0a0a0a0a)
}

describe('versions of QUIC', () => {
  const nodes = new Nodes()
  const destination = randomBytes(8)
  const source = randomBytes(8)
  let listener: Libp2p

  /** What a listener answers to something like the first datagram of a connection. */
  async function answerTo (version: number, byteLength = MIN_BYTES): Promise<Buffer | undefined> {
    const socket = createSocket('udp4')
    const answer = pEvent<'message', Buffer>(socket, 'message', { timeout: ANSWER_TIMEOUT_MS }).catch(() => undefined)

    try {
      const header = longHeader(INITIAL, version, destination, source)
      socket.send(Buffer.concat([header, randomBytes(byteLength - header.byteLength)]), portOf(listener.getMultiaddrs()[0]), '127.0.0.1')

      return await answer
    } finally {
      socket.close()
    }
  }

  beforeEach(async () => {
    listener = await nodes.listen()
  })

  afterEach(async () => {
    await nodes.stop()
  })

  for (const [name, version] of Object.entries({ 'draft-29': DRAFT_29, 'version 2': VERSION_2, 'a reserved version': RESERVED })) {
    it(`${name} is answered by the offer of version 1 alone`, async () => {
      const packet = await answerTo(version)

      if (packet == null) {
        throw new Error('There was no answer')
      }

      expect(packet[0] & 0x80).to.equal(0x80)
      expect(packet.readUInt32BE(1)).to.equal(0)
      expect(packet.subarray(6, 14)).to.deep.equal(source)
      expect(packet.subarray(15, 23)).to.deep.equal(destination)
      expect(offered(packet)).to.deep.equal([VERSION_1])
    })
  }

  it('a datagram too small to begin a connection is not answered', async () => {
    expect(await answerTo(RESERVED, MIN_BYTES - 1)).to.be.undefined()
  })

  it('dials are made in version 1', async () => {
    const peer: SilentPeer = await silentPeer(QUIC)

    try {
      const dialer = await nodes.create({ quic: { handshakeTimeoutMs: 1_000 } })
      const dial = dialer.dial(peer.address)
      await peer.reached()
      expect(peer.datagrams[0].readUInt32BE(1)).to.equal(VERSION_1)
      await expect(dial).to.eventually.be.rejected()
    } finally {
      peer.close()
    }
  })
})
