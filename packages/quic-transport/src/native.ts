/**
 * The seam: the shape of the native binding, and the only way to it.
 *
 * Commands go down as synchronous calls with integer handles, events come up in batches (`drain`). Nothing that belongs
 * to JavaScript crosses a thread: writes copy at once, received bytes are copied into slabs of the caller's. A handle
 * whose object is gone is never an error: its commands do nothing or return -1.
 */

import { loadBinding } from './load-binding.ts'
import type { VersionedBinding } from './load-binding.ts'

/** Numbers per record that `drain` writes: kind, handle, a, b, length of its bytes. */
export const RECORD_STRIDE = 5

/** What a record tells. `a`, `b` and bytes are named where they carry something. */
export const NativeEvent = {
  /** handle: request, a: connection. */
  dialed: 1,
  /** handle: request, a: how it ended, b: code, bytes: reason. */
  dialFailed: 2,
  /** An inbound handshake is done. handle: connection. */
  incoming: 3,
  /** handle: request, a: stream. */
  streamOpened: 4,
  /** The connection is gone. handle: request. */
  streamFailed: 5,
  /** handle: connection, a: stream, b: QUIC stream id. */
  streamIncoming: 6,
  /** handle: stream, bytes: payload. */
  data: 7,
  /** After all data. handle: stream. */
  fin: 8,
  /** handle: stream, a: code. */
  reset: 9,
  /** The peer sent STOP_SENDING. handle: stream, a: code. */
  stopped: 10,
  /** handle: stream. */
  writable: 11,
  /** Both sides are done and all data was credited; the handle is dead. handle: stream. */
  streamClosed: 12,
  /** After the last event of its streams; the handle is dead. handle: connection, a: how it ended, b: code, bytes: reason. */
  connectionClosed: 13,
  /** handle: request. */
  flushed: 14,
  /** The port is free; the handle is dead. handle: endpoint. */
  endpointClosed: 15,
  /** A handshake waits for `endpointDecide`. handle: its number, a: remote port, bytes: remote address. */
  gate: 16
} as const

/** Sizes in bytes, durations in milliseconds. All fields are required: defaults live in `options.ts`. */
export interface NativeEndpointConfig {
  identity: number
  /** 32 bytes, the same whenever the node starts. */
  secret: Uint8Array
  keyLogFile?: string
  qlogDirectory?: string
  /** A numeric IP address. */
  address: string
  port: number
  isListening: boolean
  isIpv6Only: boolean
  maxIdleTimeoutMs: number
  keepAliveIntervalMs: number
  handshakeTimeoutMs: number
  maxConcurrentBidiStreams: number
  streamReceiveWindowBytes: number
  connectionReceiveWindowBytes: number
  receiveBudgetBytes: number
  sendWindowBytes: number
  streamCreditBytes: number
  connectionCreditBytes: number
  streamWriteBufferBytes: number
  congestionControl: 'cubic' | 'bbr' | 'newreno'
  initialCongestionWindowBytes: number
  usesSegmentationOffload: boolean
  initialMtu: number
  maxMtu: number
  socketSendBufferBytes: number
  socketReceiveBufferBytes: number
  maxPendingHandshakes: number
  maxPendingHandshakesPerIp: number
  retryHandshakeRate: number
  maxConnections: number
  maxPendingUpgrades: number
  gatesHandshakes: boolean
  allowsIpMigration: boolean
}

export interface NativeConnectionInfo {
  address: string
  port: number
  localAddress?: string
  /** Protobuf-encoded libp2p PublicKey. */
  publicKey: Uint8Array
}

/** Counters are doubles, exact up to 2^53. */
export interface NativeTraffic {
  sentBytes: number
  receivedBytes: number
  sentDatagrams: number
  receivedDatagrams: number
  lostPackets: number
  lostBytes: number
  congestionEvents: number
  blackHoles: number
}

export interface NativeConnectionStats {
  rttMs: number
  minRttMs: number
  congestionWindowBytes: number
  mtuBytes: number
  traffic: NativeTraffic
}

export interface NativeEndpointStats {
  connections: number
  pendingHandshakes: number
  pendingUpgrades: number
  handshakesFailed: number
  handshakesRefused: number
  handshakesRetried: number
  /** Refused by `endpointDecide`. */
  handshakesGated: number
  /** Datagrams of connections that came from another IP address. */
  migrationsRefused: number
  /** Of all connections. */
  receiveWindowBytes: number
  /** As the operating system tells it. */
  socketSendBufferBytes: number
  socketReceiveBufferBytes: number
  /** Of connections that have ended. */
  endedTraffic: NativeTraffic
}

export interface NativeBinding extends VersionedBinding {
  /** Closes all endpoints of this thread with code 0x1006, and waits up to 200 ms until their peers should have been told. */
  closeEverything (): void

  /** Makes an ephemeral key for the certificate; the host key must sign `toBeSigned`. */
  tlsKeyGenerate (): { key: number, toBeSigned: Uint8Array }
  /** Consumes the key. `publicKey` is a protobuf-encoded libp2p PublicKey. Throws when the signature does not verify. */
  identityCreate (key: number, publicKey: Uint8Array, signature: Uint8Array): number
  identityRelease (identity: number): void

  /** Binds a UDP socket. Throws an Error with a `code`. `wake` is held weakly by the event loop: it keeps no process alive. */
  endpointCreate (config: NativeEndpointConfig, wake: () => void): number
  endpointAddress (endpoint: number): { address: string, port: number }
  /** Null when the endpoint is gone. */
  endpointStats (endpoint: number): NativeEndpointStats | null
  /** Closes every connection with the code; `endpointClosed` follows within about 100 ms. */
  endpointClose (endpoint: number, code: number): void
  /** Starts or stops accepting inbound connections. */
  endpointListen (endpoint: number, isListening: boolean): void
  /** Lets out what commands have left since the last time. To be called at the end of a turn that had any. */
  endpointFlush (endpoint: number): void
  /** Answers `gate`. One that waited longer than a handshake may take is refused already. */
  endpointDecide (endpoint: number, gate: number, isAllowed: boolean): void

  /** `dialed` or `dialFailed` follows unless cancelled. `expectedPeer`: multihash bytes of the peer id. */
  dial (endpoint: number, request: number, address: string, port: number, expectedPeer: Uint8Array | undefined, timeoutMs: number): void
  /** Cancels a request. Its event may be queued already: what it brings must then be released. */
  cancel (endpoint: number, request: number): void

  /** Null when the connection is gone. */
  connectionInfo (connection: number): NativeConnectionInfo | null
  /** Null when the connection has ended: its endpoint's `endedTraffic` has what it counted. */
  connectionStats (connection: number): NativeConnectionStats | null
  /** Starts `streamIncoming`. To be called once. */
  connectionAccept (connection: number): void
  /** The stream's handle; 0: an event with the request id follows; -1: the connection is gone. */
  connectionOpenStream (connection: number, request: number): number
  /** `flushed` follows when every byte of every finished stream is acknowledged, or the connection is gone. */
  connectionFlush (connection: number, request: number): void
  /** Sends CONNECTION_CLOSE now. */
  connectionClose (connection: number, code: number, reason: string): void

  streamId (stream: number): number
  /** Copies and returns how much was accepted; less than all: one `writable` follows; -1: nothing will be sent any more. */
  streamWrite (stream: number, data: Uint8Array): number
  streamFinish (stream: number): void
  streamReset (stream: number, code: number): void
  /** Sends STOP_SENDING unless all was received, and returns the credit of what was delivered. No data follows. */
  streamStop (stream: number, code: number): void
  /** Returns read credit for consumed bytes. */
  streamCredit (stream: number, bytes: number): void

  /**
   * Moves waiting events into `records` and their bytes into `slab` from `offset` on, one after the other in the order
   * of the records. Returns recordCount * 2 + (1 if more wait, for which no wake-up comes).
   */
  drain (endpoint: number, records: Float64Array, slab: Uint8Array, offset: number): number
}

let binding: NativeBinding | undefined

/**
 * Loads the binding, once per thread.
 *
 * @throws {NativeBindingMissingError} when there is none for this platform, or it can't be loaded
 * @throws {NativeBindingVersionError} when it is of another version than the TypeScript
 */
export function loadNative (): NativeBinding {
  if (binding == null) {
    // its version is ours, so its shape is
    const loaded = loadBinding() as NativeBinding
    // the native clean-up hook runs when a thread ends, but not when the process is told to exit
    process.once('exit', () => { loaded.closeEverything() })
    binding = loaded
  }

  return binding
}
