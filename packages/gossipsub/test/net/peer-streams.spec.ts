import { mock } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { UnsupportedProtocolError } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'aegir/chai'
import { Inbox } from '../../src/net/inbox.ts'
import { Outbox } from '../../src/net/outbox.ts'
import { PeerStreams } from '../../src/net/peer-streams.ts'
import { Turn } from '../../src/net/turn.ts'
import { FakeConnection } from '../fixtures/fake-connection.ts'
import { FakeStream } from '../fixtures/fake-stream.ts'
import type { Connection, PeerId } from '@libp2p/interface'

let peerId: PeerId
let connections: FakeConnection[]
let log: string[]
let frames: Uint8Array[]
let streams: PeerStreams
let blocked: Set<string>

function createStreams (): PeerStreams {
  blocked = new Set()
  const turn = new Turn()

  return new PeerStreams({
    keepsPieces: false,
    connectionManager: { getConnections: (peer) => connections.filter(c => peer?.equals(c.remotePeer) !== false) as unknown as Connection[] },
    protocols: ['/meshsub/1.0.0'],
    maxFrameBytes: 100,
    runOnLimitedConnection: false,
    log: defaultLogger().forComponent('test:peer-streams'),
    isBlocked: peer => blocked.has(peer),
    createInbox: () => new Inbox({
      turn,
      createJob: frame => ({ isDone: true, run: () => frames.push(frame) }),
      isBlocked: () => false,
      onPause: () => {},
      onResume: () => {}
    }),
    createOutbox: () => new Outbox({ turn, maxBytes: 10_000, onDrop: () => {}, onWriteError: (stream, err) => { stream.abort(err) } }),
    onReadable: () => { log.push('readable') },
    onWritable: () => { log.push('writable') },
    onUnreachable: () => { log.push('unreachable') },
    onGone: () => { log.push('gone') },
    onBadFrame: (link, err) => { log.push(err.name) }
  })
}

async function randomPeer (): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

async function settled (): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise(resolve => setImmediate(resolve))
  }
}

async function pass (ms: number): Promise<void> {
  mock.timers.tick(ms)
  await settled()
}

function accept (stream: FakeStream, connection: FakeConnection): void {
  streams.accept(stream, connection as unknown as Connection)
}

describe('the streams of a peer', () => {
  beforeEach(async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    peerId = await randomPeer()
    connections = [new FakeConnection(peerId)]
    log = []
    frames = []
    streams = createStreams()
  })

  afterEach(async () => {
    await streams.stop()
    mock.timers.reset()
  })

  it('are one each way, however many connections there are', async () => {
    connections.push(new FakeConnection(peerId), new FakeConnection(peerId))
    connections.forEach(() => { streams.add(peerId) })
    await settled()
    streams.add(peerId)
    accept(new FakeStream(), connections[1])
    await settled()

    expect(connections.flatMap(connection => connection.opened)).to.have.lengthOf(1)
    expect(log).to.deep.equal(['writable', 'readable'])
    expect([...streams.peers.values()]).to.deep.equal([peerId])
  })

  it('are opened to a peer that opened one to us', async () => {
    accept(new FakeStream(), connections[0])
    await settled()

    expect(log).to.deep.equal(['readable', 'writable'])
  })

  it('are not opened over limited connections', async () => {
    connections[0].limits = { seconds: 10 }
    streams.add(peerId)
    await settled()

    expect(connections[0].opened).to.be.empty()
    expect(streams.peers.size).to.equal(0)
  })

  it('inbound: the newest one wins', async () => {
    const [older, newer] = [new FakeStream(), new FakeStream()]
    accept(older, connections[0])
    accept(newer, connections[0])
    newer.onData(Uint8Array.of(1, 7))
    await settled()

    expect(older.status).to.equal('aborted')
    expect(newer.status).to.equal('open')
    expect(frames).to.deep.equal([Uint8Array.of(7)])
  })

  it('defect 23: the end or an error of the inbound stream does not forget the peer', async () => {
    const [first, second] = [new FakeStream(), new FakeStream()]
    accept(first, connections[0])
    await settled()
    first.onRemoteCloseWrite()
    await pass(60_000)
    accept(second, connections[0])
    second.onRemoteReset()
    await pass(60_000)

    expect(log).to.not.include('gone')
    expect(streams.get(peerId.toString())?.outbound?.status).to.equal('open')
  })

  it('defect 6: an outbound stream that was reset is opened again, while a connection lives', async () => {
    streams.add(peerId)
    await settled()
    connections[0].opened[0].onRemoteReset()
    await pass(100)

    expect(connections[0].opened).to.have.lengthOf(2)
    expect(log).to.deep.equal(['writable', 'writable'])
  })

  it('are gone when an outbound stream ends with the last connection', async () => {
    streams.add(peerId)
    await settled()
    connections[0].opened[0].onRemoteReset()
    connections = []
    await pass(100)

    expect(log).to.deep.equal(['writable', 'gone'])
    expect(streams.peers.size).to.equal(0)
  })

  it('move to another connection when theirs ends', async () => {
    streams.add(peerId)
    await settled()
    const [ended] = connections
    connections = [new FakeConnection(peerId)]
    ended.opened[0].onRemoteReset()
    await pass(100)

    expect(connections[0].opened).to.have.lengthOf(1)
    expect(log).to.deep.equal(['writable', 'writable'])
  })

  it('are tried again at growing intervals; after some failures the peer is unreachable, until one succeeds', async () => {
    connections[0].error = new Error('no')
    streams.add(peerId)
    await settled()

    for (const ms of [100, 200, 400, 800, 1_600]) {
      expect(log).to.be.empty()
      await pass(ms)
    }

    expect(log).to.deep.equal(['unreachable'])
    expect(connections[0].attempts).to.equal(6)
    await pass(3_200)
    expect(connections[0].attempts).to.equal(7)

    connections[0].error = undefined
    await pass(30_000)
    expect(log).to.deep.equal(['unreachable', 'writable'])
  })

  it('that are reset as soon as they are open do not keep a peer reachable', async () => {
    streams.add(peerId)

    for (let i = 0; i < 6; i++) {
      await settled()
      connections[0].opened.at(-1)?.onRemoteReset()
      await pass(100 * 2 ** i)
    }

    expect(log.filter(entry => entry !== 'writable')).to.deep.equal(['unreachable'])
  })

  it('are not tried again with a peer that does not speak our protocols', async () => {
    connections[0].error = new UnsupportedProtocolError('no')
    streams.add(peerId)
    await settled()

    expect(log).to.deep.equal(['gone'])
  })

  it('a frame over the limit resets the inbound stream and nothing else', async () => {
    const stream = new FakeStream()
    accept(stream, connections[0])
    await settled()
    stream.onData(Uint8Array.of(2, 1, 1, 101, 0))
    await settled()

    expect(stream.status).to.equal('aborted')
    expect(log).to.deep.equal(['readable', 'writable', 'WireError'])
    expect(streams.get(peerId.toString())?.outbound?.status).to.equal('open')
  })

  it('are given up after ten seconds of opening', async () => {
    connections[0].hangs = true
    streams.add(peerId)
    await settled()
    expect(connections[0].attempts).to.equal(1)
    await pass(10_000)
    await pass(100)

    expect(connections[0].attempts).to.equal(2)
  })
})

describe('the streams of a peer that is blocked', () => {
  beforeEach(async () => {
    peerId = await randomPeer()
    connections = [new FakeConnection(peerId)]
    log = []
    frames = []
    streams = createStreams()
  })

  afterEach(async () => { await streams.stop() })

  it('are neither opened nor accepted', async () => {
    const inbound = new FakeStream()
    blocked.add(peerId.toString())
    streams.add(peerId)
    accept(inbound, connections[0])
    await settled()

    expect(connections[0].attempts).to.equal(0)
    expect(inbound.status).to.equal('aborted')
    expect(streams.peers.size).to.equal(0)
    expect(log).to.be.empty()
  })

  it('are closed when it is forgotten, and opened again when it is let off', async () => {
    const inbound = new FakeStream()
    accept(inbound, connections[0])
    await settled()
    blocked.add(peerId.toString())
    streams.forget(peerId)
    await settled()

    expect(inbound.status).to.equal('aborted')
    expect(connections[0].opened[0].writeStatus).to.equal('closed')
    expect(streams.peers.size).to.equal(0)
    expect(log).to.deep.equal(['readable', 'writable', 'gone'])

    blocked.clear()
    streams.add(peerId)
    await settled()
    expect(connections[0].opened).to.have.lengthOf(2)
    expect(log.slice(3)).to.deep.equal(['writable'])
  })

  it('one that is being opened meanwhile is not used', async () => {
    streams.add(peerId)
    blocked.add(peerId.toString())
    streams.forget(peerId)
    await settled()

    expect(connections[0].opened.map(({ status }) => status)).to.not.include('open')
    expect(streams.get(peerId.toString())).to.be.undefined()
  })
})

describe('the streams of many peers', () => {
  it('are opened concurrently, but not all at once', async () => {
    const peers = await Promise.all(Array.from({ length: 100 }, randomPeer))
    connections = peers.map(peer => new FakeConnection(peer))
    connections.slice(0, 63).forEach(connection => { connection.hangs = true })
    log = []
    streams = createStreams()
    peers.forEach(peer => { streams.add(peer) })
    await settled()

    expect(connections.filter(connection => connection.opened.length > 0)).to.have.lengthOf(37)
    await streams.stop()
  })

  it('are closed by stop, and those being opened are aborted', async () => {
    const peers = await Promise.all(Array.from({ length: 10 }, randomPeer))
    connections = peers.map(peer => new FakeConnection(peer))
    connections[0].hangs = true
    log = []
    streams = createStreams()
    peers.forEach(peer => { streams.add(peer) })
    await settled()
    await streams.stop()

    expect(connections.flatMap(({ opened }) => opened).map(({ writeStatus }) => writeStatus)).to.deep.equal(new Array<string>(9).fill('closed'))
    expect(connections[0].aborted).to.equal(1)
    expect(streams.peers.size).to.equal(0)
    expect(log).to.not.include('gone')
  })
})
