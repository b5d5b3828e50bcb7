/**
 * What routers mean to say arrives: all that the routers of a random network send goes through outbox, stream and frames, and is compared with
 * what comes out of them. SEED repeats a failure.
 */
import { expect } from 'aegir/chai'
import { Outbox } from '../../src/net/outbox.ts'
import { Turn } from '../../src/net/turn.ts'
import { decodeIds } from '../../src/router/encoded-ids.ts'
import { createRandom } from '../../src/router/random.ts'
import { scanRpc } from '../../src/wire/decode.ts'
import { frameMessage } from '../../src/wire/encode.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { controlToWire } from '../../src/wire-control.ts'
import { FakeStream } from '../fixtures/fake-stream.ts'
import { Network } from '../sim/network.ts'
import { seeds } from './seeds.ts'
import type { Action, CachedMessage, PeerIdStr } from '../../src/router/events.ts'
import type { Random } from '../../src/router/random.ts'
import type { ScannedRpc } from '../../src/wire/decode.ts'

const NODES = 10
const STEPS = 250
const TOPICS = ['t', 'тема', '/eth2/b5303f2a/beacon_attestation_17/ssz_snappy']
const PARAMS = { D: 4, Dlo: 3, Dhi: 6, Dlazy: 3, fanoutTTL: 5_000 }

/** By kind, in order: which frame something is in does not matter. `mesh` is GRAFT and PRUNE once more, together. */
type Said = Record<'subscriptions' | 'mesh' | 'graft' | 'prune' | 'iwant' | 'idontwant' | 'ihave' | 'messages', string[]>

function nothing (): Said {
  return { subscriptions: [], mesh: [], graft: [], prune: [], iwant: [], idontwant: [], ihave: [], messages: [] }
}

/** One direction between two nodes. */
class Line {
  readonly meant = nothing()
  readonly heard = nothing()
  frames = 0

  private readonly turn: Turn
  private readonly outbox: Outbox
  private readonly stream: FakeStream
  private readonly decoder = new FrameDecoder(1_000_000)
  private read = 0

  /** The stream takes `room` bytes before it has to be drained. */
  constructor (now: () => number, room: number) {
    this.turn = new Turn(now)
    this.stream = new FakeStream(room)
    this.outbox = new Outbox({
      turn: this.turn,
      maxBytes: 10_000_000,
      maxForwardAgeMs: Infinity,
      onDrop: reason => { throw new Error(`Dropped: ${reason}`) },
      onWriteError: (_, err) => { throw err }
    })
    this.outbox.attach(this.stream)
  }

  sendRpc ({ subscriptions, control }: Extract<Action, { type: 'sendRpc' }>): void {
    this.meant.subscriptions.push(...(subscriptions ?? []).map(subscriptionText))

    if (control != null) {
      this.meant.mesh.push(...meshText(control.graft.map(graftText), control.prune.map(({ topic }) => topic)))
      this.meant.graft.push(...control.graft.map(graftText))
      this.meant.prune.push(...control.prune.map(({ topic, backoffMs, peers }) => pruneText(topic, backoffMs == null ? undefined : backoffMs / 1_000, peers)))
      this.meant.iwant.push(...control.iwant.flatMap(idsText))
      this.meant.idontwant.push(...control.idontwant.flatMap(idsText))
      this.meant.ihave.push(...control.ihave.flatMap(({ topic, ids }) => decodeIds(ids).map(id => ihaveText(topic, id))))
    }

    this.outbox.sendRpc(subscriptions, control == null ? undefined : controlToWire(control, peerInfo))
  }

  sendMessage ({ id, topic }: CachedMessage, reason: Extract<Action, { type: 'sendMessage' }>['reason']): void {
    this.meant.messages.push(messageText(topic, id))
    this.outbox.sendMessage(frameMessage(RPC.Message.encode({ topic, data: id })), reason, id)
  }

  endTurn (): void {
    this.turn.end()
    this.receive()
  }

  /** Let the stream take so many bytes more. */
  drain (room: number): void {
    this.stream.drain(room)
    this.receive()
  }

  /** Let the stream take the rest. */
  async finish (): Promise<void> {
    this.endTurn()
    this.drain(Infinity)
    await new Promise<void>(resolve => { this.outbox.onceEmpty(resolve) })
    await settled()
    this.receive()
    this.turn.cancel()
    this.outbox.clear()
  }

  private receive (): void {
    for (; this.read < this.stream.writes.length; this.read++) {
      for (const frame of this.decoder.push(this.stream.writes[this.read])) {
        this.frames++
        this.hear(scanRpc(frame))
      }
    }
  }

  private hear ({ subscriptions, messages, control }: ScannedRpc): void {
    this.heard.subscriptions.push(...subscriptions.map(subscriptionText))
    this.heard.mesh.push(...meshText((control?.graft ?? []).map(graftText), (control?.prune ?? []).map(({ topicID }) => String(topicID))))
    this.heard.graft.push(...(control?.graft ?? []).map(graftText))
    this.heard.prune.push(...(control?.prune ?? []).map(({ topicID = '', backoff, peers }) => pruneText(topicID, backoff, peers.map(peerName))))
    this.heard.iwant.push(...(control?.iwant ?? []).flatMap(idsText))
    this.heard.idontwant.push(...(control?.idontwant ?? []).flatMap(idsText))
    this.heard.ihave.push(...(control?.ihave ?? []).flatMap(({ topicID = '', messageIDs }) => messageIDs.map(id => ihaveText(topicID, id))))

    for (let i = 0; i < messages.count; i++) {
      this.heard.messages.push(messageText(messages.topicOf(i), messages.messageAt(i).data ?? new Uint8Array(0)))
    }
  }
}

/** Until what stream and outbox put off is done. */
async function settled (): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}

function text (bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function subscriptionText ({ subscribe, topic }: RPC.SubOpts): string {
  return `${String(subscribe)} ${String(topic)}`
}

function graftText ({ topicID }: RPC.ControlGraft): string {
  return String(topicID)
}

function meshText (grafts: string[], prunes: string[]): string[] {
  return [...grafts.map(topic => `graft ${topic}`), ...prunes.map(topic => `prune ${topic}`)]
}

function pruneText (topic: string, backoff: number | undefined, peers: PeerIdStr[]): string {
  return `${topic} ${String(backoff)} ${peers.join()}`
}

function idsText ({ messageIDs }: RPC.ControlIWant): string[] {
  return messageIDs.map(text)
}

function ihaveText (topic: string, id: Uint8Array): string {
  return `${topic} ${text(id)}`
}

function messageText (topic: string, id: Uint8Array): string {
  return `${topic} ${text(id)}`
}

/** With a record, so that frames are as long as they are. */
function peerInfo (peer: PeerIdStr): RPC.PeerInfo {
  return { peerID: new TextEncoder().encode(peer), signedPeerRecord: new Uint8Array(200) }
}

function peerName ({ peerID, signedPeerRecord }: RPC.PeerInfo): PeerIdStr {
  expect(signedPeerRecord).to.have.lengthOf(200)

  return text(peerID ?? new Uint8Array(0))
}

interface Run {
  network: Network
  lines: Map<string, Line>
  /** Called after each event that a router handled, with the lines that it wrote to. */
  onHandled(written: Line[]): void
}

/** A network that is joined, left, connected, disconnected and published in by chance; a third of its messages get lost. */
async function play (seed: number, room: number, onHandled: Run['onHandled']): Promise<Line[]> {
  const random = createRandom(seed)
  const network = new Network(seed, NODES, PARAMS, { doPX: true })
  const run = { network, lines: new Map<string, Line>(), onHandled }
  network.isLost = () => random.below(3) === 0
  network.nodes.slice(0, 3).forEach((node, i) => { node.version = (['v1.0', 'v1.1', 'floodsub'] as const)[i] })
  network.nodes.forEach(node => { listen(run, node.id, room) })
  network.connectRandomly(4)
  network.nodes.forEach(node => { network.join(node, TOPICS[0]) })

  for (let i = 0; i < STEPS; i++) {
    step(network, random)
    network.run(random.below(400))
    await settled()
  }

  return [...run.lines.values()]
}

function step (network: Network, random: Random): void {
  const [node] = random.sample(network.nodes, 1)
  const [topic] = random.sample(TOPICS, 1)

  switch (random.below(16)) {
    case 0:
      network.leave(node, topic)
      break
    case 1: {
      const [other] = random.sample(network.neighbours(node), 1)

      if (other != null) {
        network.disconnect(node, other)
      }
      break
    }
    case 2:
      network.connectToOthers(node, 6)
      break
    case 3:
    case 4:
    case 5:
      network.join(node, topic)
      break
    default:
      // above 1,024 bytes IDONTWANT is sent
      network.publish(node, topic, random.below(2) === 0 ? 100 : 2_000)
  }
}

/** Put on the lines what the router of a node says. */
function listen ({ network, lines, onHandled }: Run, id: PeerIdStr, room: number): void {
  const router = network.nodes.find(node => node.id === id)?.router

  if (router == null) {
    throw new Error('No such node')
  }

  const handle = router.handle.bind(router)

  function lineTo (peer: PeerIdStr): Line {
    const key = `${id} ${peer}`
    const line = lines.get(key) ?? new Line(() => network.now, room)
    lines.set(key, line)

    return line
  }

  router.handle = (event, now) => {
    const actions = handle(event, now)
    const written = new Set<Line>()

    for (const action of actions) {
      if (action.type === 'sendRpc') {
        const line = lineTo(action.peer)
        line.sendRpc(action)
        written.add(line)
      } else if (action.type === 'sendMessage') {
        action.peers.map(lineTo).forEach(line => {
          line.sendMessage(action.message, action.reason)
          written.add(line)
        })
      }
    }

    onHandled([...written])

    return actions
  }
}

/** How much was said of each kind. */
function count (lines: Line[]): Record<string, number> {
  const counts: Record<string, number> = {}

  for (const { heard } of lines) {
    for (const [kind, list] of Object.entries(heard)) {
      counts[kind] = (counts[kind] ?? 0) + list.length
    }
  }

  return counts
}

describe('what routers send, by way of outbox, stream and frames', () => {
  for (const seed of seeds()) {
    it(`is what the other side reads, after each event (seed ${seed})`, async () => {
      const lines = await play(seed, Infinity, written => {
        for (const line of written) {
          line.endTurn()
          expect(line.heard).to.deep.equal(line.meant, `SEED=${seed}`)
        }
      })

      await Promise.all(lines.map(async line => { await line.finish() }))

      for (const [kind, heard] of Object.entries(count(lines))) {
        expect(heard).to.be.greaterThan(0, `${kind}: nothing was said`)
      }
    })

    it(`comes to the same when a peer reads little at a time and many events are one write (seed ${seed})`, async () => {
      const random = createRandom(seed)
      const lines = await play(seed, 100, written => {
        for (const line of written) {
          if (random.below(3) === 0) {
            line.endTurn()
            line.drain(1 + random.below(300))
          }
        }
      })

      for (const line of lines) {
        await line.finish()
        const { meant, heard } = line

        // what overtook itself is said once: the last subscription, and the last of GRAFT and PRUNE
        expect(lastOf(heard.subscriptions)).to.deep.equal(lastOf(meant.subscriptions), `SEED=${seed}`)
        expect(lastOf(heard.mesh)).to.deep.equal(lastOf(meant.mesh), `SEED=${seed}`)
        expect(meant.graft).to.include.members(heard.graft)
        expect(meant.prune).to.include.members(heard.prune)

        for (const kind of ['iwant', 'idontwant', 'ihave', 'messages'] as const) {
          expect(heard[kind].toSorted()).to.deep.equal(meant[kind].toSorted(), `SEED=${seed} ${kind}`)
        }
      }

      expect(lines.some(line => line.frames < Object.values(line.meant).flat().length)).to.be.true()
    })
  }
})

/** The last word on each topic, in any order of topics. */
function lastOf (words: string[]): Record<string, string> {
  return Object.fromEntries(words.map(said => [said.slice(said.indexOf(' ')), said]))
}
