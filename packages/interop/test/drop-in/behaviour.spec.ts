import { expect } from 'aegir/chai'
import { differences } from './differences.ts'
import { implementations } from './implementations.ts'
import { scenarios } from './scenarios/index.ts'
import type { Difference } from './differences.ts'

describe('drop-in: one script for quicmesh and @libp2p/gossipsub', function () {
  this.timeout(30_000)

  Object.entries(scenarios).forEach(([name, scenario]) => {
    it(name, async () => {
      const [ours, theirs] = await Promise.all([scenario(implementations.quicmesh), scenario(implementations.libp2p)])
      const known = differences.filter(({ scenario }) => scenario === name)

      for (const difference of known) {
        expect(at(ours, difference.path)).to.deep.equal(difference.ours, `ours at ${name}.${difference.path.join('.')}`)
        expect(at(theirs, difference.path)).to.deep.equal(difference.theirs, `theirs at ${name}.${difference.path.join('.')}`)
      }

      expect(without(ours, known)).to.deep.equal(without(theirs, known))
    })
  })

  it('knows only differences of scenarios that there are, each with its reason', () => {
    for (const { scenario, ours, theirs, reason } of differences) {
      expect(scenarios).to.have.property(scenario)
      expect(ours).to.not.deep.equal(theirs, scenario)
      expect(reason).to.not.equal('')
    }
  })
})

function at (value: unknown, path: Difference['path']): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], value)
}

/** A copy in which what is known to differ is blanked. */
function without (value: unknown, known: Difference[]): unknown {
  const root = structuredClone({ value })

  for (const { path } of known) {
    const keys = ['value', ...path]
    const parent = at(root, keys.slice(0, -1)) as Record<string | number, unknown>
    parent[keys[keys.length - 1]] = 'differs'
  }

  return root
}
