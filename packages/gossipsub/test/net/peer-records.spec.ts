import { generateKeyPair } from '@libp2p/crypto/keys'
import { NotFoundError } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { MAX_PEER_RECORD_BYTES, MAX_PENDING_PEERS, PeerRecords } from '../../src/net/peer-records.ts'
import type { PeerRecordsInit } from '../../src/net/peer-records.ts'
import type { RPC } from '../../src/wire/rpc.ts'
import type { Peer, PeerId, PrivateKey } from '@libp2p/interface'

type Bytes = Uint8Array<ArrayBuffer>

interface Identity {
  peerId: PeerId
  id: Bytes
  /** A record that it signed, of itself or of another peer. */
  sign(about?: PeerId): Promise<Bytes>
}

async function createIdentity (): Promise<Identity> {
  const privateKey: PrivateKey = await generateKeyPair('Ed25519')
  const peerId = peerIdFromPrivateKey(privateKey)

  return {
    peerId,
    id: new Uint8Array(peerId.toMultihash().bytes),
    sign: async (about = peerId) => {
      const record = new PeerRecord({ peerId: about, multiaddrs: [multiaddr('/ip4/127.0.0.1/udp/9/quic-v1')] })

      return new Uint8Array((await RecordEnvelope.seal(record, privateKey)).marshal())
    }
  }
}

interface Setup {
  records: PeerRecords
  dialled: string[]
  consumed: string[]
  stored: Map<string, Partial<Peer>>
  drops: Record<string, number>
}

function createRecords (init: Partial<PeerRecordsInit> = {}): Setup {
  const dialled: string[] = []
  const consumed: string[] = []
  const stored = new Map<string, Partial<Peer>>()
  const drops: Record<string, number> = {}
  const records = new PeerRecords({
    peerStore: {
      get: async peerId => {
        const peer = stored.get(peerId.toString())

        if (peer == null) {
          throw new NotFoundError()
        }

        return { id: peerId, addresses: [], protocols: [], metadata: new Map(), tags: new Map(), ...peer }
      },
      consumePeerRecord: async (record, options) => {
        consumed.push(String(options?.expectedPeer))
        return true
      }
    },
    dialer: {
      dial: async peerId => {
        dialled.push(peerId.toString())
        return true
      }
    },
    log: defaultLogger().forComponent('test:peer-records'),
    onDrop: (reason, count) => { drops[reason] = (drops[reason] ?? 0) + count },
    ...init
  })

  return { records, dialled, consumed, stored, drops }
}

describe('peer records that we send', () => {
  it('are at hand once they are loaded, until the peer leaves', async () => {
    const { records, stored } = createRecords()
    const alice = await createIdentity()
    const record = await alice.sign()
    stored.set(alice.peerId.toString(), { peerRecordEnvelope: record })

    expect(records.infoOf(alice.peerId)).to.deep.equal({ peerID: alice.id, signedPeerRecord: undefined })
    await records.load(alice.peerId)
    expect(records.infoOf(alice.peerId)).to.deep.equal({ peerID: alice.id, signedPeerRecord: record })
    records.forget(alice.peerId.toString())
    expect(records.infoOf(alice.peerId).signedPeerRecord).to.be.undefined()
    expect(records.size).to.equal(0)
  })

  it('are not kept of a peer that left while they were loaded, nor when they are too large', async () => {
    const { records, stored } = createRecords()
    const [alice, bob] = [await createIdentity(), await createIdentity()]
    stored.set(alice.peerId.toString(), { peerRecordEnvelope: await alice.sign() })
    stored.set(bob.peerId.toString(), { peerRecordEnvelope: new Uint8Array(MAX_PEER_RECORD_BYTES + 1) })
    const loading = records.load(alice.peerId)
    records.forget(alice.peerId.toString())
    await loading
    await records.load(bob.peerId)

    expect(records.size).to.equal(0)
  })

  it('are absent of a peer that the store does not know', async () => {
    const { records } = createRecords()
    const alice = await createIdentity()
    await records.load(alice.peerId)

    expect(records.size).to.equal(0)
  })
})

describe('peer records that we receive', () => {
  it('are verified, stored, and the peer is dialled', async () => {
    const { records, dialled, consumed, drops } = createRecords()
    const alice = await createIdentity()
    await records.connect([{ peerID: alice.id, signedPeerRecord: await alice.sign() }])

    expect(consumed).to.deep.equal([alice.peerId.toString()])
    expect(dialled).to.deep.equal([alice.peerId.toString()])
    expect(drops).to.be.empty()
  })

  it('that are bad are counted, and nothing else is lost', async () => {
    const { records, dialled, consumed, drops } = createRecords()
    const [alice, bob] = [await createIdentity(), await createIdentity()]
    const forged = await bob.sign()
    forged[forged.length - 1] ^= 1
    const bad: RPC.PeerInfo[] = [
      // of another peer than announced
      { peerID: bob.id, signedPeerRecord: await alice.sign() },
      // of the peer announced, signed by another
      { peerID: bob.id, signedPeerRecord: await alice.sign(bob.peerId) },
      // signed by the peer announced, of another
      { peerID: bob.id, signedPeerRecord: await bob.sign(alice.peerId) },
      { peerID: bob.id, signedPeerRecord: forged },
      { peerID: bob.id, signedPeerRecord: new Uint8Array(0) },
      { peerID: bob.id, signedPeerRecord: new Uint8Array(MAX_PEER_RECORD_BYTES + 1) },
      { peerID: Uint8Array.of(1, 2, 3), signedPeerRecord: await bob.sign() },
      { signedPeerRecord: await bob.sign() }
    ]
    await records.connect([...bad, { peerID: alice.id, signedPeerRecord: await alice.sign() }])

    expect(drops).to.deep.equal({ 'px-bad-record': bad.length })
    expect(consumed).to.deep.equal([alice.peerId.toString()])
    expect(dialled).to.deep.equal([alice.peerId.toString()])
  })

  it('that are absent: the peer is dialled by its id', async () => {
    const { records, dialled, consumed, drops } = createRecords()
    const alice = await createIdentity()
    await records.connect([{ peerID: alice.id }])

    expect([dialled, consumed, drops]).to.deep.equal([[alice.peerId.toString()], [], {}])
  })

  it('of ourselves and of blacklisted peers are passed over', async () => {
    const alice = await createIdentity()
    const { records, dialled, consumed, drops } = createRecords({ isBlocked: peer => peer === alice.peerId.toString() })
    await records.connect([{ peerID: alice.id, signedPeerRecord: await alice.sign() }])

    expect([dialled, consumed, drops]).to.deep.equal([[], [], {}])
  })

  it('that are too many are dropped and counted', async () => {
    const { records, drops } = createRecords()
    const alice = await createIdentity()
    const infos: RPC.PeerInfo[] = Array.from({ length: MAX_PENDING_PEERS }, () => ({ peerID: alice.id }))
    await Promise.all([records.connect(infos), records.connect(infos.slice(0, 7))])
    expect(drops).to.deep.equal({ 'px-overflow': 7 })

    await records.connect([{ peerID: alice.id }])
    expect(drops['px-overflow']).to.equal(7, 'there is room again')
  })

  it('are of no use after stop', async () => {
    const { records, dialled } = createRecords()
    const alice = await createIdentity()
    const connecting = records.connect([{ peerID: alice.id, signedPeerRecord: await alice.sign() }])
    records.stop()
    await connecting

    expect(dialled).to.be.empty()
  })
})
