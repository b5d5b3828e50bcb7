import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { connectionFrom, Nodes } from '../fixtures/nodes.ts'
import { Program } from './fixtures/program.ts'
import { portOf } from './fixtures/wiretap.ts'
import type { NodeArgument } from './programs/node.ts'
import type { Connection, PrivateKey, StreamCloseEvent } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const PROTOCOL = '/answer/1.0.0'
const KEEP_ALIVE_INTERVAL_MS = 200

describe('a node that crashes and is restarted on its port', function () {
  this.timeout(150_000)

  const nodes = new Nodes()
  const programs: Program[] = []

  async function startNode ({ privateKey, ...argument }: Omit<NodeArgument, 'privateKey'> & { privateKey: PrivateKey }): Promise<Multiaddr> {
    const program = new Program('node', { ...argument, privateKey: Buffer.from(privateKeyToProtobuf(privateKey)).toString('hex') })
    programs.push(program)
    const [address] = [await program.said('addresses')].flat()

    return multiaddr(String(address))
  }

  async function crash (): Promise<void> {
    await Promise.all(programs.splice(0).map(async program => program.kill()))
  }

  /** How a connection ends. */
  async function endOf (connection: Connection): Promise<Error | undefined> {
    return (await pEvent<'close', StreamCloseEvent>(connection, 'close', { timeout: 90_000 })).error
  }

  /** Until a stream has been answered, the handshake may not be confirmed (RFC 9001 section 4.1.2): then nothing can be reset. */
  async function connect (address: Multiaddr, maxIdleTimeoutMs: number): Promise<Connection> {
    const dialer = await nodes.create({ quic: { maxIdleTimeoutMs, keepAliveIntervalMs: KEEP_ALIVE_INTERVAL_MS } })
    const connection = await dialer.dial(address)
    await connection.newStream(PROTOCOL)

    return connection
  }

  afterEach(async () => {
    await crash()
    await nodes.stop()
  })

  it('with its identity tells a peer of its former life at once that the connection is lost', async () => {
    const options = { maxIdleTimeoutMs: 60_000 }
    const privateKey = await generateKeyPair('Ed25519')
    const address = await startNode({ privateKey, port: 0, options })
    const connection = await connect(address, options.maxIdleTimeoutMs)
    const ended = endOf(connection)

    await crash()
    const restarted = await startNode({ privateKey, port: portOf(address), options })
    const start = performance.now()

    expect(await ended).to.include({ name: 'ConnectionFailedError', kind: 'statelessReset', code: 'ERR_QUIC_STATELESS_RESET' })
    expect(performance.now() - start).to.be.below(options.maxIdleTimeoutMs / 2)

    // and the peer can dial it again
    const again = await connect(restarted, options.maxIdleTimeoutMs)
    expect(again.remotePeer.toString()).to.equal(connection.remotePeer.toString())
  })

  it('tells those that it had dialled as well', async () => {
    const options = { maxIdleTimeoutMs: 60_000 }
    const privateKey = await generateKeyPair('Ed25519')
    const peer = await nodes.listen({ quic: { ...options, keepAliveIntervalMs: KEEP_ALIVE_INTERVAL_MS } })
    await peer.handle(PROTOCOL, async (stream) => { await stream.close() })
    const opened = connectionFrom(peer)
    const address = await startNode({ privateKey, port: 0, options, dial: String(peer.getMultiaddrs()[0]) })
    const ended = endOf(await opened)

    await crash()
    await startNode({ privateKey, port: portOf(address), options })
    const start = performance.now()

    expect(await ended).to.include({ kind: 'statelessReset' })
    expect(performance.now() - start).to.be.below(options.maxIdleTimeoutMs / 2)
  })

  it('with another identity can\'t: the connection times out', async () => {
    const options = { maxIdleTimeoutMs: 8_000 }
    const address = await startNode({ privateKey: await generateKeyPair('Ed25519'), port: 0, options })
    const connection = await connect(address, options.maxIdleTimeoutMs)
    const ended = endOf(connection)

    await crash()
    await startNode({ privateKey: await generateKeyPair('Ed25519'), port: portOf(address), options })
    expect(connection.status).to.equal('open')

    expect(await ended).to.include({ name: 'TimeoutError', kind: 'timedOut', code: 'ERR_QUIC_TIMED_OUT' })
  })
})
