/** Validators of topics, and validation by the application's report. The line is `a` to `b` to `c`; `b` validates what `a` publishes. */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import { createTopicScoreParams } from '@libp2p/gossipsub/score'
import { until } from '../nodes.ts'
import { TOPIC, joinAll, namesOf, textsOf, withLine } from './network.ts'
import type { Node, PubsubFactory } from '../nodes.ts'
import type { GossipsubOpts, Message } from '@libp2p/gossipsub'

/** Nothing counts but invalid messages. */
const SCORED: Partial<GossipsubOpts> = {
  scoreParams: {
    IPColocationFactorWeight: 0,
    topics: {
      [TOPIC]: createTopicScoreParams({
        topicWeight: 1,
        timeInMeshWeight: 0,
        firstMessageDeliveriesWeight: 0,
        meshMessageDeliveriesWeight: 0,
        meshFailurePenaltyWeight: 0,
        invalidMessageDeliveriesWeight: -1,
        invalidMessageDeliveriesDecay: 0.99
      })
    }
  }
}

const results: Record<string, () => TopicValidatorResult | Promise<TopicValidatorResult>> = {
  accept: () => TopicValidatorResult.Accept,
  ignore: () => TopicValidatorResult.Ignore,
  reject: () => TopicValidatorResult.Reject,
  'accept later': async () => TopicValidatorResult.Accept,
  'ignore later': async () => TopicValidatorResult.Ignore,
  'reject later': async () => TopicValidatorResult.Reject
}

/** Each result of a validator: who gets the message, what the validator is shown, and whether it costs the sender. */
export async function validators (create: PubsubFactory): Promise<unknown> {
  const outcomes: Record<string, unknown> = {}

  for (const [name, result] of Object.entries(results)) {
    outcomes[name] = await withLine(create, [{}, SCORED, {}], async nodes => validate(nodes, name, result))
  }

  return outcomes
}

/** `asyncValidation`: the message is shown at once, and goes on when the application says so. */
export async function reports (create: PubsubFactory): Promise<unknown> {
  const outcomes: Record<string, unknown> = {}

  for (const acceptance of [TopicValidatorResult.Accept, TopicValidatorResult.Ignore, TopicValidatorResult.Reject]) {
    outcomes[acceptance] = await withLine(create, [{}, { ...SCORED, asyncValidation: true }, {}], async nodes => report(nodes, acceptance))
  }

  return outcomes
}

async function validate (nodes: Node[], name: string, result: () => TopicValidatorResult | Promise<TopicValidatorResult>): Promise<unknown> {
  const [a, b] = nodes.map(node => node.services.pubsub)
  const texts = nodes.map(textsOf)
  const nameOf = namesOf(nodes)
  const asked: unknown[] = []
  b.topicValidators.set(TOPIC, (peer, message: Message) => {
    asked.push([nameOf(peer), message.type, message.topic, Buffer.from(message.data).toString()])
    return asked.length === 1 ? result() : TopicValidatorResult.Accept
  })
  await joinAll(nodes)
  await a.publish(TOPIC, Buffer.from(name))
  await until(() => asked.length === 1)
  const score = await settledScore(nodes)
  // a second one proves that the first would have arrived
  b.topicValidators.set(TOPIC, () => TopicValidatorResult.Accept)
  await a.publish(TOPIC, Buffer.from('end'))
  await until(() => texts[2].includes('end'))

  return { asked, score, texts: texts.map(texts => texts.toSorted()) }
}

async function report (nodes: Node[], acceptance: TopicValidatorResult): Promise<unknown> {
  const [a, b, c] = nodes.map(node => node.services.pubsub)
  const texts = nodes.map(textsOf)
  const shown = new Promise<{ msgId: string, source: string }>(resolve => {
    b.addEventListener('gossipsub:message', ({ detail }) => { resolve({ msgId: detail.msgId, source: detail.propagationSource.toString() }) }, { once: true })
  })
  await joinAll(nodes)
  await a.publish(TOPIC, Buffer.from('to be reported'))
  const { msgId, source } = await shown
  const before = texts.map(texts => [...texts])
  b.reportMessageValidationResult(msgId, source, acceptance)
  b.reportMessageValidationResult('an id that nobody knows', source, acceptance)
  const score = await settledScore(nodes)
  await b.publish(TOPIC, Buffer.from('end'))
  await until(() => texts[2].includes('end'))

  return { source: namesOf(nodes)(source), before, score, texts: texts.map(texts => texts.toSorted()), subscribers: c.getSubscribers(TOPIC).length }
}

/** What `b` thinks of `a`, three heartbeats later: scores may be cached for one. */
async function settledScore ([a, b]: Node[]): Promise<string> {
  const { pubsub } = b.services
  let heartbeats = 0
  pubsub.addEventListener('gossipsub:heartbeat', () => { heartbeats++ })
  await until(() => heartbeats >= 3)
  const peer = a.peerId.toString()

  return `${pubsub.getScore(peer) < 0 ? 'negative' : 'zero'}, ${pubsub.score.score(peer) < 0 ? 'negative' : 'zero'}`
}
