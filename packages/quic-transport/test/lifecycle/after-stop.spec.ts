import { generateKeyPair } from '@libp2p/crypto/keys'
import { start, stop } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { quic } from '../../src/index.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { LOOPBACK, Nodes, openStream, until } from '../fixtures/nodes.ts'
import type { Transport } from '@libp2p/interface'

describe('calls after the end', () => {
  const nodes = new Nodes()
  const upgrader = new CapturingUpgrader()
  const signal = new AbortController().signal

  afterEach(async () => {
    await nodes.stop()
  })

  async function transport (): Promise<Transport> {
    return quic()({ privateKey: await generateKeyPair('Ed25519'), logger: defaultLogger() })
  }

  it('a stopped transport neither dials nor listens, and does both when it is started again', async () => {
    const [stopped, other] = await Promise.all([transport(), transport()])
    const reached = other.createListener({ upgrader })
    await reached.listen(multiaddr(LOOPBACK))
    const [address] = reached.getAddrs()
    await start(stopped)
    await stop(stopped)
    await stop(stopped)

    await expect(stopped.dial(address, { upgrader, signal })).to.eventually.be.rejected
      .with.property('name', 'NotStartedError')
    await expect(stopped.createListener({ upgrader }).listen(multiaddr(LOOPBACK))).to.eventually.be.rejected
      .with.property('name', 'NotStartedError')

    await start(stopped)
    const listener = stopped.createListener({ upgrader })
    await listener.listen(multiaddr(LOOPBACK))
    expect(listener.getAddrs()).to.have.lengthOf(1)
    stopped.dial(address, { upgrader, signal }).catch(() => {})
    expect((await upgrader.captured()).maConn.status).to.equal('open')
    await Promise.all([stop(stopped), stop(other)])
  })

  it('a listener that was closed, by itself or with its transport, does not listen again', async () => {
    const owner = await transport()
    const [closed, orphan] = [owner.createListener({ upgrader }), owner.createListener({ upgrader })]
    await Promise.all([closed.listen(multiaddr(LOOPBACK)), orphan.listen(multiaddr(LOOPBACK))])
    await closed.close()
    await closed.close()
    await stop(owner)

    for (const listener of [closed, orphan]) {
      expect(listener.getAddrs()).to.be.empty()
      await expect(listener.listen(multiaddr(LOOPBACK))).to.eventually.be.rejected
        .with.property('name', 'NotStartedError')
      await listener.close()
    }
  })

  it('a connection of a stopped node opens no stream, and its streams send nothing', async () => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    await pair.dialer.stop()
    await until(() => pair.remote.status !== 'open')

    for (const { connection, stream } of [{ connection: pair.connection, stream: local }, { connection: pair.remote, stream: remote }]) {
      await expect(connection.newStream('/test/1.0.0')).to.eventually.be.rejected
        .with.property('name', 'ConnectionClosedError')
      expect(() => stream.send(Uint8Array.of(1))).to.throw().with.property('name', 'StreamStateError')
      await stream.close()
      stream.abort(new Error('again'))
      await connection.close()
      connection.abort(new Error('again'))
    }
  })

  it('a dial that is under way when the node stops fails at once', async () => {
    const dialer = await nodes.create()
    const dial = dialer.dial(multiaddr('/ip4/127.0.0.1/udp/9/quic-v1')).then(() => undefined, err => err)
    await dialer.stop()

    expect(await dial).to.be.an('error').with.property('name').that.is.oneOf(['AbortError', 'NotStartedError', 'ConnectionClosedError', 'ConnectionFailedError'])
    await expect(dialer.dial(multiaddr('/ip4/127.0.0.1/udp/9/quic-v1'))).to.eventually.be.rejected()
  })
})
