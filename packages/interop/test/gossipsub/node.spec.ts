import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'aegir/chai'
import { loopbackNetwork } from '../../src/gossipsub/mesh-network.ts'
import { runMesh } from '../../src/gossipsub/run-mesh.ts'
import { freePorts } from '../../src/net/free-ports.ts'
import { LOOPBACK } from '../../src/net/host.ts'
import { chainsafePeer, quicmeshPeer } from '../../src/peers/js.ts'
import { RunningProgram } from '../../src/process/running-program.ts'
import type { Instruction, Params } from '../../peers/js/gossipsub/script.ts'
import type { Member } from '../../src/gossipsub/member.ts'
import type { MeshRun } from '../../src/gossipsub/run-mesh.ts'
import type { Programs } from '../../src/peers/peer.ts'

/** Beside those of a run of the matrix, whose slots begin at 0. */
const SLOT = 60

/** Of the largest mesh here. */
const MAX_NODES = 3

/** Beside those of a run of the matrix: below its first one. */
const PORTS = { first: 11_000, length: 1_000 }

const MESSAGE_COUNT = 6

/** Of the messages, so that IDONTWANT keeps no copy back. */
const SMALL_BYTES = 64

describe('gossipsub: our node', function () {
  this.timeout(60_000)

  const programs = new Map<string, Programs>()
  let folder: string
  let aborter: AbortController
  let ports: number[]

  before(async () => {
    ports = await freePorts(MAX_NODES, PORTS)

    for (const peer of [quicmeshPeer, chainsafePeer]) {
      programs.set(peer.name, await peer.build(() => {}))
    }
  })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gossipsub-node-'))
    aborter = new AbortController()
  })

  afterEach(async () => {
    aborter.abort(new Error('The test is over'))
    await rm(folder, { recursive: true, force: true })
  })

  const start = (args: string[], env: Record<string, string> = {}): RunningProgram => {
    const { file, args: first, env: own } = programs.get('quicmesh')?.gossipsub ?? expect.fail('our program is missing')

    return RunningProgram.start({ file, args: [...first, ...args], env: own }, {
      host: LOOPBACK,
      env: { NODE_ID: '0', NODE_PORT: String(ports[0]), ...env },
      name: 'node',
      logs: folder,
      signal: aborter.signal
    })
  }

  const startScript = async (script: unknown[], args: string[] = [], env: Record<string, string> = {}): Promise<RunningProgram> => {
    const file = join(folder, 'params.json')
    await writeFile(file, JSON.stringify({ script }))

    return start(['--params', file, ...args], env)
  }

  const mesh = async (members: Member[], params: Params, transport: 'tcp' | 'quic-v1'): Promise<MeshRun> => runMesh({
    members,
    params,
    transport,
    network: loopbackNetwork(members.length, SLOT, ports.slice(0, members.length)),
    program: peer => programs.get(peer)?.gossipsub ?? expect.fail(`${peer} is missing`),
    folder,
    hasQlog: false,
    signal: aborter.signal
  })

  for (const transport of ['tcp', 'quic-v1'] as const) {
    it(`logs each arrival, the copies too: three of them over ${transport}`, async () => {
      const run = await mesh([{ peer: 'quicmesh' }, { peer: 'quicmesh' }, { peer: 'quicmesh' }], triangle(), transport)

      expect(run.faults).to.deep.equal([])
      expectCopies(run)
    })
  }

  it('speaks no version beyond the one that it is limited to', async () => {
    const run = await mesh([{ peer: 'quicmesh' }, { peer: 'quicmesh', protocolVersion: '1.0' }, { peer: 'quicmesh', protocolVersion: '1.1' }], triangle(), 'quic-v1')

    expect(run.faults).to.deep.equal([])
    expect(await readFile(join(folder, 'hosts/node0/gossipsub.1000.stdout'), 'utf8'))
      .to.match(/"protocol":"\/meshsub\/1\.0\.0"/)
      .and.match(/"protocol":"\/meshsub\/1\.1\.0"/)
      .and.not.match(/"protocol":"\/meshsub\/1\.2\.0"/)
  })

  it('is in one mesh with the rival, by the same program', async () => {
    const run = await mesh([{ peer: 'quicmesh' }, { peer: 'chainsafe' }, { peer: 'chainsafe' }], triangle(), 'quic-v1')

    expect(run.faults).to.deep.equal([])
    expectCopies(run)
  })

  it('fails the mesh at once when one node can\'t do the script, and says which and why', async () => {
    const impossible: Params = { script: [only(0, init()), { type: 'subscribeToTopic', topicID: 'a', partial: false }, { type: 'waitUntil', elapsedSeconds: 50 }] }
    const run = await mesh([{ peer: 'quicmesh' }, { peer: 'quicmesh' }], impossible, 'tcp')

    expect(run.deliveries).to.deep.equal([])
    expect(run.faults).to.deep.equal(['node1 (quicmesh) ended with exit code 1: Error: The script has an instruction before initGossipSub'])
  })

  const refused: Array<[what: string, start: () => Promise<RunningProgram>, lastWords: RegExp]> = [
    ['partial messages', async () => startScript([{ type: 'addPartialMessage', topicID: 'a', groupID: 1, parts: 3 }]), /addPartialMessage is not supported: this implementation has no partial messages/],
    ['an unknown instruction', async () => startScript([{ type: 'dance' }]), /unknown instruction type "dance"/],
    ['an instruction before initGossipSub', async () => startScript([{ type: 'subscribeToTopic', topicID: 'a' }]), /before initGossipSub/],
    ['an unknown transport', async () => startScript([], ['--transport', 'udp']), /--transport is udp, none of tcp, quic-v1/],
    ['an unknown version', async () => startScript([], ['--protocol-version', '2.0']), /--protocol-version is 2\.0, none of 1\.0, 1\.1, 1\.2/],
    ['a host without a number', async () => startScript([], [], { NODE_ID: 'x' }), /NODE_ID is x/],
    ['no parameters', async () => start([]), /--params is missing/]
  ]

  for (const [what, begin, lastWords] of refused) {
    it(`ends with exit code 1 and the reason for ${what}`, async () => {
      const ending = await (await begin()).ended

      expect(ending.code).to.equal(1)
      expect(ending.lastWords).to.match(lastWords)
    })
  }

  it('ends within a second of SIGTERM, with exit code 0', async () => {
    const node = await startScript([init(), { type: 'waitUntil', elapsedSeconds: 50 }], ['--transport', 'quic-v1'])
    await node.untilOutput(/"msg":"PeerID"/, 20_000)
    // its handler comes before the script
    await new Promise(resolve => setTimeout(resolve, 500))

    const startedAtMs = performance.now()
    const ending = await node.stop()

    expect(ending.code).to.equal(0)
    expect(performance.now() - startedAtMs).to.be.below(1_500)
  })
})

/**
 * Of the two receivers each forwards to the other what it has from the publisher, unless the other was faster: that one is known to have it.
 */
function expectCopies ({ deliveries }: MeshRun): void {
  expect(deliveries).to.have.length(MESSAGE_COUNT)

  for (const { latenciesMs, copies } of deliveries) {
    expect([...latenciesMs.keys()]).to.deep.equal([1, 2])
    expect(copies).to.be.within(1, 2)
  }
}

/** Three nodes that are all connected, and small messages that take a while to validate, so that each is on all ways. */
function triangle (): Params {
  return {
    script: [
      init(),
      { type: 'setTopicValidationDelay', topicID: 'a', delaySeconds: 0.1 },
      { type: 'waitUntil', elapsedSeconds: 2 },
      only(0, { type: 'connect', connectTo: [1, 2] }),
      only(1, { type: 'connect', connectTo: [2] }),
      { type: 'subscribeToTopic', topicID: 'a', partial: false },
      { type: 'waitUntil', elapsedSeconds: 4 },
      ...Array.from({ length: MESSAGE_COUNT }, (_, messageID) => only(0, { type: 'publish', topicID: 'a', messageID, messageSizeBytes: SMALL_BYTES })),
      { type: 'waitUntil', elapsedSeconds: 5 }
    ]
  }
}

function init (): Instruction {
  return { type: 'initGossipSub', gossipSubParams: {} }
}

function only (nodeID: number, instruction: Instruction): Instruction {
  return { type: 'ifNodeIDEquals', nodeID, instruction }
}
