/**
 * The gossip of Lodestar, as published, on ours: what it is made for. By itself (`npm run test:lodestar`), because it installs from the registry or
 * from npm's cache. Two of its dependencies are stood in for: not every registry has them.
 */
import { cpSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'aegir/chai'
import { Application, INSTALL_TIMEOUT_MS, readManifest, RUN_TIMEOUT_MS } from './application.ts'

const HERE = import.meta.dirname
const TRANSPORT = path.resolve(HERE, '../../../quic-transport')

const BEACON_NODE = '@lodestar/beacon-node@1.44.0'

/** That the gossip of that version runs with. */
const LODESTAR = {
  '@chainsafe/as-sha256': '1.2.0',
  '@chainsafe/enr': '5.0.0',
  '@chainsafe/ssz': '1.6.2',
  '@lodestar/config': '1.44.0',
  '@lodestar/params': '1.45.0',
  '@lodestar/types': '1.45.0',
  '@lodestar/utils': '1.41.1',
  'xxhash-wasm': '1.0.2'
}

const STAND_INS = {
  '@chainsafe/snappy-wasm': 'file:./lodestar/snappy-wasm',
  '@lodestar/state-transition': 'file:./lodestar/state-transition'
}

const NODES = 10
const ATTESTATIONS = 200
/** Of each node in the ring. */
const NEIGHBOURS = 8

describe('drop-in: Lodestar', function () {
  this.timeout(RUN_TIMEOUT_MS)

  let application: Application

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS)
    const { devDependencies } = readManifest(path.resolve(HERE, '../..'))
    const versions = Object.fromEntries(['@libp2p/crypto', '@libp2p/gossipsub', '@libp2p/identify', '@libp2p/peer-id', '@multiformats/multiaddr', 'libp2p']
      .map(name => [name, devDependencies[name]]))

    application = new Application()

    for (const name of ['lodestar', 'recording-register.ts']) {
      cpSync(path.join(HERE, name), path.join(application.folder, name), { recursive: true })
    }

    await application.install(
      { ...versions, ...LODESTAR, ...STAND_INS, '@quicmesh/quic-transport': `file:${TRANSPORT}` },
      { '@chainsafe/ssz': LODESTAR['@chainsafe/ssz'] }
    )
    await application.extract(await application.pack(BEACON_NODE))
  })

  after(() => { application.remove() })

  it('runs on ours', () => {
    expect(application.gossipsub).to.equal('@quicmesh/gossipsub')
  })

  it('delivers, validates, scores, tells metrics and stops', async () => {
    const { rejecting, validated, meshOfLodestarsMetrics, ...report } = JSON.parse(await application.execute('lodestar/program.ts'))
    const expected = ATTESTATIONS - ATTESTATIONS / NODES

    expect(report).to.deep.equal({
      delivered: Array(NODES).fill(expected),
      copies: Array(NODES).fill(expected),
      blocks: Array(NODES - 1).fill(5),
      duplicate: 'PublishError.Duplicate',
      ignored: 0,
      stats: NEIGHBOURS,
      direct: true,
      topics: 0
    })
    expect(rejecting).to.be.at.least(6)
    expect(validated).to.be.at.least(expected)
    expect(meshOfLodestarsMetrics).to.be.at.least(6)
  })
})
