/** The sub-paths `./router` and `./score` are all that it takes to drive routers. */
import { expect } from 'aegir/chai'
import { checkParams, createRandom, decodeIds, featuresOf, Router } from '../../src/router.ts'
import { createPeerScoreParams, createPeerScoreThresholds } from '../../src/score.ts'
import type { CachedMessage, Event, IHave, RoutedMessage } from '../../src/router.ts'

const topic = 'topic'

describe('router: sub-path', () => {
  it('leads a message from one router to another', () => {
    const [alice, bob] = [createRouter('alice', 1), createRouter('bob', 2)]
    const id = Uint8Array.from([1, 2, 3])
    const message: RoutedMessage = { id, topic, encoded: new Uint8Array(10), message: { topic } }

    bob.handle({ type: 'topicJoined', topic }, 0)
    exchange(alice, bob)
    const published = alice.handle({ type: 'messagesPublished', messages: [message], floodPublish: false, lonelyTopics: new Set() }, 1)
    const received = published.flatMap(action => action.type === 'sendMessage' ? bob.handle(rpc('alice', [message]), 2) : [])
    const accepted = bob.handle({ type: 'messageValidated', id, verdict: 'accept' }, 3)

    expect(received.map(({ type }) => type)).to.deep.equal(['validate'])
    expect(accepted.map(({ type }) => type)).to.deep.equal(['deliver'])
    expect(bob.seen(bob.hash.of(id))).to.equal(true)
  })

  it('reads the ids of an IHAVE', () => {
    const { ihave } = gossipOf(createRouter('alice', 1))

    expect(ihave.map(({ ids }) => decodeIds(ids))).to.deep.equal([[Uint8Array.from([7, 8])]])
  })

  it('keeps a payload that comes in pieces as it is', () => {
    const encoded: CachedMessage['encoded'] = { byteLength: 1_000_000, [Symbol.iterator]: () => { throw new Error('nobody asks for the bytes') } }
    const alice = createRouter('alice', 1)
    const id = gossipOf(alice, encoded).id
    const [reply] = alice.handle({ ...rpc('peer0', []), control: { ihave: [], iwant: [{ messageIDs: [id] }], graft: [], prune: [], idontwant: [] } }, 5)

    expect(reply).to.have.nested.property('message.encoded', encoded)
  })
})

/** What a router announces at its heartbeat of a message that it published, to the one peer that pruned it. */
function gossipOf (router: Router, encoded: CachedMessage['encoded'] = new Uint8Array(10)): { id: Uint8Array<ArrayBuffer>, ihave: IHave[] } {
  const id = Uint8Array.from([7, 8])
  router.handle({ type: 'topicJoined', topic }, 0)
  connect(router, 'peer0')
  const pruned = { ihave: [], iwant: [], graft: [], prune: [{ topicID: topic, peers: [] }], idontwant: [] }
  router.handle({ ...rpc('peer0', []), control: pruned }, 1)
  router.handle({ type: 'messagesPublished', messages: [{ id, topic, encoded, message: { topic } }], floodPublish: false, lonelyTopics: new Set([topic]) }, 2)
  const actions = router.handle({ type: 'ticked' }, 3)

  return { id, ihave: actions.flatMap(action => action.type === 'sendRpc' ? action.control?.ihave ?? [] : []) }
}

function createRouter (self: string, seed: number): Router {
  return new Router({
    params: checkParams(), scoreParams: createPeerScoreParams(), thresholds: createPeerScoreThresholds(), self, random: createRandom(seed)
  })
}

/** Connects both, and hands over the subscriptions that they greet each other with. */
function exchange (alice: Router, bob: Router): void {
  const features = featuresOf('/meshsub/1.2.0')
  alice.handle({ type: 'peerConnected', peer: 'bob', features, origin: { isOutbound: true, ips: [] } }, 0)

  for (const action of bob.handle({ type: 'peerConnected', peer: 'alice', features, origin: { isOutbound: false, ips: [] } }, 0)) {
    if (action.type === 'sendRpc') {
      alice.handle({ ...rpc('bob', []), subscriptions: action.subscriptions ?? [] }, 0)
    }
  }
}

function connect (router: Router, peer: string): void {
  router.handle({ type: 'peerConnected', peer, features: featuresOf('/meshsub/1.2.0'), origin: { isOutbound: true, ips: [] } }, 0)
  router.handle({ ...rpc(peer, []), subscriptions: [{ topic, subscribe: true }] }, 0)
}

function rpc (peer: string, messages: RoutedMessage[]): Extract<Event, { type: 'rpcReceived' }> {
  return { type: 'rpcReceived', peer, subscriptions: [], messages }
}
