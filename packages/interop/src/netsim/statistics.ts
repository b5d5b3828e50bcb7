/** What became of all packets since the start of the network. */
export interface NetsimStatistics {
  seconds: number
  /** How much later than meant packets were delivered; `overOneMs` is the share of those that were more than 1 ms late. */
  lateness: { meanMs: number, maxMs: number, overOneMs: number }
  /** By the name of the host. */
  hosts: Record<string, NetsimHostStatistics>
}

export interface NetsimHostStatistics {
  /** Read from the host's device, with all that was dropped afterwards. */
  sent: number
  sentBytes: number
  /** Written to the host's device. */
  received: number
  receivedBytes: number
  /** Came to its uplink when the queue was full. */
  uploadDropped: number
  /** Came to its downlink when the queue was full. */
  downloadDropped: number
  /** Lost on the path, of what it sent. */
  lost: number
  /** There is no such host, of what it sent. */
  unroutable: number
  /** The network was full, of what it sent. */
  bufferDropped: number
  /** The kernel's queue was full as the process did not come to read: more than a few mean that the machine is too slow. */
  deviceDropped: number
  uploadQueueMaxMs: number
  downloadQueueMaxMs: number
}
