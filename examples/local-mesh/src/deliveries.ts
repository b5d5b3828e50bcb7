import { Latencies } from './latencies.ts'

/** Losses that are remembered in full, for the summary; all of them are counted. */
const MAX_LOSSES_KEPT = 10

export interface Publication {
  publisher: number
  digest: number
  lineNumber: number
  sizeBytes: number
  sentAtMs: number
}

/** A message that did not reach everybody. */
export interface Loss {
  lineNumber: number
  missingNodes: number[]
  reason: string
}

/** What one node got. */
export class Receipts {
  /** First arrivals with the right content. */
  received = 0
  /** Arrivals whose content was not what had been sent. */
  corrupt = 0
  /** Arrivals of what the node had got already, or of what had been given up. */
  repeated = 0
  readonly latencies = new Latencies()
}

interface InFlight extends Publication {
  hasArrived: Uint8Array
  remaining: number
}

/**
 * Holds what was published against what arrived, message by message. A message is settled when every node but its publisher
 * has it, or when it is given up; only unsettled ones take memory.
 */
export class Deliveries {
  readonly byNode: Receipts[]
  readonly latencies = new Latencies()
  readonly losses: Loss[] = []
  lossCount = 0
  messages = 0
  bytes = 0
  /** Deliveries that there must be in the end. */
  expected = 0
  made = 0
  inFlightBytes = 0
  private readonly inFlight = new Map<number, InFlight>()

  constructor (nodes: number) {
    this.byNode = Array.from({ length: nodes }, () => new Receipts())
  }

  get inFlightMessages (): number {
    return this.inFlight.size
  }

  /** Returns the sequence number to publish the message with. */
  open (publication: Publication): number {
    const seq = this.messages++
    const remaining = this.byNode.length - 1
    this.bytes += publication.sizeBytes
    this.expected += remaining
    this.inFlightBytes += publication.sizeBytes
    this.inFlight.set(seq, { ...publication, hasArrived: new Uint8Array(this.byNode.length), remaining })

    return seq
  }

  /** Returns the message if this delivery has settled it. */
  arrived (node: number, seq: number, digest: number, latencyMs: number): Publication | undefined {
    const receipts = this.byNode[node]
    const message = this.inFlight.get(seq)

    if (message == null || message.hasArrived[node] === 1 || message.publisher === node) {
      receipts.repeated++
      return
    }

    if (message.digest !== digest) {
      receipts.corrupt++
      return
    }

    message.hasArrived[node] = 1
    message.remaining--
    this.made++
    receipts.received++
    receipts.latencies.record(latencyMs)
    this.latencies.record(latencyMs)

    if (message.remaining === 0) {
      this.settle(seq, message)
      return message
    }
  }

  /** Settles a message that will not arrive. */
  giveUp (seq: number, reason: string): void {
    const message = this.inFlight.get(seq)

    if (message == null) {
      return
    }

    this.settle(seq, message)
    this.lossCount++

    if (this.losses.length < MAX_LOSSES_KEPT) {
      const missingNodes = [...message.hasArrived.keys()].filter(node => node !== message.publisher && message.hasArrived[node] === 0)
      this.losses.push({ lineNumber: message.lineNumber, missingNodes, reason })
    }
  }

  /** Gives up what was sent before the given time. */
  giveUpSentBefore (timeMs: number, reason: string): void {
    for (const [seq, { sentAtMs }] of this.inFlight) {
      // in the order of publication: the rest is younger
      if (sentAtMs >= timeMs) {
        break
      }

      this.giveUp(seq, reason)
    }
  }

  private settle (seq: number, message: InFlight): void {
    this.inFlight.delete(seq)
    this.inFlightBytes -= message.sizeBytes
  }
}
