/**
 * Every error that this package throws on its own account. The texts are for people, except those of `PublishError`, which
 * applications compare; `name` and `code` are stable.
 */

export type PublishErrorCode = 'NoPeersSubscribedToTopic' | 'Duplicate' | 'Uninitialized' | 'MessageTooLarge'

/** A publish that reached nobody. The text is `PublishError.` and the code, exactly. */
export class PublishError extends Error {
  readonly name = 'PublishError'
  readonly code: PublishErrorCode

  constructor (code: PublishErrorCode) {
    super(`PublishError.${code}`)
    this.code = code
  }
}

export type WireErrorCode =
  /** The bytes are no RPC. */
  | 'ERR_MALFORMED_RPC'
  /** A well-formed RPC with more elements than `decodeRpcLimits` allows. */
  | 'ERR_RPC_OVER_LIMIT'
  /** A frame longer than `maxInboundDataLength`. */
  | 'ERR_FRAME_TOO_LARGE'
  /** A length prefix that is no unsigned varint. */
  | 'ERR_MALFORMED_FRAME'

/** Bytes of a remote peer that cannot be understood or are too many. Never thrown to the application: counted. */
export class WireError extends Error {
  readonly name = 'WireError'
  readonly code: WireErrorCode

  constructor (code: WireErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
