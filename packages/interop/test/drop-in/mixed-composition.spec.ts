import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { StrictNoSign, TopicValidatorResult } from '@libp2p/gossipsub'
import { createTopicScoreParams } from '@libp2p/gossipsub/score'
import { expect } from 'aegir/chai'
import { implementations } from './implementations.ts'
import { sleep, startBareNode, until } from './nodes.ts'
import { RecordingRegister } from './recording-register.ts'
import type { Pubsub } from './nodes.ts'
import type { GossipsubOpts } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'

const TOPICS = ['/eth2/00000000/beacon_block/ssz', '/eth2/00000000/attester_slashing/ssz']
const NODES = 6
const MESSAGES_PER_NODE = 8
const ID_BYTES = 20
/** How long to wait for copies that should not come. */
const SETTLE_MS = 500

interface Member {
  node: Libp2p
  pubsub: Pubsub
  register: RecordingRegister
  /** What the application was shown, `topic text`. */
  shown: string[]
}

/** As a beacon node does it: made by hand for a node that runs, and all messages are validated by the application. */
describe('drop-in: beacon nodes that run quicmesh and @libp2p/gossipsub', function () {
  this.timeout(30_000)

  let members: Member[]

  beforeEach(() => { members = [] })

  afterEach(async () => {
    await Promise.all(members.map(async ({ pubsub }) => pubsub.stop()))
    await Promise.all(members.map(async ({ node }) => node.stop()))
  })

  it('show every message of both topics to each application once, and think no worse of each other', async () => {
    members = await Promise.all(Array.from({ length: NODES }, async (_, index) => startMember(index)))
    await connectAll(members)

    const sent = await publishFromAll(members)
    await until(() => members.every(({ shown }) => shown.length >= sent.length - TOPICS.length * MESSAGES_PER_NODE))
    await sleep(SETTLE_MS)

    for (const [index, { shown, pubsub, register }] of members.entries()) {
      const expected = sent.filter(text => !text.includes(` ${index}/`)).toSorted()
      expect(shown.toSorted()).to.deep.equal(expected, `what member ${index} was shown`)
      expect(members.map(({ node }) => pubsub.getScore(node.peerId.toString())).filter(score => score < 0)).to.deep.equal([])

      const accepted = TOPICS.map((_, topic) => register.scrape()[`gossipsub_accepted_messages_total{topic=topic ${topic}}`])
      expect(accepted[0] + accepted[1]).to.equal(expected.length, `what member ${index} accepted`)
    }
  })
})

async function startMember (index: number): Promise<Member> {
  const node = await startBareNode()
  const register = new RecordingRegister()
  const create = index % 2 === 0 ? implementations.quicmesh : implementations.libp2p
  const pubsub = create(optionsOf(register))(node.services.components())
  const shown: string[] = []

  pubsub.addEventListener('gossipsub:message', ({ detail: { msgId, propagationSource, msg } }) => {
    shown.push(`${msg.topic} ${Buffer.from(msg.data).toString()}`)
    // after a while, as work of another thread
    setTimeout(() => { pubsub.reportMessageValidationResult(msgId, propagationSource.toString(), TopicValidatorResult.Accept) }, shown.length % 10)
  })

  return { node, pubsub, register, shown }
}

function optionsOf (metricsRegister: RecordingRegister): Partial<GossipsubOpts> {
  // ids of the wrong length do not fit in: never to be shown to it
  const buffer = Buffer.alloc(ID_BYTES)
  const topicParams = createTopicScoreParams({ topicWeight: 0.5, timeInMeshQuantum: 12_000, meshMessageDeliveriesWeight: 0, meshFailurePenaltyWeight: 0, invalidMessageDeliveriesWeight: -100 })

  return {
    globalSignaturePolicy: StrictNoSign,
    allowPublishToZeroTopicPeers: true,
    D: 4,
    Dlo: 3,
    Dhi: 6,
    Dlazy: 6,
    heartbeatInterval: 300,
    fanoutTTL: 60_000,
    mcacheLength: 6,
    mcacheGossip: 3,
    seenTTL: 33_000,
    gossipsubIWantFollowupMs: 12_000,
    scoreParams: { IPColocationFactorWeight: 0, behaviourPenaltyWeight: -15, behaviourPenaltyThreshold: 6, topics: Object.fromEntries(TOPICS.map(topic => [topic, topicParams])) },
    scoreThresholds: { gossipThreshold: -4_000, publishThreshold: -8_000, graylistThreshold: -16_000, acceptPXThreshold: 100, opportunisticGraftThreshold: 5 },
    awaitRpcHandler: false,
    awaitRpcMessageHandler: false,
    asyncValidation: true,
    batchPublish: true,
    floodPublish: false,
    maxOutboundBufferSize: 16 * 1_024 * 1_024,
    idontwantMinDataSize: 100,
    fastMsgIdFn: ({ topic = '', data = new Uint8Array() }) => createHash('sha256').update(topic).update(data).digest('base64'),
    msgIdFn: ({ topic, data }) => createHash('sha256').update(topic).update(data).digest().subarray(0, ID_BYTES),
    msgIdToStrFn: id => {
      buffer.set(id)
      return `0x${buffer.toString('hex')}`
    },
    dataTransform: {
      inboundTransform: (_, data) => inflateRawSync(data),
      outboundTransform: (_, data) => deflateRawSync(data)
    },
    metricsRegister,
    metricsTopicStrToLabel: new Map(TOPICS.map((topic, index) => [topic, `topic ${index}`]))
  }
}

/** Half of the connections are there before pubsub starts. */
async function connectAll (members: Member[]): Promise<void> {
  await connect(members, 1)
  await Promise.all(members.map(async ({ pubsub }) => pubsub.start()))
  members.forEach(({ pubsub }) => { TOPICS.forEach(topic => { pubsub.subscribe(topic) }) })
  await connect(members, 2)
  // neighbours at distances one and two
  await until(() => members.every(({ pubsub }) => TOPICS.every(topic => pubsub.getSubscribers(topic).length === 4 && pubsub.getMeshPeers(topic).length >= 3)))
}

async function connect (members: Member[], distance: number): Promise<void> {
  for (const [index, { node }] of members.entries()) {
    await node.dial(members[(index + distance) % NODES].node.getMultiaddrs())
  }
}

async function publishFromAll (members: Member[]): Promise<string[]> {
  const sent: string[] = []

  for (let count = 0; count < MESSAGES_PER_NODE; count++) {
    await Promise.all(members.map(async ({ pubsub }, index) => {
      for (const topic of TOPICS) {
        // some above and some below `idontwantMinDataSize`
        const text = `${index}/${count} ${createHash('sha512').update(`${index}/${count}`).digest('hex').repeat(count % 3)}`
        sent.push(`${topic} ${text}`)
        await pubsub.publish(topic, Buffer.from(text))
      }
    }))
  }

  return sent
}
