import { createHash } from 'node:crypto'
import { publicKeyFromProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromMultihash, peerIdFromPublicKey } from '@libp2p/peer-id'
import { raceSignal } from 'race-signal'
import { QuicConnection } from './connection.ts'
import { closedLocally } from './errors.ts'
import { toMultiaddr } from './multiaddr.ts'
import { QuicMuxerFactory } from './muxer.ts'
import { track } from './statistics.ts'
import type { QuicEndpoint } from './endpoint.ts'
import type { QuicDialEvents } from './index.ts'
import type { QuicConfig } from './options.ts'
import type { Connection, CounterGroup, Logger, MessageStreamDirection, PeerId, Upgrader } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ProgressOptions } from 'progress-events'

/** The field `Type` of a libp2p PublicKey, after its tag. */
const ECDSA_KEY_TYPE = 3

/** The code of SHA-256 in a multihash. */
const SHA2_256 = 0x12

export interface AdoptInit {
  endpoint: QuicEndpoint
  handle: number
  direction: MessageStreamDirection
  config: QuicConfig
  log: Logger
  /** As it was dialled. */
  remoteAddr?: Multiaddr
  metrics?: CounterGroup
  metricPrefix?: string
}

/** A native connection whose handshake is done, on its way to become a libp2p connection. */
export interface Adopted {
  maConn: QuicConnection
  remotePeer: PeerId
  muxerFactory: QuicMuxerFactory
}

export interface UpgradeOptions extends ProgressOptions<QuicDialEvents> {
  upgrader: Upgrader
  signal: AbortSignal
}

/**
 * Takes a native connection over, in the turn in which it is announced.
 *
 * @throws {QuicConnectionError} when it is gone already
 */
export function adopt (init: AdoptInit): Adopted {
  const info = init.endpoint.native.connectionInfo(init.handle)

  if (info == null) {
    throw closedLocally('lost as soon as it was there')
  }

  const remotePeer = toPeerId(info.publicKey)
  const maConn = new QuicConnection({
    endpoint: init.endpoint,
    handle: init.handle,
    closeTimeoutMs: init.config.closeTimeoutMs,
    direction: init.direction,
    log: init.log.newScope('connection'),
    remoteAddr: init.remoteAddr ?? toMultiaddr(info),
    metrics: init.metrics,
    metricPrefix: init.metricPrefix
  })
  track(maConn)

  return { maConn, remotePeer, muxerFactory: new QuicMuxerFactory(maConn, init.config) }
}

/**
 * @throws {Error} what the upgrader throws, or why the connection ended meanwhile; the connection is closed then
 */
export async function upgradeOutbound ({ maConn, ...adopted }: Adopted, { upgrader, signal, onProgress }: UpgradeOptions): Promise<Connection> {
  try {
    const connection = await raceSignal(upgrader.upgradeOutbound(maConn, {
      ...adopted,
      skipEncryption: true,
      skipProtection: true,
      signal,
      onProgress
    }), signal)

    // a gater may have thought longer than the connection lasted
    if (maConn.status !== 'open') {
      throw maConn.endError ?? closedLocally('closed during the upgrade')
    }

    return connection
  } catch (err) {
    maConn.abort(err instanceof Error ? err : new Error(String(err)))
    throw err
  }
}

/**
 * @throws {Error} what the upgrader throws, or the signal's reason; the connection is closed then
 */
export async function upgradeInbound ({ maConn, ...adopted }: Adopted, { upgrader, signal }: UpgradeOptions): Promise<void> {
  // libp2p's own time-out does not end a gater that never answers
  const bounded = upgrader.createInboundAbortSignal(signal)

  try {
    await raceSignal(upgrader.upgradeInbound(maConn, {
      ...adopted,
      skipEncryption: true,
      skipProtection: true,
      signal: bounded
    }), bounded)
  } catch (err) {
    maConn.abort(err instanceof Error ? err : new Error(String(err)))
    throw err
  } finally {
    bounded.clear()
  }
}

/**
 * js-libp2p reads ECDSA keys in an encoding of its own only, and has no peer ids for them. As for RSA, the peer id is a
 * hash of the key as it was encoded (libp2p peer-ids spec), which TLS takes in its deterministic form only.
 */
export function toPeerId (publicKey: Uint8Array): PeerId {
  if (publicKey[1] !== ECDSA_KEY_TYPE) {
    return peerIdFromPublicKey(publicKeyFromProtobuf(publicKey))
  }

  const digest = createHash('sha256').update(publicKey).digest()
  const bytes = Buffer.concat([Uint8Array.of(SHA2_256, digest.byteLength), digest])

  return peerIdFromMultihash({ code: SHA2_256, size: digest.byteLength, digest, bytes })
}
