import { defaultLogger } from '@libp2p/logger'
import { expect } from 'aegir/chai'
import { loadContestant, SERVICE_NAMES } from '../src/gossipsub/contestants.ts'
import { MESSAGE_BYTES } from '../src/gossipsub/frames.ts'
import { ANONYMOUS } from '../src/gossipsub/pubsub-options.ts'
import { arrive, NEVER_MS } from '../src/gossipsub/router/feed.ts'
import { COPIES, FORWARDS, forward } from '../src/gossipsub/router/mesh.ts'
import { messageEvent, nextTurn, StubNode } from '../src/gossipsub/router/stub-node.ts'
import { StubStream } from '../src/gossipsub/router/stub-stream.ts'
import { TopicMesh } from '../src/gossipsub/router/topic-mesh.ts'
import { bench } from './bench-command.ts'

describe('a mesh among more peers than it takes', () => {
  for (const name of SERVICE_NAMES) {
    it(`leads ${name} through messages of several topics: to the others in the mesh and to nobody else`, async () => {
      const node = await StubNode.start(await loadContestant({ name }), { ...ANONYMOUS, heartbeatInterval: NEVER_MS }, 20)
      const meshes = await TopicMesh.join(node, ['one', 'other'])
      const frames = meshes.map((mesh) => mesh.factory(MESSAGE_BYTES).next())
      await forward(node, meshes.map((mesh, i) => mesh.arrival(5, frames[i])), 1)
      const duplicates = meshes.flatMap((mesh, i) => mesh.duplicates(5, frames[i]))
      await arrive(duplicates, 1)
      await node.stop()

      expect(meshes.map(({ topic, peers }) => [topic, peers.length])).to.deep.equal([['one', FORWARDS + 1], ['other', FORWARDS + 1]])
      expect(duplicates).to.have.lengthOf(2 * (COPIES - 1))
      expect(node.delivered).to.equal(2)
      expect(node.peers.map((peer) => peer.outbound?.sent.messages)).to.deep.equal(
        node.peers.map((peer) => meshes.filter(({ peers }) => peers.includes(peer) && peer !== peers[5]).length)
      )
    })
  }
})

describe('a stub stream that is paused', () => {
  it('hands over what has come meanwhile, in order, until it is paused again', async () => {
    const stream = new StubStream('/beads', 'inbound', defaultLogger().forComponent('stub'))
    const events = Array.from({ length: 5 }, () => messageEvent(new Uint8Array(1)))
    const received: unknown[] = []
    stream.addEventListener('message', (event) => {
      received.push(event)

      if (received.length === 2 || received.length === 4) {
        stream.pause()
      }
    })

    events.forEach((event) => { stream.deliver(event) })
    expect(received).to.deep.equal(events.slice(0, 2))

    stream.resume()
    await nextTurn()
    expect(received).to.deep.equal(events.slice(0, 4))

    stream.resume()
    await nextTurn()
    expect(received).to.deep.equal(events)
  })
})

describe('the figures that grow', () => {
  it('tell every point', async () => {
    const { code, stdout, stderr } = await bench('gossipsub', '--json', '--quick', '--scale', '1', '--only', 'quicmesh', '--figures', 'by-topics,by-size,by-seen-ids')
    const { failures, measurements } = JSON.parse(stdout)
    const names = (values: object): string[] => Object.keys(values)

    expect(failures, stderr).to.deep.equal([])
    expect(code).to.equal(0)
    expect(measurements.map(({ figure, x, values }: { figure: string, x: number, values: object }) => [figure, x, ...names(values)])).to.deep.equal([
      ['by-topics', 1, 'CPU us/new', 'CPU us/duplicate', 'CPU ms/heartbeat'],
      ['by-topics', 128, 'CPU us/new', 'CPU us/duplicate', 'CPU ms/heartbeat'],
      ['by-size', 250, 'CPU us/new', 'CPU us/duplicate'],
      ['by-size', 131_072, 'CPU us/new', 'CPU us/duplicate'],
      ['by-seen-ids', 10_000, 'bytes/id', 'CPU us/duplicate', 'CPU ms/heartbeat'],
      ['by-seen-ids', 100_000, 'bytes/id', 'CPU us/duplicate', 'CPU ms/heartbeat']
    ])
    expect(measurements.at(-1).values['bytes/id']).to.be.within(8, 1_000)
  })
})
