/** What `publish` resolves to and rejects with. */
import { createHash } from 'node:crypto'
import { until } from '../nodes.ts'
import { TOPIC, joinAll, namesOf, outcome, textsOf, withLine } from './network.ts'
import type { Node, PubsubFactory } from '../nodes.ts'
import type { GossipsubOpts } from '@libp2p/gossipsub'
import type { PublishOpts } from '@libp2p/gossipsub/types'

/** The same data have the same id, so that they can be published twice. */
const BY_DATA: Partial<GossipsubOpts> = { msgIdFn: ({ data }) => createHash('sha256').update(data).digest() }

export async function publishWithoutSubscribers (create: PubsubFactory): Promise<unknown> {
  const byOption = withLine(create, [{ allowPublishToZeroTopicPeers: true }], async nodes => publisher(nodes)('anything'))

  return withLine(create, [{}, {}], async nodes => {
    const publish = publisher(nodes)
    nodes[0].services.pubsub.subscribe(TOPIC)

    return {
      refused: await publish('nobody'),
      byOption: await byOption,
      allowed: await publish('nobody', { allowPublishToZeroTopicPeers: true }),
      tooLateToRepeat: await publish('nobody')
    }
  })
}

export async function publishTwice (create: PubsubFactory): Promise<unknown> {
  return withLine(create, [BY_DATA, BY_DATA], async nodes => {
    const publish = publisher(nodes)
    const texts = textsOf(nodes[1])
    await joinAll(nodes)
    const refusedAtFirst = await outcome(async () => nodes[0].services.pubsub.publish('nobody has this topic', Buffer.from('retried')))
    const results = {
      first: await publish('twice'),
      second: await publish('twice'),
      ignored: await publish('twice', { ignoreDuplicatePublishError: true }),
      afterRefusal: await publish('retried')
    }
    await until(() => texts.length === 2)

    return { refusedAtFirst, ...results, texts, byTheReceiver: await outcome(async () => nodes[1].services.pubsub.publish(TOPIC, Buffer.from('twice'))) }
  })
}

export async function publishToSelf (create: PubsubFactory): Promise<unknown> {
  return withLine(create, [{ emitSelf: true }, {}], async nodes => {
    const publish = publisher(nodes)
    const texts = textsOf(nodes[0])
    const alone = await publish('not subscribed')
    nodes[0].services.pubsub.subscribe(TOPIC)
    const self = await publish('to self')
    await joinAll(nodes)
    const both = await publish('to both')

    return { alone, self, both, texts }
  })
}

/** Data of no bytes, and a transform between the application and the wire. */
export async function publishTransformed (create: PubsubFactory): Promise<unknown> {
  const transformed: string[] = []
  const options: Partial<GossipsubOpts> = {
    dataTransform: {
      inboundTransform: (topic, data) => {
        transformed.push(`in ${topic} ${Buffer.from(data).toString()}`)
        return data.subarray(1)
      },
      outboundTransform: (topic, data) => {
        transformed.push(`out ${topic} ${Buffer.from(data).toString()}`)
        return Buffer.concat([Buffer.from('+'), data])
      }
    }
  }

  return withLine(create, [options, options], async nodes => {
    const texts = textsOf(nodes[1])
    await joinAll(nodes)
    const result = await publisher(nodes)('')
    await publisher(nodes)('text')
    await until(() => texts.length === 2)

    return { result, texts, transformed: transformed.toSorted() }
  })
}

function publisher (nodes: Node[]): (text: string, options?: PublishOpts) => Promise<unknown> {
  const nameOf = namesOf(nodes)

  return async (text, options) => outcome(async () => {
    const { recipients } = await nodes[0].services.pubsub.publish(TOPIC, Buffer.from(text), options)

    return recipients.map(nameOf).toSorted()
  })
}
