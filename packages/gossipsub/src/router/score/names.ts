/** A peer id as text. */
export type PeerIdStr = string

export type TopicStr = string
