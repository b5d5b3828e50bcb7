import { expect } from 'aegir/chai'
import { createRandom } from '../../src/router/random.ts'
import { createMessage, createMessages, Harness, nameOf, only, peerNames, recipients, SELF } from './harness.ts'
import { seeds } from './seeds.ts'
import type { Action, CachedMessage, PeerIdStr, RoutedMessage, TopicStr } from '../../src/router/events.ts'
import type { Random } from '../../src/router/random.ts'

const EVENTS_PER_RUN = 3_000
const TOPICS = ['a', 'b', 'c']
const MESH_PEERS = peerNames(12)
const FLOODSUB_PEERS = peerNames(2, 'flood')
const BACKOFF_MS = 5_000
const MAX_CACHED = 20

describe('router: invariants under random events', () => {
  for (const seed of seeds()) {
    it(`hold (SEED=${seed})`, () => {
      const run = new Run(seed)

      for (let i = 0; i < EVENTS_PER_RUN; i++) {
        run.step()
      }

      // a run in which nothing happens proves nothing
      expect(run.pushed.size).to.be.greaterThan(100)
      expect(run.backoffCount).to.be.greaterThan(20)
      expect(run.delivered.size).to.be.greaterThan(50)
    })
  }
})

/** A router among peers that do anything, and what must hold after each event. */
class Run {
  readonly pushed = new Set<string>()
  readonly delivered = new Set<string>()
  readonly backoffs = new Map<string, number>()
  backoffCount = 0

  private readonly random: Random
  private readonly harness: Harness
  private readonly connected = new Map<PeerIdStr, { subscribed: Set<TopicStr>, grafted: Set<TopicStr> }>()
  private readonly validated = new Set<string>()
  private readonly pending: RoutedMessage[] = []
  private readonly holders = new Map<string, Set<PeerIdStr>>()
  private readonly own = new Set<string>()
  private nextMessage = 0

  constructor (seed: number) {
    this.random = createRandom(seed)
    this.harness = new Harness({
      D: 3,
      Dlo: 2,
      Dhi: 4,
      Dlazy: 2,
      pruneBackoff: BACKOFF_MS,
      unsubscribeBackoff: BACKOFF_MS,
      maxCachedMessages: MAX_CACHED,
      maxSubscriptionsPerPeer: 2,
      maxPendingValidations: 10
    }, { seed })
  }

  step (): void {
    this.harness.now += this.random.below(300)
    const { description, actions } = this.anyEvent()

    try {
      this.checkState()
      this.checkActions(actions)
    } catch (err) {
      throw new Error(`After ${description} at ${this.harness.now}`, { cause: err })
    }
  }

  private anyEvent (): { description: string, actions: Action[] } {
    const { harness } = this
    const peer = this.pick([...MESH_PEERS, ...FLOODSUB_PEERS])
    const topic = this.pick(TOPICS)
    const known = this.connected.get(peer)
    const mesh = !FLOODSUB_PEERS.includes(peer)

    const events: Array<[weight: number, name: string, run: () => Action[]]> = [
      [3, 'connect', () => {
        this.connected.set(peer, known ?? { subscribed: new Set(), grafted: new Set() })
        return harness.connect(peer, { mesh })
      }],
      [1, 'disconnect', () => { this.connected.delete(peer); return harness.disconnect(peer) }],
      [6, 'subscribe', () => { known?.subscribed.add(topic); return harness.subscribe(peer, topic) }],
      [2, 'unsubscribe', () => {
        known?.subscribed.delete(topic)
        known?.grafted.delete(topic)
        return harness.unsubscribe(peer, topic)
      }],
      [3, 'join', () => harness.join(topic)],
      [1, 'leave', () => harness.leave(topic)],
      [6, 'graft', () => { known?.grafted.add(topic); return harness.graft(peer, topic) }],
      [3, 'prune', () => {
        if (known != null && harness.router.mesh.has(topic)) {
          this.backOff(topic, peer)
        }
        return harness.prune(peer, topic)
      }],
      [20, 'message', () => this.receiveMessage(peer, this.anyMessage(topic))],
      [15, 'verdict', () => this.anyVerdict()],
      [4, 'publish', () => harness.publish(this.ownMessage(topic), this.random.below(4) === 0)],
      [3, 'ihave', () => harness.ihave(peer, topic, [this.anyMessage(topic)])],
      [3, 'iwant', () => this.requestAll(peer)],
      [6, 'tick', () => harness.tick(0)]
    ]

    const [, name, run] = this.pickWeighted(events)

    return { description: `${name} of ${peer} in ${topic}`, actions: run() }
  }

  private receiveMessage (peer: PeerIdStr, message: RoutedMessage): Action[] {
    const actions = this.harness.message(peer, message)
    const isKnownFrom = actions.some(({ type }) => type === 'validate' || type === 'reportDuplicate')

    if (isKnownFrom) {
      const holders = this.holders.get(nameOf(message.id)) ?? new Set()
      this.holders.set(nameOf(message.id), holders.add(peer))
    }

    return actions
  }

  /** On a message that waits for one; now and then it is given again, which must be harmless. */
  private anyVerdict (): Action[] {
    const index = this.random.below(this.pending.length + 1)
    const message = this.pending[index]

    if (message == null) {
      return []
    }
    if (this.random.below(4) > 0) {
      this.pending.splice(index, 1)
    }

    return this.harness.verdict(message, this.pick(['accept', 'accept', 'accept', 'ignore', 'reject']))
  }

  private requestAll (peer: PeerIdStr): Action[] {
    const actions = this.harness.iwant(peer, createMessages(this.nextMessage))

    expect(recipients(actions).length, 'messages in the cache').to.be.at.most(MAX_CACHED)

    return actions
  }

  private checkState (): void {
    const { router } = this.harness

    expect([...router.mesh.keys()], 'topics of meshes').to.deep.equal([...router.subscriptions])

    for (const [topic, members] of router.mesh) {
      for (const peer of members) {
        const known = this.connected.get(peer)
        expect(known?.subscribed.has(topic) === true || known?.grafted.has(topic) === true, `${peer} may be in the mesh of ${topic}`).to.equal(true)
        expect(FLOODSUB_PEERS.includes(peer), `${peer} speaks floodsub`).to.equal(false)
        expect(this.harness.now >= (this.backoffs.get(`${topic} ${peer}`) ?? 0), `${peer} is in the mesh after its backoff`).to.equal(true)
      }
    }

    for (const [topic, members] of router.fanout) {
      expect(router.subscriptions.has(topic), 'fanout of a joined topic').to.equal(false)
      expect(members.size, 'size of a fanout').to.be.at.most(3)
      members.forEach(peer => { expect(router.topics.get(topic)?.has(peer), `${peer} subscribed`).to.equal(true) })
    }

    for (const [topic, subscribers] of router.topics) {
      expect(subscribers.size, `subscribers of ${topic}`).to.be.greaterThan(0)
      subscribers.forEach(peer => { expect(this.connected.get(peer)?.subscribed.has(topic), `${peer} subscribed`).to.equal(true) })
    }
  }

  private checkActions (actions: Action[]): void {
    const rpcs = only(actions, 'sendRpc')

    expect(new Set(rpcs.map(rpc => rpc.peer)).size, 'frames per peer').to.equal(rpcs.length)

    for (const { peer, control } of rpcs) {
      expect(this.connected.has(peer), `${peer} is connected`).to.equal(true)
      control?.graft.forEach(({ topicID }) => { this.checkGraft(`${topicID} ${peer}`) })
      control?.prune.forEach(({ topic }) => { this.backOff(topic, peer) })
    }

    // who is in the mesh after its backoff, by its own GRAFT or ours, may be told so again when its stream is re-opened
    only(actions, 'reportGraft').forEach(({ topic, peer }) => { this.backoffs.delete(`${topic} ${peer}`) })

    for (const { message } of only(actions, 'validate')) {
      expect(this.validated.has(nameOf(message.id)), `${nameOf(message.id)} validated before`).to.equal(false)
      this.validated.add(nameOf(message.id))
      this.pending.push(message)
    }

    for (const { message } of only(actions, 'deliver')) {
      expect(this.delivered.has(nameOf(message.id)), 'delivered before').to.equal(false)
      expect(this.harness.router.subscriptions.has(message.topic), 'joined').to.equal(true)
      this.delivered.add(nameOf(message.id))
    }

    only(actions, 'sendMessage').forEach(action => { this.checkMessage(action) })
  }

  private checkMessage ({ message, peers, reason }: Extract<Action, { type: 'sendMessage' }>): void {
    for (const peer of peers) {
      expect(this.connected.has(peer), `${peer} is connected`).to.equal(true)

      if (reason === 'iwant') {
        continue
      }

      const push = `${nameOf(message.id)} ${peer}`
      expect(this.pushed.has(push), `${push} pushed before`).to.equal(false)
      expect(this.holders.get(nameOf(message.id))?.has(peer) === true, `${peer} sent it`).to.equal(false)
      expect(peer, 'the author').to.not.equal(this.authorOf(message))
      this.pushed.add(push)
    }
  }

  /** As `anyMessage` and `publish` make them. */
  private authorOf ({ id }: CachedMessage): PeerIdStr {
    return this.own.has(nameOf(id)) ? SELF : MESH_PEERS[Number(nameOf(id).slice('id-'.length)) % MESH_PEERS.length]
  }

  private checkGraft (key: string): void {
    const expiry = this.backoffs.get(key) ?? -Infinity
    const slackMs = this.harness.params.heartbeatInterval

    expect(this.harness.now, `GRAFT of ${key}`).to.be.at.least(expiry + slackMs)
  }

  private backOff (topic: TopicStr, peer: PeerIdStr): void {
    this.backoffCount++
    this.backoffs.set(`${topic} ${peer}`, this.harness.now + BACKOFF_MS)
  }

  private ownMessage (topic: TopicStr): RoutedMessage {
    const message = createMessage(this.nextMessage++, { topic, author: SELF })
    this.own.add(nameOf(message.id))

    return message
  }

  /** A new message, one of the last ones, or one of a peer's own. */
  private anyMessage (topic: TopicStr): RoutedMessage {
    const isNew = this.random.below(3) === 0 || this.nextMessage === 0
    const number = isNew ? this.nextMessage++ : Math.max(0, this.nextMessage - 1 - this.random.below(10))

    // an id stands for one message: its topic and author follow from it
    return createMessage(number, { topic: TOPICS[number % TOPICS.length] ?? topic, author: MESH_PEERS[number % MESH_PEERS.length] })
  }

  private pick <T> (array: readonly T[]): T {
    return array[this.random.below(array.length)]
  }

  private pickWeighted <T extends [number, ...unknown[]]> (choices: T[]): T {
    let left = this.random.below(choices.reduce((sum, [weight]) => sum + weight, 0))

    for (const choice of choices) {
      left -= choice[0]
      if (left < 0) {
        return choice
      }
    }

    throw new Error('Unreachable: the weights add up')
  }
}
