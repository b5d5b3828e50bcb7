/** A program that opens, uses and ends streams of one connection. */

import { Nodes, readAll, until } from '../../fixtures/nodes.ts'
import { growth } from '../fixtures/growth.ts'
import { repeat } from '../fixtures/repeat.ts'
import type { Items } from '../fixtures/growth.ts'
import type { Stream } from '@libp2p/interface'

const PROTOCOL = '/echo/1.0.0'
const STREAMS_AT_ONCE = 100
const MESSAGE_BYTES = 1_000

export interface StreamsArgument extends Items {
  ending: 'closed' | 'aborted' | 'reset'
}

/** How a stream is used and ended: 'closed' in peace, 'aborted' amid what it sends, 'reset' by the other side. */
const ENDINGS: Record<StreamsArgument['ending'], (stream: Stream) => Promise<void>> = {
  async closed (stream) {
    stream.send(new Uint8Array(MESSAGE_BYTES))
    await stream.close()
    const { byteLength } = await readAll(stream)
    echoed += byteLength
  },
  async aborted (stream) {
    stream.send(new Uint8Array(MESSAGE_BYTES))
    stream.abort(new Error('meant to be aborted'))
    echoed += MESSAGE_BYTES
  },
  async reset (stream) {
    stream.send(new Uint8Array(MESSAGE_BYTES))
    await readAll(stream).then(() => {}, () => { echoed += MESSAGE_BYTES })
  }
}

const { items, warmUp, ending }: StreamsArgument = JSON.parse(process.argv[2])
let echoed = 0
const nodes = new Nodes()
const { connection, remote, listener } = await nodes.pair()
await listener.handle(PROTOCOL, (stream) => {
  if (ending === 'reset') {
    stream.addEventListener('message', () => { stream.abort(new Error('meant to be reset')) })
    return
  }

  readAll(stream).then(async received => {
    stream.send(received)
    await stream.close()
  }).catch(() => {})
}, { maxInboundStreams: Infinity })

const report = await growth({ items, warmUp }, async (count) => {
  await repeat(count, STREAMS_AT_ONCE, async () => {
    await ENDINGS[ending](await connection.newStream(PROTOCOL, { maxOutboundStreams: Infinity }))
  })
  await until(() => connection.streams.length === 0 && remote.streams.length === 0, 20_000)
})
await nodes.stop()
process.send?.({ ...report, messages: echoed / MESSAGE_BYTES })
