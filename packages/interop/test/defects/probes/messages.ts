/** Which messages are taken, kept and sent on. */
import { GaugeReader } from '../gauge-reader.ts'
import { HEARTBEAT_MS, idOf } from '../lab.ts'
import { answer, probe } from '../probe.ts'
import { sleep, until, within } from '../time.ts'
import { concat } from '../wire.ts'
import { meshPeer } from './mesh.ts'
import type { Probe } from '../probe.ts'
import type { WireMessage } from '../wire.ts'

const TOPIC = 'topic'

/** What a receiver of either implementation takes in one frame by default. */
const FRAME_LIMIT_BYTES = 4_194_304

export const messageProbes: Probe[] = [
  probe(7, 'a message of a topic that was never joined', {}, async lab => {
    const peer = await meshPeer(lab)
    let asked = 0
    lab.pubsub.topicValidators.set('foreign', () => {
      asked++
      return 'accept'
    })
    const foreign = message(1, 'foreign')
    peer.send({ messages: [foreign, message(2)] })
    await until('the message behind it', () => lab.received.length === 1)
    peer.send({ control: { iwant: [idOf(foreign)] } })
    const isServed = await within(1_000, () => peer.got(idOf(foreign)))

    return answer(asked === 0 && !isServed, `validated ${asked} times, ${isServed ? '' : 'not '}served on IWANT`)
  }),

  probe(11, 'IWANT for more than a frame may hold', { options: { allowPublishToZeroTopicPeers: true } }, async lab => {
    const peer = await lab.connect()
    const ids: Uint8Array[] = []

    for (let i = 1; i <= 5; i++) {
      const data = new Uint8Array(1_000_000).fill(i)
      ids.push(idOf({ data }))
      await lab.pubsub.publish(TOPIC, data)
    }

    peer.send({ control: { iwant: ids } })
    const isServed = await within(5_000, () => ids.every(id => peer.got(id)))
    const { longestFrameBytes } = peer

    return answer(
      isServed && longestFrameBytes <= FRAME_LIMIT_BYTES,
      `of 5 messages of 1 MB ${ids.filter(id => peer.got(id)).length} came; the longest frame has ${longestFrameBytes} bytes, the stream is ${peer.inbound[0].status}`
    )
  }),

  probe(13, 'IDONTWANT', {}, async lab => {
    const [source, choosy] = [await meshPeer(lab), await meshPeer(lab)]
    const [unwanted, wanted] = [message(1), message(2)]
    choosy.send({ control: { idontwant: [idOf(unwanted)] } })
    await sleep(100)
    source.send({ messages: [unwanted, wanted] })
    await until('the other message', () => choosy.got(idOf(wanted)))
    const isSent = choosy.got(idOf(unwanted))

    return answer(!isSent, `the message that was not wanted was ${isSent ? '' : 'not '}sent`)
  }),

  probe(17, 'StrictNoSign and an author', {}, async lab => {
    const peer = await meshPeer(lab)
    peer.send({ messages: [{ ...message(1), from: peer.node.peerId.toMultihash().bytes }, message(2)] })
    await until('the message behind it', () => lab.received.some(({ msg }) => msg.data[0] === 2))
    const isDelivered = lab.received.some(({ msg }) => msg.data[0] === 1)

    return answer(!isDelivered, `a message with an author was ${isDelivered ? 'delivered' : 'refused'}`)
  }),

  probe(18, 'our own message, reflected when it is forgotten', { options: { globalSignaturePolicy: 'StrictSign', seenTTL: 300 } }, async lab => {
    const peer = await meshPeer(lab)
    await lab.pubsub.publish(TOPIC, message(1).data)
    await until('the message', () => peer.messages.length === 1)
    await sleep(1_000 + 2 * HEARTBEAT_MS)
    peer.send({ messages: [peer.messages[0], await peer.sign(TOPIC, message(2).data, 1n)] })
    await until('the message behind it', () => lab.received.some(({ msg }) => msg.data[0] === 2))
    const isDelivered = lab.received.some(({ msg }) => msg.data[0] === 1)

    return answer(!isDelivered, `it was ${isDelivered ? 'delivered to ourselves' : 'refused'}`)
  }),

  probe(20, 'the default message id', { options: { globalSignaturePolicy: 'StrictSign', msgIdFn: undefined, msgIdToStrFn: hex } }, async lab => {
    const peer = await meshPeer(lab)
    const signed = await peer.sign(TOPIC, message(1).data, 7n)
    peer.send({ messages: [signed] })
    await until('the message', () => lab.received.length === 1)
    const expected = hex(concat(signed.from ?? new Uint8Array(0), signed.seqno ?? new Uint8Array(0)))
    const isSame = lab.received[0].msgId === expected

    return answer(isSame, isSame ? 'from, then seqno' : `${lab.received[0].msgId.slice(0, 12)}... instead of ${expected.slice(0, 12)}...`)
  }),

  probe(28, 'IWANT for a message under validation', { options: { asyncValidation: true } }, async lab => {
    const [source, curious] = [await meshPeer(lab), await meshPeer(lab)]
    const pending = message(1)
    source.send({ messages: [pending] })
    await until('the question to the application', () => lab.received.length === 1)
    curious.send({ control: { iwant: [idOf(pending)] } })
    const isServed = await within(1_000, () => curious.got(idOf(pending)))

    return answer(!isServed, `it was ${isServed ? '' : 'not '}served`)
  }),

  {
    defect: 22,
    title: 'the count of messages that wait for validation',
    ask: async factory => {
      const gauges = new GaugeReader()
      const options = { asyncValidation: true, metricsRegister: gauges, metricsTopicStrToLabel: new Map([[TOPIC, TOPIC]]) }

      return probe(22, '', { options }, async lab => {
        const peer = await meshPeer(lab)
        peer.send({ messages: [message(1), message(2), message(3)] })
        await until('the messages', () => lab.received.length === 3)

        for (const { msgId, propagationSource } of lab.received) {
          lab.pubsub.reportMessageValidationResult(msgId, propagationSource.toString(), 'reject')
        }

        // longer than the message cache holds them
        const before = lab.heartbeats
        await until('some heartbeats', () => lab.heartbeats > before + 6)
        const count = gauges.read('gossipsub_mcache_not_validated_count')

        return answer(count === 0, `${count} of 3 messages wait after all were rejected`)
      }).ask(factory)
    }
  }
]

function message (number: number, topic: string = TOPIC): WireMessage & { data: Uint8Array } {
  return { topic, data: new Uint8Array(16).fill(number) }
}

function hex (bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
