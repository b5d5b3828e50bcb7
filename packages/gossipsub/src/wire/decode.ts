/**
 * Bytes to RPC, within limits. Three layers: the outermost is scanned here, so that limits hold before anything is allocated and each
 * message keeps its own bytes; messages are read here, because they are the bulk; the rest is in
 * `control-decode.ts`.
 */
import { toBytes } from './bytes.ts'
import { checkLimit, decodeControl, decodeSubscription } from './control-decode.ts'
import { MessageScan } from './message-scan.ts'
import { RPC } from './rpc.ts'
import { BYTES, malformed, Scanner } from './scanner.ts'
import type { Bytes } from './bytes.ts'

/** How many elements one RPC may have. More of one kind, and the whole RPC is dropped. The size of a frame is bounded before. */
export interface DecodeRPCLimits {
  maxSubscriptions: number
  maxMessages: number
  /** Ids in one IHAVE. */
  maxIhaveMessageIDs: number
  /** Ids in one IWANT. */
  maxIwantMessageIDs: number
  /** Ids in one IDONTWANT. */
  maxIdontwantMessageIDs: number
  /** IHAVE, IWANT, GRAFT, PRUNE and IDONTWANT in one RPC, each. */
  maxControlMessages: number
  /** Peers in one PRUNE. */
  maxPeerInfos: number
}

export const defaultDecodeRpcLimits: Readonly<DecodeRPCLimits> = Object.freeze({
  maxSubscriptions: 5_000,
  maxMessages: 5_000,
  maxIhaveMessageIDs: 5_000,
  maxIwantMessageIDs: 5_000,
  maxIdontwantMessageIDs: 512,
  maxControlMessages: 5_000,
  maxPeerInfos: 16
})

export interface DecodedMessage {
  /** Its byte fields are views of `encoded`. */
  message: RPC.Message
  /** The canonical encoding: the received bytes where they are canonical, else encoded again. */
  encoded: Uint8Array
}

/** An RPC of which the messages are scanned and no more. */
export interface ScannedRpc {
  subscriptions: RPC.SubOpts[]
  messages: MessageScan
  /** A copy: keeping an id of it does not keep the frame. */
  control?: RPC.ControlMessage
}

export interface DecodedRpc {
  subscriptions: RPC.SubOpts[]
  /** Views of the frame, unless a message was encoded again. */
  messages: DecodedMessage[]
  /** A copy: keeping an id of it does not keep the frame. */
  control?: RPC.ControlMessage
}

/**
 * @throws {WireError} `ERR_MALFORMED_RPC` or `ERR_RPC_OVER_LIMIT`, and nothing else whatever the bytes are
 */
export function scanRpc (frame: Uint8Array, limits: DecodeRPCLimits = defaultDecodeRpcLimits): ScannedRpc {
  const bytes = toBytes(frame)
  const rpc: ScannedRpc = { subscriptions: NONE, messages: new MessageScan(bytes) }
  let controls: number[] | undefined
  const scanner = new Scanner(bytes)

  while (!scanner.isDone) {
    const tag = scanner.tag()

    switch (tag) {
      case SUBSCRIPTIONS:
        checkLimit('subscriptions', rpc.subscriptions.length, limits.maxSubscriptions)
        rpc.subscriptions = rpc.subscriptions === NONE ? [] : rpc.subscriptions
        rpc.subscriptions.push(decodeSubscription(scanner.bytes()))
        break
      case MESSAGES: {
        checkLimit('messages', rpc.messages.count, limits.maxMessages)
        const end = scanner.skipBytes()
        rpc.messages.add(scanner.fieldStart, end)
        break
      }
      case CONTROL: {
        controls ??= []
        checkLimit('control fields', controls.length / 2, limits.maxControlMessages)
        const end = scanner.skipBytes()
        controls.push(scanner.fieldStart, end)
        break
      }
      default:
        scanner.skip(tag & 7)
    }
  }

  if (controls != null) {
    rpc.control = decodeControl(bytes, controls, limits)
  }

  return rpc
}

/**
 * The same with all messages decoded.
 *
 * @throws {WireError} as `scanRpc`
 */
export function decodeRpc (frame: Uint8Array, limits: DecodeRPCLimits = defaultDecodeRpcLimits): DecodedRpc {
  const { subscriptions, messages, control } = scanRpc(frame, limits)
  const decoded = Array.from({ length: messages.count }, (_, i) => decodeMessage(messages.bytesOf(i)))

  return control == null ? { subscriptions, messages: decoded } : { subscriptions, messages: decoded, control }
}

/**
 * One `Message`. Of a field that occurs twice the last one counts, so of an old message with many topics it is the last topic.
 *
 * @throws {WireError} `ERR_MALFORMED_RPC`
 */
export function decodeMessage (bytes: Uint8Array): DecodedMessage {
  const message: RPC.Message = { topic: '' }
  const scanner = new Scanner(toBytes(bytes))
  let topic: Bytes | undefined
  let lastTag = 0
  let isCanonical = true

  while (!scanner.isDone) {
    const tag = scanner.tag()
    isCanonical &&= tag > lastTag && tag <= KEY
    lastTag = tag

    switch (tag) {
      case FROM:
        message.from = scanner.bytes()
        break
      case DATA:
        message.data = scanner.bytes()
        break
      case SEQNO:
        message.seqno = scanner.bytes()
        break
      case TOPIC:
        topic = scanner.bytes()
        break
      case SIGNATURE:
        message.signature = scanner.bytes()
        break
      case KEY:
        message.key = scanner.bytes()
        break
      default:
        isCanonical = false
        scanner.skip(tag & 7)
    }
  }

  // once, however many there are
  if (topic != null) {
    message.topic = topicFrom(topic)
    // the codec leaves an empty topic out
    isCanonical &&= message.topic !== ''
  }

  return isCanonical && scanner.isMinimal ? { message, encoded: bytes } : encodedAgain(message)
}

/**
 * What is signed: a canonically encoded message without its last two fields, `signature` and `key`. pubsub/README.md "Message
 * Signing".
 */
export function withoutSignature (encoded: Uint8Array): Uint8Array {
  const scanner = new Scanner(toBytes(encoded))

  while (!scanner.isDone) {
    const end = scanner.position
    const tag = scanner.tag()

    if (tag >= SIGNATURE) {
      return encoded.subarray(0, end)
    }

    scanner.skip(tag & 7)
  }

  return encoded
}

/** Most frames have no subscriptions. */
const NONE: RPC.SubOpts[] = []
Object.freeze(NONE)

const SUBSCRIPTIONS = 1 << 3 | BYTES
const MESSAGES = 2 << 3 | BYTES
const CONTROL = 3 << 3 | BYTES

const FROM = 1 << 3 | BYTES
const DATA = 2 << 3 | BYTES
const SEQNO = 3 << 3 | BYTES
const TOPIC = 4 << 3 | BYTES
const SIGNATURE = 5 << 3 | BYTES
const KEY = 6 << 3 | BYTES

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function topicFrom (bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformed('a topic that is not UTF-8')
  }
}

function encodedAgain (message: RPC.Message): DecodedMessage {
  return decodeMessage(RPC.Message.encode(message))
}
