/**
 * Signed peer records for peer exchange (gossipsub-v1.1.md "Peer Exchange"; libp2p/specs RFC 0003 "Peer Routing Records"): those of
 * connected peers are at hand when a PRUNE needs them, and those that come with a PRUNE are verified before anybody is dialled.
 */
import { peerIdFromMultihash, peerIdFromPublicKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import * as Digest from 'multiformats/hashes/digest'
import { toBytes } from '../wire/bytes.ts'
import type { Dialer } from './dialer.ts'
import type { PeerIdStr } from '../router/events.ts'
import type { Bytes } from '../wire/bytes.ts'
import type { RPC } from '../wire/rpc.ts'
import type { Logger, PeerId, PeerStore } from '@libp2p/interface'

/** Records kept at most, about half a kilobyte each; one more and the one that was loaded first goes. */
export const MAX_PEER_RECORDS = 4_096

/** A record with more is neither kept nor read: as go-libp2p bounds its identify message. */
export const MAX_PEER_RECORD_BYTES = 8 * 1_024

/** Peers that others named and that wait to be looked at; more are dropped. As many as may wait to be dialled. */
export const MAX_PENDING_PEERS = 128

export type PeerRecordDropReason =
  /** Peers named in a PRUNE whose record is not theirs, or that have no valid peer id. */
  | 'px-bad-record'
  /** Peers named in a PRUNE while too many others wait. */
  | 'px-overflow'

export interface PeerRecordsInit {
  peerStore: Pick<PeerStore, 'get' | 'consumePeerRecord'>
  dialer: Pick<Dialer, 'dial'>
  /** Ourselves, and peers that we want nothing of. */
  isBlocked?(peer: PeerIdStr): boolean
  log: Logger
  onDrop(reason: PeerRecordDropReason, count: number): void
}

export class PeerRecords {
  readonly #init: PeerRecordsInit
  readonly #records = new Map<PeerIdStr, Bytes>()
  /** Connected peers whose record is asked for. */
  readonly #loading = new Set<PeerIdStr>()
  #pending = 0
  #isStopped = false

  constructor (init: PeerRecordsInit) {
    this.#init = init
  }

  get size (): number {
    return this.#records.size
  }

  /** A peer connected, or told more of itself: have its record ready. Resolves when it is, and never rejects. */
  async load (peerId: PeerId): Promise<void> {
    const id = peerId.toString()
    this.#loading.add(id)

    try {
      const { peerRecordEnvelope } = await this.#init.peerStore.get(peerId)

      // it may have left meanwhile
      if (this.#loading.has(id) && peerRecordEnvelope != null && peerRecordEnvelope.length <= MAX_PEER_RECORD_BYTES) {
        this.#set(id, toBytes(peerRecordEnvelope))
      }
    } catch (err) {
      this.#init.log.trace('no record of %p - %e', peerId, err)
    } finally {
      this.#loading.delete(id)
    }
  }

  /** A peer left. */
  forget (peer: PeerIdStr): void {
    this.#loading.delete(peer)
    this.#records.delete(peer)
  }

  /** How a PRUNE names a peer: with its record if we have it. */
  infoOf (peerId: PeerId): RPC.PeerInfo {
    return { peerID: toBytes(peerId.toMultihash().bytes), signedPeerRecord: this.#records.get(peerId.toString()) }
  }

  /** Connect to peers that a trusted peer named. Resolves when they are handed to the dialer, and never rejects. */
  async connect (infos: RPC.PeerInfo[]): Promise<void> {
    const accepted = infos.slice(0, MAX_PENDING_PEERS - this.#pending)
    this.#drop('px-overflow', infos.length - accepted.length)
    this.#pending += accepted.length

    for (const info of accepted) {
      try {
        await this.#connectTo(info)
      } catch (err) {
        this.#init.log('could not use a peer from peer exchange - %e', err)
        this.#drop('px-bad-record', 1)
      } finally {
        this.#pending--
      }
    }
  }

  stop (): void {
    this.#isStopped = true
    this.#loading.clear()
    this.#records.clear()
  }

  async #connectTo ({ peerID, signedPeerRecord }: RPC.PeerInfo): Promise<void> {
    const { dialer, isBlocked } = this.#init

    if (this.#isStopped) {
      return
    }

    const peerId = peerIdFromMultihash(Digest.decode(peerID ?? new Uint8Array(0)))

    if (isBlocked?.(peerId.toString()) === true) {
      return
    }

    // without a record libp2p dials what it knows of the peer or what peer routing finds
    if (signedPeerRecord != null) {
      await this.#consume(peerId, signedPeerRecord)
    }

    if (!this.#isStopped) {
      void dialer.dial(peerId, 'px')
    }
  }

  /** @throws {Error} if the record is not that of the peer */
  async #consume (expectedPeer: PeerId, record: Uint8Array): Promise<void> {
    if (record.length > MAX_PEER_RECORD_BYTES) {
      throw new Error(`A peer record of ${record.length} bytes`)
    }

    const envelope = await RecordEnvelope.openAndCertify(record, PeerRecord.DOMAIN)
    const { peerId } = PeerRecord.createFromProtobuf(envelope.payload)

    if (!peerId.equals(expectedPeer) || !peerIdFromPublicKey(envelope.publicKey).equals(expectedPeer)) {
      throw new Error('A peer record of another peer')
    }

    // false when the store has one that is as new: it knows the addresses then
    await this.#init.peerStore.consumePeerRecord(record, { expectedPeer })
  }

  #set (id: PeerIdStr, record: Bytes): void {
    this.#records.delete(id)
    this.#records.set(id, record)

    if (this.#records.size > MAX_PEER_RECORDS) {
      const [first] = this.#records.keys()
      this.#records.delete(first)
    }
  }

  #drop (reason: PeerRecordDropReason, count: number): void {
    if (count > 0) {
      this.#init.onDrop(reason, count)
    }
  }
}
