import { randomBytes } from 'node:crypto'
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { RPC } from '@libp2p/gossipsub/message'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { MESSAGE_BYTES, messagesFrame, TOPIC } from '../frames.ts'
import { SIGNED } from '../pubsub-options.ts'
import { arrive, cpuOfArrivals, loopUsOf } from './feed.ts'
import { arrivalAt, COPIES, duplicatesOf, forward, startMesh } from './mesh.ts'
import type { PubsubFactory } from '../contestants.ts'
import type { Workload } from '../workload.ts'
import type { PrivateKey } from '@libp2p/interface'

/** What is signed begins with it: pubsub/README.md "Message Signing". */
const SIGNED_PREFIX = Buffer.from('libp2p-pubsub:')

/** How many arrive in one turn of the event loop. */
const PER_TURN = 16

/** In parts of the messages that are measured. */
const WARM_UP_SHARE = 5

/** Small messages under StrictSign with the default message id, and their duplicates. */
export async function measureSigned (create: PubsubFactory, { signedMessages }: Workload): Promise<Record<string, number>> {
  const node = await startMesh(create, SIGNED)
  const warmUp = Math.ceil(signedMessages * WARM_UP_SHARE)
  const frames = await signedFrames(warmUp + signedMessages)
  const uniques = frames.map((frame, i) => arrivalAt(node, i, frame))
  const duplicates = frames.flatMap((frame, i) => duplicatesOf(node, i, frame))

  const warmUniques = uniques.splice(0, warmUp)
  const warmDuplicates = duplicates.splice(0, warmUp * (COPIES - 1))
  const loopUs = await loopUsOf(uniques, PER_TURN)
  const duplicatesLoopUs = await loopUsOf(duplicates, PER_TURN)

  await forward(node, warmUniques, PER_TURN)
  await arrive(warmDuplicates, PER_TURN)
  const usUniques = await forward(node, uniques, PER_TURN) - loopUs
  const { delivered } = node
  const usDuplicates = await cpuOfArrivals(duplicates, PER_TURN, 'duplicates are dropped', () => true) - duplicatesLoopUs

  if (node.delivered !== delivered) {
    throw new Error(`${node.delivered - delivered} duplicates were delivered`)
  }

  await node.stop()

  return { usUnique: usUniques / uniques.length, usDuplicate: usDuplicates / duplicates.length }
}

/** Of one author. */
async function signedFrames (count: number): Promise<Uint8Array[]> {
  const author = await generateKeyPair('Ed25519')
  const from = peerIdFromPrivateKey(author).toMultihash().bytes
  const key = publicKeyToProtobuf(author.publicKey)

  return Promise.all(Array.from({ length: count }, async (_, i) => {
    const seqno = new Uint8Array(8)
    new DataView(seqno.buffer).setBigUint64(0, BigInt(i + 1))

    return messagesFrame([await sign(author, { from, seqno, topic: TOPIC, data: randomBytes(MESSAGE_BYTES) }, key)])
  }))
}

async function sign (author: PrivateKey, message: RPC.Message, key: Uint8Array): Promise<RPC.Message> {
  const signature = await author.sign(Buffer.concat([SIGNED_PREFIX, RPC.Message.encode(message)]))

  return { ...message, signature, key }
}
