import { createHash } from 'node:crypto'
import { expect } from 'aegir/chai'
import { nodePeerId } from '../../peers/js/gossipsub/identity.ts'

/** Over `>{id}:{peer id}\n` of the nodes 0 to 9,999: the same number for the programs of all languages. */
const DIGEST_OF_10_000 = '11395ea896d00ca25f7f648ebb336488ee092096a5498d90d76b92eaec27867a'

describe('gossipsub: the peer ids of nodes', () => {
  it('are those of all other implementations', async function () {
    this.timeout(120_000)
    const digest = createHash('sha256')

    for (let id = 0; id < 10_000; id++) {
      digest.update(`>${id}:${(await nodePeerId(id)).toString()}\n`)
    }

    expect(digest.digest('hex')).to.equal(DIGEST_OF_10_000)
  })
})
