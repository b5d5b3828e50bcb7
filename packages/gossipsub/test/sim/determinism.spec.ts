import { expect } from 'aegir/chai'
import { Network } from './network.ts'

describe('simulation: determinism', () => {
  it('the same seed and the same events give the same actions, byte for byte', () => {
    const [first, second] = [traceOf(1), traceOf(1)]

    expect(first.length).to.be.greaterThan(100_000)
    expect(first === second, 'same actions').to.equal(true)
  })

  it('another seed gives other actions', () => {
    expect(traceOf(1) === traceOf(2), 'same actions').to.equal(false)
  })
})

/** What all routers of a busy network did. */
function traceOf (seed: number): string {
  const network = new Network(seed, 20)
  network.connectRandomly(8)
  network.nodes.forEach(node => { network.join(node) })
  network.run(2_000)

  for (let i = 0; i < 20; i++) {
    network.publish(network.nodes[network.random.below(20)])
    network.publish(network.nodes[network.random.below(20)], 'fanout')
    network.run(300)
  }

  network.crash(network.nodes[3])
  network.leave(network.nodes[4])
  network.join(network.nodes[5], 'fanout')
  network.run(3_000)

  return network.trace.join('\n')
}
