/**
 * Reads control messages. The generated codec, which is its oracle in the tests, lets a field reach beyond the message that holds it, loses
 * its place after a backoff that is not in the shortest form, throws on one above 2^53, and has no limit on all lists together.
 */
import { WireError } from '../errors.ts'
import { BYTES, Scanner, VARINT } from './scanner.ts'
import { topics } from './topics.ts'
import type { Bytes } from './bytes.ts'
import type { DecodeRPCLimits } from './decode.ts'
import type { RPC } from './rpc.ts'

/**
 * Ids, and peers of PRUNEs, in one RPC, over all its lists. Lists within their own limits may be many: without this bound, 4 MiB of empty ids
 * take a second. More than the 50,000 that go-libp2p-pubsub takes of one peer between two heartbeats (10 IHAVE of 5,000).
 */
export const MAX_LISTED_PER_RPC = 65_536

/**
 * All control fields of an RPC, merged as protobuf.dev/programming-guides/encoding "Last One Wins" says: the lists one after the other.
 * `bounds` says of each field where in the frame it begins and where it ends. Ids are views of copies, so that keeping one does not keep the
 * frame.
 *
 * @throws {WireError} `ERR_MALFORMED_RPC` or `ERR_RPC_OVER_LIMIT`
 */
export function decodeControl (frame: Bytes, bounds: number[], limits: DecodeRPCLimits): RPC.ControlMessage {
  const reader = new ControlReader(limits)

  for (let i = 0; i < bounds.length; i += 2) {
    reader.read(frame.slice(bounds[i], bounds[i + 1]))
  }

  return reader.control
}

/**
 * @throws {WireError} `ERR_MALFORMED_RPC`
 */
export function decodeSubscription (bytes: Bytes): RPC.SubOpts {
  const subscription: RPC.SubOpts = {}
  let topic: Bytes | undefined
  const scanner = new Scanner(bytes)

  while (!scanner.isDone) {
    const tag = scanner.tag()

    switch (tag) {
      case SUBSCRIBE:
        subscription.subscribe = scanner.uint64() !== 0
        break
      case SUBSCRIBED_TOPIC:
        topic = scanner.bytes()
        break
      default:
        scanner.skip(tag & 7)
    }
  }

  if (topic != null) {
    subscription.topic = topicOf(topic)
  }

  return subscription
}

export function checkLimit (name: string, length: number, limit: number): void {
  if (length >= limit) {
    throw new WireError('ERR_RPC_OVER_LIMIT', `RPC over limit: more than ${limit} ${name}`)
  }
}

const SUBSCRIBE = 1 << 3 | VARINT
const SUBSCRIBED_TOPIC = 2 << 3 | BYTES

/** In a `ControlMessage`. */
const IHAVE = 1 << 3 | BYTES
const IWANT = 2 << 3 | BYTES
const GRAFT = 3 << 3 | BYTES
const PRUNE = 4 << 3 | BYTES
const IDONTWANT = 5 << 3 | BYTES

/** In those that have a topic, and in those that have none. */
const TOPIC = 1 << 3 | BYTES
const IHAVE_ID = 2 << 3 | BYTES
const ID = 1 << 3 | BYTES

const PRUNE_PEER = 2 << 3 | BYTES
const PRUNE_BACKOFF = 3 << 3 | VARINT
const PEER_ID = 1 << 3 | BYTES
const PEER_RECORD = 2 << 3 | BYTES

class ControlReader {
  readonly #limits: DecodeRPCLimits
  readonly control: RPC.ControlMessage = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }
  #listed = 0

  constructor (limits: DecodeRPCLimits) {
    this.#limits = limits
  }

  read (bytes: Bytes): void {
    const { maxControlMessages, maxIwantMessageIDs, maxIdontwantMessageIDs } = this.#limits
    const { control } = this
    const scanner = new Scanner(bytes)

    while (!scanner.isDone) {
      const tag = scanner.tag()

      switch (tag) {
        case IHAVE:
          checkLimit('IHAVE', control.ihave.length, maxControlMessages)
          control.ihave.push(this.#ihave(scanner.nested()))
          break
        case IWANT:
          checkLimit('IWANT', control.iwant.length, maxControlMessages)
          control.iwant.push(this.#ids(scanner.nested(), maxIwantMessageIDs))
          break
        case GRAFT:
          checkLimit('GRAFT', control.graft.length, maxControlMessages)
          control.graft.push(this.#graft(scanner.nested()))
          break
        case PRUNE:
          checkLimit('PRUNE', control.prune.length, maxControlMessages)
          control.prune.push(this.#prune(scanner.nested()))
          break
        case IDONTWANT:
          checkLimit('IDONTWANT', control.idontwant.length, maxControlMessages)
          control.idontwant.push(this.#ids(scanner.nested(), maxIdontwantMessageIDs))
          break
        default:
          scanner.skip(tag & 7)
      }
    }
  }

  #ihave (scanner: Scanner): RPC.ControlIHave {
    const ihave: RPC.ControlIHave = { messageIDs: [] }
    let topic: Bytes | undefined

    while (!scanner.isDone) {
      const tag = scanner.tag()

      switch (tag) {
        case TOPIC:
          topic = scanner.bytes()
          break
        case IHAVE_ID:
          this.#list('message ids', ihave.messageIDs, scanner.bytes(), this.#limits.maxIhaveMessageIDs)
          break
        default:
          scanner.skip(tag & 7)
      }
    }

    if (topic != null) {
      ihave.topicID = topicOf(topic)
    }

    return ihave
  }

  /** An IWANT or an IDONTWANT. */
  #ids (scanner: Scanner, limit: number): { messageIDs: Bytes[] } {
    const messageIDs: Bytes[] = []

    while (!scanner.isDone) {
      const tag = scanner.tag()

      if (tag === ID) {
        this.#list('message ids', messageIDs, scanner.bytes(), limit)
      } else {
        scanner.skip(tag & 7)
      }
    }

    return { messageIDs }
  }

  #graft (scanner: Scanner): RPC.ControlGraft {
    const graft: RPC.ControlGraft = {}
    let topic: Bytes | undefined

    while (!scanner.isDone) {
      const tag = scanner.tag()

      if (tag === TOPIC) {
        topic = scanner.bytes()
      } else {
        scanner.skip(tag & 7)
      }
    }

    if (topic != null) {
      graft.topicID = topicOf(topic)
    }

    return graft
  }

  #prune (scanner: Scanner): RPC.ControlPrune {
    const prune: RPC.ControlPrune = { peers: [] }
    let topic: Bytes | undefined

    while (!scanner.isDone) {
      const tag = scanner.tag()

      switch (tag) {
        case TOPIC:
          topic = scanner.bytes()
          break
        case PRUNE_PEER:
          this.#list('peers', prune.peers, this.#peer(scanner.nested()), this.#limits.maxPeerInfos)
          break
        case PRUNE_BACKOFF:
          prune.backoff = scanner.uint64()
          break
        default:
          scanner.skip(tag & 7)
      }
    }

    if (topic != null) {
      prune.topicID = topicOf(topic)
    }

    return prune
  }

  #peer (scanner: Scanner): RPC.PeerInfo {
    const peer: RPC.PeerInfo = {}

    while (!scanner.isDone) {
      const tag = scanner.tag()

      switch (tag) {
        case PEER_ID:
          peer.peerID = scanner.bytes()
          break
        case PEER_RECORD:
          peer.signedPeerRecord = scanner.bytes()
          break
        default:
          scanner.skip(tag & 7)
      }
    }

    return peer
  }

  /** The limits hold over what is there already. */
  #list<T> (name: string, list: T[], element: T, limit: number): void {
    checkLimit(name, list.length, limit)
    checkLimit('ids and peers', this.#listed, MAX_LISTED_PER_RPC)
    list.push(element)
    this.#listed++
  }
}

/** Called once per element, of the last topic field: to decode each one that is repeated would take long. */
function topicOf (bytes: Bytes): string {
  return topics.of(bytes, 0, bytes.length)
}
