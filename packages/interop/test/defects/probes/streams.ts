/** Streams, dials and the end. */
import { HEARTBEAT_MS } from '../lab.ts'
import { answer, probe } from '../probe.ts'
import { sleep, until, within } from '../time.ts'
import { meshPeer } from './mesh.ts'
import type { Connection } from '@libp2p/interface'

const TOPIC = 'topic'

const neverEnding = async (): Promise<Connection> => new Promise(() => {})

export const streamProbes = [
  probe(5, 'heartbeats while a direct peer is dialled', { options: { directConnectTicks: 3 }, dial: neverEnding }, async lab => {
    const direct = await lab.strangerId()
    lab.pubsub.direct.add(direct.toString())
    await until('a dial', () => lab.dialled.length > 0)
    const before = lab.heartbeats
    await within(30 * HEARTBEAT_MS, () => lab.heartbeats >= before + 5)
    const count = lab.heartbeats - before

    return answer(count >= 5, `${count} heartbeats in 30 intervals at most while a dial does not end`)
  }),

  probe(6, 'a mesh peer whose outbound stream was reset', {}, async lab => {
    const peer = await meshPeer(lab)
    peer.inbound[0].abort(new Error('reset by the probe'))
    const isOpened = await within(3_000, () => peer.inbound.length > 1)
    await lab.pubsub.publish(TOPIC, new Uint8Array(16).fill(1)).catch(() => {})
    const isReached = await within(2_000, () => peer.messages.length > 0)

    return answer(isOpened && isReached, `3 s later there is ${isOpened ? 'a' : 'no'} new stream; the peer is ${lab.inMesh(peer, TOPIC) ? '' : 'not '}in the mesh, and a message to it was ${isReached ? '' : 'not '}sent`)
  }),

  probe(16, 'a PRUNE behind a dial by peer exchange', { options: { scoreThresholds: { acceptPXThreshold: 0 } }, dial: neverEnding }, async lab => {
    const stranger = await lab.strangerId()
    const peer = await meshPeer(lab)
    lab.pubsub.subscribe('second')
    peer.send({ subscribe: ['second'], control: { graft: ['second'] } })
    await until('a second mesh', () => lab.inMesh(peer, 'second'))
    peer.send({ control: { prune: [{ topic: TOPIC, backoff: 60, peers: [stranger] }, { topic: 'second', backoff: 60 }] } })
    await until('the first PRUNE', () => !lab.inMesh(peer, TOPIC))
    await until('a dial', () => lab.dialled.length > 0)
    const isHandled = await within(3_000, () => !lab.inMesh(peer, 'second'))

    return answer(isHandled, `the PRUNE behind it was ${isHandled ? '' : 'not '}handled while the dial does not end`)
  }),

  probe(19, 'a heartbeat after stop', {}, async lab => {
    const before = lab.heartbeats
    await until('a heartbeat', () => lab.heartbeats > before)
    await lab.pubsub.stop()
    const atStop = lab.heartbeats
    await sleep(4 * HEARTBEAT_MS)
    const count = lab.heartbeats - atStop

    return answer(count === 0, `${count} heartbeats in 4 intervals after stop`)
  }),

  probe(23, 'a peer whose own stream was reset', {}, async lab => {
    const peer = await meshPeer(lab)
    peer.outbound.abort(new Error('reset by the probe'))
    const isForgotten = await within(1_000, () => lab.pubsub.getPeers().length === 0)

    return answer(!isForgotten, `the peer is ${isForgotten ? 'forgotten' : 'known'}, its connection ${lab.node.getConnections().length > 0 ? 'lives' : 'is gone'}`)
  }),

  probe(27, 'a direct peer that is added at run time', { dial: neverEnding }, async lab => {
    const direct = await lab.strangerId()
    // the dials that come with the start are over
    await sleep(1_300)
    lab.pubsub.direct.add(direct.toString())
    const isDialled = await within(3_000, () => lab.dialled.includes(direct.toString()))

    return answer(isDialled, `it was ${isDialled ? '' : 'not '}dialled within 30 heartbeats`)
  })
]
