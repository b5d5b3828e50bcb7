/**
 * Every error of this package, and the only place that knows native codes and the codes on the wire.
 *
 * Text is for people, `name` and `code` are for programs and stay stable.
 */

import { AbortError, ListenError, StreamResetError } from '@libp2p/interface'
import { PLATFORMS, platformPackage } from './platform.ts'

/**
 * Application codes of CONNECTION_CLOSE, as go-libp2p has them (`core/network/conn.go`). They differ by one from those
 * of streams.
 */
export const ConnectionCode = {
  none: 0x0,
  protocolNegotiationFailed: 0x1000,
  resourceLimitExceeded: 0x1001,
  rateLimited: 0x1002,
  protocolViolation: 0x1003,
  supplanted: 0x1004,
  garbageCollected: 0x1005,
  shutdown: 0x1006,
  gated: 0x1007
} as const

/**
 * Application codes of RESET_STREAM and STOP_SENDING, as go-libp2p has them (`core/network/mux.go`).
 */
export const StreamCode = {
  none: 0x0,
  protocolNegotiationFailed: 0x1001,
  resourceLimitExceeded: 0x1002,
  rateLimited: 0x1003,
  protocolViolation: 0x1004,
  supplanted: 0x1005,
  garbageCollected: 0x1006,
  shutdown: 0x1007,
  gated: 0x1008
} as const

/** Codes have 32 bits (libp2p's error codes). */
const MAX_STREAM_CODE = 0xffff_ffff

export type ConnectionCodeName = keyof typeof ConnectionCode
export type StreamCodeName = keyof typeof StreamCode

/**
 * Sent when `connection.abort()` has no better code: 0 would tell the peer that all is well. Codes below 0x1000 belong
 * to applications.
 */
const CONNECTION_ABORTED = 0x1

/**
 * How a connection, or the attempt to make one, ended: `name` is what libp2p calls it, `code` is ours.
 */
const ENDS = {
  1: { kind: 'timedOut', name: 'TimeoutError', code: 'ERR_QUIC_TIMED_OUT', text: 'The connection timed out' },
  2: { kind: 'closedByPeer', name: 'ConnectionClosedError', code: 'ERR_QUIC_CLOSED_BY_PEER', text: 'The peer closed the connection' },
  3: { kind: 'transportErrorByPeer', name: 'ConnectionFailedError', code: 'ERR_QUIC_TRANSPORT_BY_PEER', text: 'The peer closed the connection with a QUIC transport error' },
  4: { kind: 'statelessReset', name: 'ConnectionFailedError', code: 'ERR_QUIC_STATELESS_RESET', text: 'The peer has lost the connection' },
  5: { kind: 'closedLocally', name: 'ConnectionClosedError', code: 'ERR_QUIC_CLOSED_LOCALLY', text: 'The connection was closed by this node' },
  6: { kind: 'versionMismatch', name: 'ConnectionFailedError', code: 'ERR_QUIC_VERSION', text: 'The peer does not speak QUIC version 1' },
  7: { kind: 'transportError', name: 'ConnectionFailedError', code: 'ERR_QUIC_TRANSPORT', text: 'The peer broke the QUIC transport protocol' },
  8: { kind: 'unexpectedPeer', name: 'UnexpectedPeerError', code: 'ERR_QUIC_UNEXPECTED_PEER', text: 'The peer has another peer id than the one dialled' },
  9: { kind: 'tlsRefused', name: 'InvalidCryptoExchangeError', code: 'ERR_QUIC_TLS', text: 'The peer\'s certificate was refused' },
  10: { kind: 'tlsRefusedByPeer', name: 'InvalidCryptoExchangeError', code: 'ERR_QUIC_TLS_BY_PEER', text: 'The peer refused the TLS handshake' },
  11: { kind: 'cannotDial', name: 'DialError', code: 'ERR_QUIC_CANNOT_DIAL', text: 'The address can\'t be dialled' },
  12: { kind: 'resourceLimit', name: 'ConnectionFailedError', code: 'ERR_QUIC_RESOURCE_LIMIT', text: 'No connection slot is left' }
} as const

type End = typeof ENDS[keyof typeof ENDS]

export type ConnectionEndKind = End['kind']
export type ConnectionErrorCode = End['code']

/**
 * Why a connection ended or could not be made. `name` is one of libp2p's: TimeoutError, UnexpectedPeerError,
 * InvalidCryptoExchangeError, ConnectionClosedError, ConnectionFailedError or DialError.
 */
export class QuicConnectionError extends Error {
  readonly kind: ConnectionEndKind
  readonly code: ConnectionErrorCode
  /** The code on the wire: an application code for `closedByPeer`, a QUIC transport code (RFC 9000 section 20.1) otherwise. */
  readonly closeCode: number
  /** The name of an application code, where libp2p has one. */
  readonly closeName?: ConnectionCodeName
  /** The peer's words, or the native side's; may be empty. */
  readonly reason: string

  constructor (end: End, closeCode: number, reason: string) {
    const closeName = end.kind === 'closedByPeer' ? nameOf(ConnectionCode, closeCode) : undefined

    super([end.text, closeName, closeCode === 0 ? '' : `code 0x${closeCode.toString(16)}`, reason]
      .filter(part => part != null && part !== '')
      .join(' - '))

    this.name = end.name
    this.kind = end.kind
    this.code = end.code
    this.closeCode = closeCode
    this.closeName = closeName
    this.reason = reason
  }

  /** The peer closed on purpose and names no error. */
  get isClean (): boolean {
    return this.kind === 'closedByPeer' && this.closeCode === ConnectionCode.none
  }
}

/**
 * The peer reset a stream: always an error, whatever the code (RFC 9000 section 3.2). Given to `stream.abort()` it resets the stream with
 * its code.
 */
export class QuicStreamResetError extends StreamResetError {
  readonly code = 'ERR_QUIC_STREAM_RESET'
  /** The application code of RESET_STREAM. */
  readonly resetCode: number
  readonly resetName?: StreamCodeName

  /**
   * @param resetCode - 0 to 2^32 - 1 (libp2p's error codes); `abort()` sends 0 instead of any other
   */
  constructor (resetCode: number) {
    const resetName = nameOf(StreamCode, resetCode)

    super(`The stream was reset with code 0x${resetCode.toString(16)}${resetName == null ? '' : ` (${resetName})`}`)
    this.resetCode = resetCode
    this.resetName = resetName
  }
}

/**
 * A socket can't be bound. `code` is the operating system's (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`) or the
 * binding's; `cause` is the native error.
 */
export class QuicListenError extends ListenError {
  readonly code: string

  constructor (address: string, port: number, cause: unknown) {
    super(`Could not bind UDP port ${port} of ${address} - ${messageOf(cause)}`)
    this.code = codeOf(cause)
    this.cause = cause
  }
}

/**
 * There is no native binding for this platform, or it can't be loaded.
 */
export class NativeBindingMissingError extends Error {
  static name = 'NativeBindingMissingError'
  readonly code = 'ERR_NATIVE_BINDING_MISSING'
  /** `platform-arch[-abi]`, as in the name of the file. */
  readonly platform: string
  readonly searched: string[]

  constructor (platform: string, searched: string[], cause?: unknown) {
    super([
      `The native QUIC binding for ${platform} ${cause == null ? 'was not found' : `could not be loaded (${messageOf(cause)})`}.`,
      `Looked for:\n${searched.map(path => `  ${path}`).join('\n')}`,
      prebuiltAdvice(platform),
      'Build it with `npm run build:native` in the folder of @quicmesh/quic-transport; this needs cargo (https://rustup.rs).'
    ].join('\n'))
    this.name = 'NativeBindingMissingError'
    this.platform = platform
    this.searched = searched
    this.cause = cause
  }
}

function prebuiltAdvice (platform: string): string {
  const packageName = platformPackage(platform)

  return packageName == null
    ? `There is no prebuilt one for this platform, only for ${PLATFORMS.map(({ name }) => name).join(', ')}.`
    : `${packageName} brings a prebuilt one, as an optional dependency: \`npm install --include=optional\` unless it was meant to be left out.`
}

/**
 * The native binding is of another version than the TypeScript: a build was forgotten, or packages were mixed.
 */
export class NativeBindingVersionError extends Error {
  static name = 'NativeBindingVersionError'
  readonly code = 'ERR_NATIVE_BINDING_VERSION'
  readonly path: string
  /** Undefined when the file doesn't tell. */
  readonly found: string | undefined
  readonly expected: string

  constructor (path: string, found: string | undefined, expected: string) {
    super([
      `The native QUIC binding ${path} is of version ${found ?? 'unknown'}, but @quicmesh/quic-transport is ${expected}.`,
      'Install both anew, or rebuild it with `npm run build:native` in the folder of @quicmesh/quic-transport.'
    ].join('\n'))
    this.name = 'NativeBindingVersionError'
    this.path = path
    this.found = found
    this.expected = expected
  }
}

/**
 * A connection protector (pre-shared key) is configured: QUIC has its own encryption and can't be wrapped, so that the
 * key would be bypassed.
 */
export class ConnectionProtectorError extends Error {
  static name = 'ConnectionProtectorError'
  readonly code = 'ERR_CONNECTION_PROTECTOR_UNSUPPORTED'

  constructor () {
    super('QUIC connections can\'t be protected by a pre-shared key: remove either quic() or the connectionProtector')
    this.name = 'ConnectionProtectorError'
  }
}

/** Translates how the native side says that a connection or a dial ended. */
export function connectionEnd (kind: number, code: number, reason: string): QuicConnectionError {
  return new QuicConnectionError(isKnownEnd(kind) ? ENDS[kind] : ENDS[7], code, reason)
}

/** This node closed the connection while somebody still used it. */
export function closedLocally (reason: string): QuicConnectionError {
  return new QuicConnectionError(ENDS[5], 0, reason)
}

/** The code that tells the peer why this node aborts a connection. */
export function connectionCodeFor (err: Error): number {
  switch (err.name) {
    case 'ConnectionInterceptedError':
      return ConnectionCode.gated
    case 'ConnectionDeniedError':
      return ConnectionCode.resourceLimitExceeded
    default:
      return isShutdown(err) ? ConnectionCode.shutdown : CONNECTION_ABORTED
  }
}

/** The code that tells the peer why this node aborts a stream. */
export function streamCodeFor (err: Error): number {
  if (err instanceof QuicStreamResetError) {
    return isStreamCode(err.resetCode) ? err.resetCode : StreamCode.none
  }

  switch (err.name) {
    case 'UnsupportedProtocolError':
    case 'UnhandledProtocolError':
      return StreamCode.protocolNegotiationFailed
    case 'TooManyInboundProtocolStreamsError':
    case 'TooManyOutboundProtocolStreamsError':
    case 'StreamBufferError':
      return StreamCode.resourceLimitExceeded
    default:
      return isShutdown(err) ? StreamCode.shutdown : StreamCode.none
  }
}

/** What an aborted operation rejects with. */
export function abortReason (signal?: AbortSignal): Error {
  return signal?.reason instanceof Error ? signal.reason : new AbortError()
}

function isStreamCode (code: number): boolean {
  return Number.isInteger(code) && code >= 0 && code <= MAX_STREAM_CODE
}

function isShutdown (err: Error): boolean {
  return err instanceof QuicConnectionError && err.kind === 'closedLocally'
}

function isKnownEnd (kind: number): kind is keyof typeof ENDS {
  return kind in ENDS
}

function nameOf <Name extends string> (codes: Record<Name, number>, code: number): Name | undefined {
  for (const name in codes) {
    if (codes[name] === code) {
      return name
    }
  }
}

function messageOf (cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function codeOf (cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'ERR_QUIC_BIND'
}
