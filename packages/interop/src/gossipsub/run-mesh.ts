import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nodePeerId } from '../../peers/js/gossipsub/identity.ts'
import { describeEnding, RunningProgram } from '../process/running-program.ts'
import { deliveries, deliveryFaults, identityFaults } from './deliveries.ts'
import { expectations } from './expectations.ts'
import { memberName } from './member.ts'
import { parseNodeLog } from './node-logs.ts'
import { protocolFaults } from './protocol-faults.ts'
import { WARM_UP_COUNT } from './scenario.ts'
import { analysis } from './summary.ts'
import type { Delivery } from './deliveries.ts'
import type { Member } from './member.ts'
import type { MeshNetwork } from './mesh-network.ts'
import type { TransportName } from '../../peers/js/gossipsub/addresses.ts'
import type { Params } from '../../peers/js/gossipsub/script.ts'
import type { Program } from '../peers/peer.ts'
import type { Ending } from '../process/running-program.ts'

export interface MeshOptions {
  /** By node. */
  members: readonly Member[]
  params: Params
  transport: TransportName
  network: MeshNetwork
  program(peer: string): Program
  /** Gets `params.json`, `mesh.json`, `analysis.txt`, and `hosts/node<i>/gossipsub.1000.stdout` as Shadow would write it. */
  folder: string
  /** Whether nodes of ours leave qlogs, in `hosts/node<i>/qlog`; they are removed after a good run. They take time, and space. */
  hasQlog: boolean
  signal: AbortSignal
}

export interface MeshRun {
  deliveries: Delivery[]
  /** What is wrong with the run; a good one has none. */
  faults: string[]
}

/** Of one node: a line for each arrival, and whatever else its implementation logs. */
const NODE_LOG_LIMIT_BYTES = 64 * 1_024 * 1_024

/** Shadow calls the files of a host's first process so. */
const NODE_PROGRAM = 'gossipsub.1000'

/** In one line of a report. */
const MAX_FAULTS_TOLD = 8

/**
 * Starts all nodes at one moment, waits for the end of the script, and looks at what they have logged. A node that fails ends the run.
 *
 * @throws the reason of the signal
 */
export async function runMesh (options: MeshOptions): Promise<MeshRun> {
  const { members, params, folder, network, signal } = options
  const paramsFile = join(folder, 'params.json')
  const hosts = members.map((_, id) => join(folder, 'hosts', `node${id}`))

  await Promise.all(hosts.map(async host => mkdir(host, { recursive: true })))
  await writeFile(paramsFile, JSON.stringify(params))
  await writeFile(join(folder, 'mesh.json'), `${JSON.stringify({ network: network.description, members: members.map(memberName) }, null, 2)}\n`)

  const startedAtMs = Date.now()
  const { reports, failure } = await runNodes(options, paramsFile, hosts)
  signal.throwIfAborted()

  if (failure != null) {
    return { deliveries: [], faults: [failure] }
  }

  const logs = reports.map(parseNodeLog)
  const peerIds = await Promise.all(members.map(async (_, id) => (await nodePeerId(id)).toString()))
  const results = deliveries(expectations(params.script, members.length), logs)
  await writeFile(join(folder, 'analysis.txt'), analysis(results, WARM_UP_COUNT))

  const faults = [...identityFaults(logs, peerIds), ...deliveryFaults(results, WARM_UP_COUNT), ...protocolFaults(members, logs)]

  if (faults.length > 0) {
    // of a machine that is too slow other nodes know nothing: they try to connect in vain
    const slowestMs = Math.max(...logs.map(log => log.startedAtMs)) - startedAtMs
    faults.push(`the slowest node took ${(slowestMs / 1_000).toFixed(1)} s to start`)
  } else {
    await Promise.all(hosts.map(async host => rm(qlogFolder(host), { recursive: true, force: true })))
  }

  return { deliveries: results, faults }
}

/** What was wrong, for one line. */
export function describeFaults (faults: readonly string[]): string {
  const told = faults.slice(0, MAX_FAULTS_TOLD).join('; ')

  return faults.length > MAX_FAULTS_TOLD ? `${told}; and ${faults.length - MAX_FAULTS_TOLD} more` : told
}

async function runNodes ({ members, transport, network, program, hasQlog, signal }: MeshOptions, paramsFile: string, hosts: string[]): Promise<{ reports: string[], failure?: string }> {
  let failure: string | undefined
  const end = new AbortController()
  const untilFailure = AbortSignal.any([signal, end.signal])
  const programs = members.map(({ peer, protocolVersion }) => withArguments(program(peer), [
    '--params', paramsFile,
    '--transport', transport,
    ...protocolVersion == null ? [] : ['--protocol-version', protocolVersion]
  ]))

  const running = programs.map((program, id) => RunningProgram.start(program, {
    host: network.host(id),
    env: { PATH: process.env.PATH ?? '', ...network.environment(id), ...hasQlog ? { QLOG_DIR: qlogFolder(hosts[id]) } : {} },
    name: NODE_PROGRAM,
    logs: hosts[id],
    signal: untilFailure,
    reportLimitBytes: NODE_LOG_LIMIT_BYTES
  }))

  const reports = await Promise.all(running.map(async ({ ended }, id) => {
    const ending = await ended

    if (!isGood(ending) && !untilFailure.aborted) {
      // what the others say from now on is not about them
      failure = `node${id} (${memberName(members[id])}) ended with ${describeEnding(ending)}`
      end.abort(new Error(failure))
    }

    return ending.report
  }))

  return { reports, failure }
}

function qlogFolder (host: string): string {
  return join(host, 'qlog')
}

function isGood ({ code, error }: Ending): boolean {
  return code === 0 && error == null
}

function withArguments (program: Program, more: string[]): Program {
  return { ...program, args: [...program.args, ...more] }
}
