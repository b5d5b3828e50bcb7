import { expect } from 'aegir/chai'
import { Tracer, TraceType } from '../../src/tracer.ts'
import { seeds } from '../router/seeds.ts'
import { Network, TOPIC } from '../sim/network.ts'
import type { PeerIdStr } from '../../src/router/events.ts'
import type { RpcMeta, TraceEvent } from '../../src/tracer.ts'
import type { SimNode } from '../sim/network.ts'
import type { Logger } from '@libp2p/interface'

const NODES = 12
const DEGREE = 6
const PARAMS = { D: 4, Dlo: 3, Dhi: 5, Dscore: 3, Dout: 1, Dlazy: 3 }
const MESSAGES = 30
const REJECTED = 3

const SECOND = 1_000

for (const seed of seeds()) {
  describe(`the traces of a small network (SEED=${seed})`, () => {
    let run: Run

    before(() => { run = tracedRun(seed) })

    it('are complete: nothing failed', () => {
      expect(run.errors).to.be.empty()
      expect(run.nodes.map(({ trace }) => trace.length === 0)).to.not.include(true)
    })

    it('are in order of time, each by its own node', () => {
      for (const { id, trace } of run.nodes) {
        expect(trace.every(({ peerID }) => text(peerID) === id)).to.equal(true)
        expect(trace.map(({ timestamp }) => timestamp)).to.deep.equal(trace.map(({ timestamp }) => timestamp).sort((a, b) => a - b))
      }
    })

    it('have a publication for each delivery, no later than it, and no message delivered twice', () => {
      const publishedAt = new Map(publications(run).map(({ messageID, timestamp }) => [messageID, timestamp]))
      let deliveries = 0

      for (const { id, trace } of run.nodes) {
        const delivered = trace.flatMap(event => event.type === TraceType.DELIVER_MESSAGE ? [{ ...event.deliverMessage, timestamp: event.timestamp }] : [])
        deliveries += delivered.length

        expect(new Set(delivered.map(({ messageID }) => messageID)).size, id).to.equal(delivered.length)
        delivered.forEach(({ messageID, timestamp }) => {
          expect(publishedAt.get(messageID ?? '') ?? Infinity, `${messageID} at ${id}`).to.be.at.most(timestamp)
        })
      }

      expect(publishedAt.size).to.equal(MESSAGES)
      expect(deliveries).to.be.greaterThan(NODES * MESSAGES / 2)
    })

    it('have a reception before each delivery, rejection and duplicate', () => {
      for (const { id, trace } of run.nodes) {
        const received = new Set(publicationsOf(trace).map(({ messageID }) => `${messageID} from ${id}`))

        for (const event of trace) {
          if (event.type === TraceType.RECV_RPC) {
            event.recvRPC.meta.messages?.forEach(({ messageID }) => received.add(`${messageID} from ${text(event.recvRPC.receivedFrom)}`))
          }

          const outcome = outcomeOf(event)

          if (outcome != null) {
            expect(received.has(`${outcome.messageID} from ${text(outcome.receivedFrom)}`), `${id}: ${JSON.stringify(event)}`).to.equal(true)
          }
        }
      }
    })

    it('have a delivery or a rejection of a message at a node, not both', () => {
      const rejected = new Set<string>()

      for (const { id, trace } of run.nodes) {
        const ids = (type: TraceEvent['type']): Array<string | undefined> => trace.filter(event => event.type === type).map(event => outcomeOf(event)?.messageID)
        const delivered = ids(TraceType.DELIVER_MESSAGE)

        ids(TraceType.REJECT_MESSAGE).forEach(messageID => {
          rejected.add(messageID ?? '')
          expect(delivered, `${id} rejected ${messageID}`).to.not.include(messageID)
        })
      }

      expect(rejected.size).to.equal(REJECTED)
    })

    it('have a sender for all that is received', () => {
      const sent = new Map<string, number>()

      for (const key of run.nodes.flatMap(({ id, trace }) => transfers(id, trace, 'sent'))) {
        sent.set(key, (sent.get(key) ?? 0) + 1)
      }
      for (const key of run.nodes.flatMap(({ id, trace }) => transfers(id, trace, 'received'))) {
        const left = (sent.get(key) ?? 0) - 1

        expect(left, key).to.be.at.least(0)
        sent.set(key, left)
      }
    })

    it('have GRAFT and PRUNE of a peer in turns, and end with the mesh as it is', () => {
      for (const { id, trace, node } of run.nodes) {
        const mesh = new Set<PeerIdStr>()

        for (const event of trace) {
          if (event.type === TraceType.GRAFT) {
            expect(mesh.has(text(event.graft.peerID)), `${id}: GRAFT of a mesh peer`).to.equal(false)
            mesh.add(text(event.graft.peerID))
          } else if (event.type === TraceType.PRUNE) {
            expect(mesh.delete(text(event.prune.peerID)), `${id}: PRUNE of no mesh peer`).to.equal(true)
          } else if (event.type === TraceType.REMOVE_PEER) {
            expect(mesh.has(text(event.removePeer.peerID)), `${id}: a mesh peer is gone`).to.equal(false)
          }
        }

        expect([...mesh].sort(), id).to.deep.equal([...node.router.mesh.get(TOPIC) ?? []].sort())
      }
    })

    it('have GRAFT only between JOIN and LEAVE', () => {
      for (const { id, trace } of run.nodes) {
        const topics = new Set<string>()

        for (const event of trace) {
          switch (event.type) {
            case TraceType.JOIN: topics.add(event.join.topic); break
            case TraceType.LEAVE: topics.delete(event.leave.topic); break
            case TraceType.GRAFT: expect(topics.has(event.graft.topic), `${id} is not joined`).to.equal(true); break
            default:
          }
        }
      }
    })

    it('have to do only with peers that are there', () => {
      for (const { id, trace } of run.nodes) {
        const peers = new Set([id])

        for (const event of trace) {
          if (event.type === TraceType.ADD_PEER) {
            expect(event.addPeer.proto).to.equal('/meshsub/1.2.0')
            peers.add(text(event.addPeer.peerID))
          } else if (event.type === TraceType.REMOVE_PEER) {
            expect(peers.delete(text(event.removePeer.peerID)), `${id}: a stranger is gone`).to.equal(true)
          }

          const peer = peerOf(event)
          expect(peer == null || peers.has(peer), `${id}: ${JSON.stringify(event)}`).to.equal(true)
        }
      }
    })

    it('know every type of event that the run has', () => {
      const types = new Set(run.nodes.flatMap(({ trace }) => trace.map(({ type }) => type)))
      const { DROP_RPC, ...others } = TraceType

      // nothing is dropped between routers without a shell
      expect(types.has(DROP_RPC)).to.equal(false)
      expect([...types]).to.have.members(Object.values(others))
    })
  })
}

interface TracedNode {
  id: PeerIdStr
  node: SimNode
  trace: TraceEvent[]
}

interface Run {
  nodes: TracedNode[]
  errors: unknown[]
}

/** Nodes come together, publish, disapprove of a few messages; some leave and come back, some lose each other. */
function tracedRun (seed: number): Run {
  const network = new Network(seed, NODES, PARAMS)
  const errors: unknown[] = []
  const nodes = network.nodes.map(node => observed(network, node, errors))
  const rejected = new Set<Uint8Array>()
  network.verdictOf = (_, message) => rejected.has(message.id) ? 'reject' : 'accept'

  network.connectRandomly(DEGREE)
  network.nodes.forEach(node => { network.join(node) })
  network.run(5 * SECOND)

  for (let i = 0; i < MESSAGES; i++) {
    const message = network.publish(network.nodes[network.random.below(NODES)])

    if (i < REJECTED) {
      rejected.add(message.id)
    }

    network.run(100 + network.random.below(SECOND))

    if (i === MESSAGES / 3) {
      network.leave(network.nodes[0])
      network.disconnect(network.nodes[1], network.neighbours(network.nodes[1])[0])
    } else if (i === 2 * MESSAGES / 3) {
      network.join(network.nodes[0])
      network.connectToOthers(network.nodes[1], DEGREE)
    }
  }

  network.run(5 * SECOND)

  return { nodes, errors }
}

function observed (network: Network, node: SimNode, errors: unknown[]): TracedNode {
  const { router, id } = node
  const trace: TraceEvent[] = []
  const tracer = new Tracer({
    self: id,
    listener: event => { trace.push(event) },
    log: { error: (_: string, err: unknown) => { errors.push(err) } } as unknown as Logger,
    protocolOf: () => '/meshsub/1.2.0',
    now: () => Math.round(network.now * 1e3) * 1e3,
    peerBytes: peer => new TextEncoder().encode(peer)
  })
  const handle = router.handle.bind(router)

  router.handle = (event, now) => {
    const actions = handle(event, now)
    tracer.observe(event, actions)

    return actions
  }

  return { id, node, trace }
}

function publications ({ nodes }: Run): Array<{ messageID: string, timestamp: number }> {
  return nodes.flatMap(({ trace }) => publicationsOf(trace))
}

function publicationsOf (trace: TraceEvent[]): Array<{ messageID: string, timestamp: number }> {
  return trace.flatMap(event => event.type === TraceType.PUBLISH_MESSAGE ? [{ messageID: event.publishMessage.messageID ?? '', timestamp: event.timestamp }] : [])
}

/** What became of a message that was received. */
function outcomeOf (event: TraceEvent): { messageID?: string, receivedFrom: string } | undefined {
  switch (event.type) {
    case TraceType.DELIVER_MESSAGE: return event.deliverMessage
    case TraceType.REJECT_MESSAGE: return event.rejectMessage
    case TraceType.DUPLICATE_MESSAGE: return event.duplicateMessage
    default: return undefined
  }
}

function peerOf (event: TraceEvent): PeerIdStr | undefined {
  switch (event.type) {
    case TraceType.RECV_RPC: return text(event.recvRPC.receivedFrom)
    case TraceType.SEND_RPC: return text(event.sendRPC.sendTo)
    case TraceType.GRAFT: return text(event.graft.peerID)
    case TraceType.PRUNE: return text(event.prune.peerID)
    case TraceType.DUPLICATE_MESSAGE: return text(event.duplicateMessage.receivedFrom)
    default: return undefined
  }
}

/** Who sent what to whom, as text. */
function transfers (id: PeerIdStr, trace: TraceEvent[], direction: 'sent' | 'received'): string[] {
  return trace.flatMap(event => {
    if (direction === 'sent' && event.type === TraceType.SEND_RPC) {
      return [`${id} to ${text(event.sendRPC.sendTo)}: ${metaText(event.sendRPC.meta)}`]
    }

    return direction === 'received' && event.type === TraceType.RECV_RPC
      ? [`${text(event.recvRPC.receivedFrom)} to ${id}: ${metaText(event.recvRPC.meta)}`]
      : []
  })
}

function metaText (meta: RpcMeta): string {
  return JSON.stringify(meta)
}

function text (base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}
