import { expect } from 'aegir/chai'
import { connect, createNode, stopNodes, until, untilSubscribed } from './fixtures/node.ts'

const TOPIC = 'news'

describe('a blacklisted peer that stays connected', () => {
  afterEach(stopNodes)

  for (const [how, expiryMs] of [['deleted', Infinity], ['expired', 300]] as const) {
    it(`is out at once, and spoken to again when it is ${how}`, async () => {
      const [node, other] = await Promise.all([createNode(), createNode()])
      ;[node, other].forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
      await connect(node, other)
      await untilSubscribed(TOPIC, node, other)
      const peer = other.libp2p.peerId.toString()

      node.pubsub.blacklist.add(peer, expiryMs)
      expect(node.pubsub.getPeers()).to.be.empty()
      expect(node.pubsub.getSubscribers(TOPIC)).to.be.empty()

      if (how === 'deleted') {
        node.pubsub.blacklist.delete(peer)
      }

      await until(() => node.pubsub.getSubscribers(TOPIC).length === 1)
      expect(node.libp2p.getConnections()).to.have.lengthOf(1)
    })
  }
})
