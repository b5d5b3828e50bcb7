import { expect } from 'aegir/chai'
import { openInitial, sealInitial } from '../fixtures/initial.ts'
import { promise } from '../fixtures/promise.ts'
import { SeededRandom, seedOfRun } from '../fixtures/seeded-random.ts'
import { captureInitials, sendDatagrams } from '../fixtures/strangers.ts'
import type { Nodes } from '../fixtures/nodes.ts'
import type { Generate } from '../fixtures/strangers.ts'
import type { Libp2p } from '@libp2p/interface'

const SEED = seedOfRun()

/** Of each kind of mutation. */
const MUTANTS = 400

/** Another node's dial succeeds. */
async function serves (nodes: Nodes, listener: Libp2p): Promise<void> {
  const dialer = await nodes.create()
  const connection = await dialer.dial(listener.getMultiaddrs(), { signal: AbortSignal.timeout(10_000) })

  expect(connection.status, `QUICMESH_SEED=${SEED}`).to.equal('open')
  expect(connection.remotePeer.equals(listener.peerId)).to.be.true()
}

const MUTATIONS: Record<string, (random: SeededRandom, initials: Buffer[]) => Generate> = {
  'garbage of every length': (random) => nth => random.bytes(1 + nth * 7 % 1_500),

  'garbage behind a long header': (random) => () => {
    const datagram = Buffer.from(random.bytes(1_200))
    datagram[0] |= 0xc0
    datagram.writeUInt32BE(1, 1)

    return datagram
  },

  // the header is the first 50 bytes or so, and a flip there is not caught by the AEAD alone
  'Initials with one bit flipped, in turn over the header': (_random, initials) => nth => {
    const datagram = Buffer.from(initials[nth % initials.length])
    datagram[(nth >> 3) % 50] ^= 1 << (nth & 7)

    return datagram
  },

  'Initials with bits flipped anywhere': (random, initials) => nth => {
    const datagram = Buffer.from(initials[nth % initials.length])

    for (let i = 0; i <= nth % 8; i++) {
      datagram[random.below(datagram.byteLength)] ^= 1 << random.below(8)
    }

    return datagram
  },

  'Initials cut short anywhere': (_random, initials) => nth => {
    const datagram = initials[nth % initials.length]

    return datagram.subarray(0, 1 + Math.floor(nth / MUTANTS * datagram.byteLength))
  },

  'Initials with garbage coalesced behind': (random, initials) => nth => {
    const garbage = Buffer.from(random.bytes(1 + random.below(200)))
    garbage[0] = [0xe0, 0xf0, 0xc0, 0x40][nth % 4] | (garbage[0] & 0x0f)

    return Buffer.concat([initials[nth % initials.length], garbage])
  },

  // What stands behind the AEAD: anybody can seal an Initial.
  'Initials whose frames were mutated before they were sealed': (random, initials) => nth => {
    const initial = openInitial(initials[nth % initials.length], 'client')
    const destination = random.bytes(initial.destination.byteLength)
    const payload = Buffer.from(initial.payload)

    for (let i = 0; i <= nth % 4; i++) {
      payload[random.below(nth % 2 === 0 ? 64 : payload.byteLength)] = random.below(256)
    }

    return sealInitial({ ...initial, destination, payload }, 'client', destination)
  },

  'Initials full of random frames': (random, initials) => nth => {
    const initial = openInitial(initials[nth % initials.length], 'client')
    const destination = random.bytes(initial.destination.byteLength)
    const payload = Buffer.from(random.bytes(1_150))
    payload[0] = nth % 0x20

    return sealInitial({ ...initial, destination, payload }, 'client', destination)
  }
}

describe(`datagrams of strangers (QUICMESH_SEED=${SEED})`, () => {
  for (const [what, mutate] of Object.entries(MUTATIONS)) {
    promise(23, `${what}: the listener goes on serving, and a connection that is open goes on`, async (nodes) => {
      const { connection, dialer, listener } = await nodes.pair()
      const initials = await captureInitials(nodes, 4)
      await sendDatagrams(listener, MUTANTS, mutate(new SeededRandom(SEED, what), initials))

      await serves(nodes, listener)
      expect(connection.status).to.equal('open')
      const again = await connection.newStream('/none/1.0.0').then(() => undefined, err => err)
      expect(again).to.have.property('name', 'UnsupportedProtocolError')
      expect(dialer.getConnections(listener.peerId)).to.have.lengthOf(1)
    }, { quicOnly: 'TCP has no datagrams' })
  }
})
