import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { SignedMessages } from '../../src/wire/message.ts'
import { topicParams } from '../conformance/worth.ts'
import { createNode, stopNodes, until } from '../fixtures/node.ts'
import { frameOf, RawPeer, stopRawPeers } from '../fixtures/raw-peer.ts'
import type { DroppedReason, GossipsubOpts } from '../../src/index.ts'
import type { RPC } from '../../src/wire/rpc.ts'
import type { TestNode } from '../fixtures/node.ts'
import type { Stream } from '@libp2p/interface'

const TOPIC = 'topic'

/** Each fault costs its square, and is not forgotten. */
const SCORING: Partial<GossipsubOpts> = {
  scoreParams: {
    topics: { [TOPIC]: topicParams({ invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 0.999 }) },
    behaviourPenaltyWeight: -1,
    behaviourPenaltyDecay: 0.999
  }
}

describe('attack: over the wire', () => {
  afterEach(async () => {
    await stopRawPeers()
    await stopNodes()
  })

  it('forged signatures cost the place in the mesh, told by a PRUNE without peers, then the ear', async () => {
    const { node, attacker, send } = await setUp()
    await until(() => node.pubsub.getMeshPeers(TOPIC).length === 1)

    for (let i = 0; i < 10; i++) {
      const { message } = await new SignedMessages(attacker.privateKey, Date.now()).build(TOPIC, Uint8Array.of(i))
      send({ messages: [{ ...message, data: Uint8Array.of(6, 6, 6) }] })
    }
    await until(() => node.pubsub.getScore(attacker.id.toString()) < -80)
    await until(() => attacker.control('prune').includes(TOPIC))

    send({ control: control({ graft: [{ topicID: TOPIC }] }) })
    await untilDropped(node, 'graylisted-peer')
    const [prune] = attacker.received.flatMap(rpc => rpc.control?.prune ?? [])
    expect(Number(prune.backoff)).to.equal(60)
    expect(prune.peers).to.be.empty()
    expect(node.pubsub.getMeshPeers(TOPIC)).to.be.empty()
  })

  it('messages that break the signature policy cost as much as forged ones', async () => {
    const { node, attacker, send } = await setUp()

    send({ messages: Array.from({ length: 9 }, (_, i) => ({ topic: TOPIC, data: Uint8Array.of(i) })) })

    await until(() => node.pubsub.getScore(attacker.id.toString()) === -81)
  })

  it('GRAFT in the backoff is answered by PRUNE, and punished', async () => {
    const { node, attacker, send } = await setUp()
    await until(() => node.pubsub.getMeshPeers(TOPIC).length === 1)

    send({ control: control({ prune: [{ topicID: TOPIC, peers: [], backoff: 60 }] }) })
    send({ control: control({ graft: [{ topicID: TOPIC }] }) })

    await until(() => attacker.control('prune').includes(TOPIC))
    // twice at once, for it is a flood
    expect(node.pubsub.getScore(attacker.id.toString())).to.be.closeTo(-4, 0.1)
  })

  it('IWANT spam: a message goes to who asks three times, after the once that it is due', async () => {
    const { node, attacker, send } = await setUp({ msgIdFn: ({ data }) => data })
    await until(() => node.pubsub.getMeshPeers(TOPIC).length === 1)
    await node.pubsub.publish(TOPIC, Uint8Array.of(1))

    for (let i = 0; i < 10; i++) {
      send({ control: control({ iwant: [{ messageIDs: [Uint8Array.of(1)] }] }) })
    }
    await node.pubsub.publish(TOPIC, Uint8Array.of(2))
    await until(() => attacker.messages.length >= 5)

    await node.pubsub.publish(TOPIC, Uint8Array.of(3))
    await until(() => attacker.messages.some(({ data }) => data?.[0] === 3))
    expect(attacker.messages.filter(({ data }) => data?.[0] === 1)).to.have.lengthOf(4)
  })

  it('IHAVE for nothing is asked for once, and punished when nothing comes', async () => {
    const { node, attacker, send } = await setUp({ gossipsubIWantFollowupMs: 100 })
    send({ control: control({ ihave: [{ topicID: TOPIC, messageIDs: Array.from({ length: 100 }, (_, i) => Uint8Array.of(i)) }] }) })

    await until(() => node.pubsub.getScore(attacker.id.toString()) < 0)

    expect(attacker.received.flatMap(rpc => rpc.control?.iwant ?? []).flatMap(({ messageIDs }) => messageIDs)).to.have.lengthOf(100)
    expect(node.pubsub.getScore(attacker.id.toString())).to.be.closeTo(-1, 0.1)
  })

  it('IDONTWANT is obeyed: a message of our own is not sent either', async () => {
    const { node, attacker, send } = await setUp({ msgIdFn: ({ data }) => data })
    await until(() => node.pubsub.getMeshPeers(TOPIC).length === 1)
    send({ control: control({ idontwant: [{ messageIDs: [Uint8Array.of(1)] }] }) })
    // frames are handled in order: when this is answered, the other is known
    send({ control: control({ ihave: [{ topicID: TOPIC, messageIDs: [Uint8Array.of(9)] }] }) })
    await until(() => attacker.received.some(rpc => (rpc.control?.iwant.length ?? 0) > 0))

    await node.pubsub.publish(TOPIC, Uint8Array.of(1), { allowPublishToZeroTopicPeers: true })
    await node.pubsub.publish(TOPIC, Uint8Array.of(2))

    await until(() => attacker.messages.length > 0)
    expect(attacker.messages.map(({ data }) => data?.[0])).to.deep.equal([2])
  })

  it('peers named in a PRUNE of a stranger are not dialled', async () => {
    const { node, attacker, send } = await setUp()
    const victims = await Promise.all(Array.from({ length: 3 }, async () => (await generateKeyPair('Ed25519')).publicKey.toMultihash().bytes))

    send({ control: control({ prune: [{ topicID: TOPIC, backoff: 60, peers: victims.map(peerID => ({ peerID: Uint8Array.from(peerID) })) }] }) })

    await untilDropped(node, 'low-score-px')
    expect(node.libp2p.getPeers().map(String)).to.deep.equal([attacker.id.toString()])
    expect(node.libp2p.getDialQueue()).to.be.empty()
  })
})

interface Attack {
  node: TestNode
  attacker: RawPeer
  send(rpc: Partial<RPC>): void
}

/** A node that subscribes, and an attacker that does so, too. */
async function setUp (options: Partial<GossipsubOpts> = {}): Promise<Attack> {
  const node = await createNode({ ...SCORING, ...options })
  node.pubsub.subscribe(TOPIC)
  const attacker = await RawPeer.create(await generateKeyPair('Ed25519'), '/meshsub/1.2.0')
  const stream: Stream = await attacker.open(node)
  const send = (rpc: Partial<RPC>): void => { stream.send(frameOf(rpc)) }
  send({ subscriptions: [{ subscribe: true, topic: TOPIC }] })
  await until(() => node.pubsub.getSubscribers(TOPIC).length === 1)

  return { node, attacker, send }
}

function control (partial: Partial<RPC.ControlMessage>): RPC.ControlMessage {
  return { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...partial }
}

async function untilDropped ({ pubsub }: TestNode, reason: DroppedReason): Promise<void> {
  await until(() => (pubsub.dropCounters[reason] ?? 0) > 0)
}
