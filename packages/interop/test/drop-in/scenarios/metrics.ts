/** What the metrics of `b` say after the same traffic: `a` to `b` to `c`. */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import { until } from '../nodes.ts'
import { RecordingRegister } from '../recording-register.ts'
import { TOPIC, joinAll, textsOf, withLine } from './network.ts'
import type { PubsubFactory } from '../nodes.ts'

const verdicts: Record<string, TopicValidatorResult> = { reject: TopicValidatorResult.Reject, ignore: TopicValidatorResult.Ignore }

/** Depends on who is first, or on how busy the machine is, whether there is any. */
const CHANCE = /heartbeat_skipped|rpc_(?:sent|recv)_(?:control|graft|prune)/

/** Depends on time, on what fits in one frame, or on how a message is encoded, but there is some. */
const DEPENDS = /heartbeat|_seconds|rpc_(?:sent|recv)_(?:bytes|count)|behaviour_penalty|score_(?:fn|cache)|new_connection|cache_size\{cache=(?:mcache|seenCache|backoff)/

export async function metrics (create: PubsubFactory): Promise<unknown> {
  const register = new RecordingRegister()
  const metricsTopicStrToLabel = new Map([[TOPIC, 'label']])

  return withLine(create, [{}, { metricsRegister: register, metricsTopicStrToLabel }, {}], async nodes => {
    const [a, b, c] = nodes.map(node => node.services.pubsub)
    const texts = textsOf(nodes[2])
    b.topicValidators.set(TOPIC, (_, { data }) => verdicts[Buffer.from(data).toString()] ?? TopicValidatorResult.Accept)
    await joinAll(nodes)

    for (const text of ['reject', 'ignore', 'accept 1', 'accept 2']) {
      await a.publish(TOPIC, Buffer.from(text))
    }

    await b.publish(TOPIC, Buffer.from('own'))
    await until(() => texts.length === 3)
    let heartbeats = 0
    b.addEventListener('gossipsub:heartbeat', () => { heartbeats++ })
    await until(() => heartbeats >= 3)
    const joined = register.scrape()
    c.unsubscribe(TOPIC)
    await until(() => b.getSubscribers(TOPIC).length === 1 && b.getMeshPeers(TOPIC).length === 1)

    return { joined: plain(joined), left: plain(register.scrape()) }
  })
}

/** What is not zero: the value where the traffic decides it, otherwise that there is one. */
function plain (values: Record<string, number>): Record<string, number | string> {
  const told = Object.entries(values).filter(([name, value]) => value !== 0 && !CHANCE.test(name))

  return Object.fromEntries(told.map(([name, value]) => [name, DEPENDS.test(name) ? 'some' : value]))
}
