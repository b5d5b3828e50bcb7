import { expect } from 'aegir/chai'
import { QuicConnectionError } from '../src/index.ts'
import { closeOf, Nodes, openStream, pattern, until } from './fixtures/nodes.ts'
import { proxied } from './fixtures/proxied.ts'

describe('close', () => {
  const nodes = new Nodes()

  afterEach(async () => {
    await nodes.stop()
  })

  it('of both ends at once succeeds', async () => {
    const pair = await nodes.pair()
    const [local] = await openStream(pair)
    local.send(pattern(100_000))
    await Promise.all([pair.connection.close(), pair.remote.close()])

    expect(pair.connection.status).to.equal('closed')
    expect(pair.remote.status).to.equal('closed')
  })

  it('with a peer that does not answer gives up with its signal', async () => {
    await proxied(nodes, {}, async ({ proxy, ...pair }) => {
      const { connection } = pair
      const [local] = await openStream(pair)
      proxy.isCut = true
      local.send(pattern(100_000))
      await local.close()

      const start = Date.now()
      await expect(connection.close({ signal: AbortSignal.timeout(200) })).to.eventually.be.rejected
        .with.property('name', 'TimeoutError')
      expect(Date.now() - start).to.be.below(2_000)
      await until(() => connection.status === 'closed')
    })
  })

  it('that gives up leaves no connection behind that nothing can be done with', async () => {
    const pair = await nodes.pair()
    const [local] = await openStream(pair)
    local.send(pattern(8 * 1024 * 1024))
    void local.close().catch(() => {})

    await expect(pair.connection.close({ signal: AbortSignal.timeout(200) })).to.eventually.be.rejected
      .with.property('name', 'TimeoutError')
    await until(() => pair.dialer.getConnections().length === 0 && pair.listener.getConnections().length === 0)
    expect(pair.connection.status).to.equal('aborted')
  })

  it('of a node that stops is told to its peers', async () => {
    const pair = await nodes.pair()
    const closed = closeOf(pair.remote)
    await pair.dialer.stop()
    const { error } = await closed

    expect(error == null || error instanceof QuicConnectionError).to.be.true()
    expect(pair.remote.status).to.not.equal('open')
  })
})
