/** Why a message is dropped, in the words of go-libp2p-pubsub (`tracer.go`), by our own reason. */
export const REJECT_REASONS = Object.freeze({
  'blacklisted-peer': 'blacklisted peer',
  'blacklisted-author': 'blacklisted source',
  'missing-signature': 'missing signature',
  'signature-present': 'unexpected signature',
  'from-present': 'unexpected auth info',
  'seqno-present': 'unexpected auth info',
  'key-present': 'unexpected auth info',
  // without an author there is no key that the signature could hold for
  'invalid-from': 'invalid signature',
  'validation-forged': 'invalid signature',
  'validation-rejected': 'validation failed',
  // there they fail in the validator, if at all
  'invalid-seqno': 'validation failed',
  'missing-topic': 'validation failed',
  'no-message-id': 'validation failed',
  'transform-failed': 'validation failed',
  'message-too-large': 'validation failed',
  'validation-ignored': 'validation ignored',
  'validation-timeout': 'validation ignored',
  'own-message': 'self originated message'
})

export type TracedRejectReason = keyof typeof REJECT_REASONS
