import { copyOf } from './wire/bytes.ts'
import { sequenceNumber, signingKey } from './wire/message.ts'
import { Pool } from './wire/pool.ts'
import type { Message } from './index.ts'
import type { Author } from './wire/authors.ts'
import type { Bytes } from './wire/bytes.ts'
import type { RPC } from './wire/rpc.ts'

/** A message as an application sees it. */
export function publicMessage (message: RPC.Message, author: Author | undefined, data: Uint8Array): Message {
  const { topic, signature } = message
  const key = author != null ? signingKey(message, author) : undefined

  if (author == null || key == null || signature == null) {
    return { type: 'unsigned', topic, data }
  }

  return { type: 'signed', from: author.peerId, topic, data, sequenceNumber: sequenceNumber(message), signature: copyOf(signature), key }
}

/**
 * The data of small messages for applications. Nothing else is in there: they may do with it what they like. As much as Node.js takes at
 * once for its buffers, since it is what a message costs that is sent to another thread, or kept.
 */
const pool = new Pool(8 * 1_024, chunk => { markAsUntransferable?.(chunk.buffer) })

/** Of Node.js: to transfer the data of one message to another thread would take away those of others. Browsers have no such thing. */
const markAsUntransferable = globalThis.process?.getBuiltinModule?.('node:worker_threads')?.markAsUntransferable

const MAX_POOLED_BYTES = 512

/** A copy of the data: what an application does with it must not change what is sent on. */
export function dataOf ({ data = NONE }: RPC.Message): Bytes {
  // bytes of its own are not filled with zeros before
  if (data.length > MAX_POOLED_BYTES) {
    return copyOf(data)
  }

  const copy = pool.allocate(data.length)
  copy.set(data)

  return copy
}

const NONE = new Uint8Array(0)
