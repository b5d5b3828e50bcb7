/** Sign what is published; accept only messages with a valid signature. pubsub/README.md "Signature Policy Options". */
export const StrictSign = 'StrictSign'

/** Publish without author, sequence number, signature and key; accept only messages that have none of them. */
export const StrictNoSign = 'StrictNoSign'

export type SignaturePolicy = typeof StrictSign | typeof StrictNoSign
