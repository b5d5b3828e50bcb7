import { expect } from 'aegir/chai'
import { Nodes, until } from './fixtures/nodes.ts'

const ROUNDS = 20

describe('two nodes that listen and dial each other at once', function () {
  this.timeout(60_000)

  const nodes = new Nodes()

  afterEach(async () => { await nodes.stop() })

  it('are connected afterwards, over what the dials gave them', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [a, b] = await Promise.all([nodes.listen(), nodes.listen()])
      const dialled = await Promise.all([a.dial(b.getMultiaddrs()), b.dial(a.getMultiaddrs())])
      // both agree on what is left
      await until(() => a.getConnections().length === b.getConnections().length)
      await new Promise(resolve => setTimeout(resolve, 50))

      expect(a.getConnections(), `round ${round}`).to.have.lengthOf.at.least(1)
      expect(b.getConnections()).to.have.lengthOf(a.getConnections().length)
      expect(dialled.map(({ status }) => status)).to.deep.equal(['open', 'open'])
      await Promise.all([a.stop(), b.stop()])
    }
  })
})
