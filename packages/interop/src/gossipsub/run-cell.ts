import { facilities } from '../net/network.ts'
import { whyNoNetsim } from '../netsim/why-no-netsim.ts'
import { MissingToolchainError } from '../peers/peer.ts'
import { comparisonTable, figures } from './comparison.ts'
import { assignMembers, mixName } from './member.ts'
import { localNetwork, regionNetwork } from './mesh-network.ts'
import { describeFaults, runMesh } from './run-mesh.ts'
import { createParams, WARM_UP_COUNT } from './scenario.ts'
import { summarize } from './summary.ts'
import { afterStart } from './timings.ts'
import type { Member } from './member.ts'
import type { MeshNetwork } from './mesh-network.ts'
import type { MeshRun } from './run-mesh.ts'
import type { ScenarioName } from './scenario.ts'
import type { Summary } from './summary.ts'
import type { Timings } from './timings.ts'
import type { TransportName } from '../../peers/js/gossipsub/addresses.ts'
import type { NetsimStatistics } from '../netsim/statistics.ts'
import type { Program } from '../peers/peer.ts'
import type { CellContext, CellResult } from '../runner/cell.ts'

/** A mesh to be run. */
export interface MeshPlan {
  mix: Member[]
  transport: TransportName
  scenario: ScenarioName
  nodeCount: number
  timings: Timings
  network: 'loopback' | 'regions'
  /** Whether times count: it is alone on the machine, and compared with the control. */
  isMeasured: boolean
}

export interface CellRun {
  context: CellContext
  /** Of the controls of this run of the matrix: what they measured, by what they have in common with those to be compared with them. */
  controls: Map<string, Summary>
  controlName: string
}

/**
 * @throws {Error} naming the messages that did not reach all of their receivers, or the node that failed
 */
export async function runCell (plan: MeshPlan, seed: number, { context, controls, controlName }: CellRun): Promise<CellResult> {
  const { mix, scenario, transport, nodeCount, isMeasured } = plan
  // it gives QUIC the socket buffers that it asks for, too
  const { whyLoopback } = await facilities()
  const whyNoRegions = plan.network === 'regions' ? whyLoopback ?? await askedOnce() : undefined

  if (whyNoRegions != null) {
    return { unsupported: `There can be no network of regions here: ${whyNoRegions}` }
  }

  const run = await runPlan(plan, seed, context)

  if (run instanceof MissingToolchainError) {
    return { unsupported: run.message }
  }

  const { faults, deliveries, statistics } = run

  if (faults.length > 0) {
    throw new Error(`${describeFaults(faults)} [logs in ${context.logs}: hosts/node<i>, with qlogs of ours unless it is measured]`)
  }

  if (!isMeasured) {
    return {}
  }

  const name = mixName(mix)
  const summary = summarize(deliveries, WARM_UP_COUNT)
  const key = [transport, scenario, nodeCount, plan.timings.intervalSeconds].join(' ')
  const control = controls.get(key)

  if (name === controlName) {
    controls.set(key, summary)
  }

  const notes = [
    comparisonTable({ [name]: summary, ...control == null ? {} : { [controlName]: control } }),
    ...control == null && name !== controlName ? ['The control was not run beside it.'] : [],
    ...statistics == null ? [] : [describeNetwork(statistics)]
  ]

  return { figures: figures(summary), notes: notes.join('\n\n') }
}

/** Two questions at the same time would make the same namespace to find out. */
let answer: Promise<string | undefined> | undefined

async function askedOnce (): Promise<string | undefined> {
  answer ??= whyNoNetsim()

  return answer
}

type PlanRun = MeshRun & { statistics?: NetsimStatistics }

/** @returns the error when there is nothing to build the network with */
async function runPlan (plan: MeshPlan, seed: number, { logs, slot, signal, programs }: CellContext): Promise<PlanRun | MissingToolchainError> {
  const { mix, transport, scenario, nodeCount } = plan
  let network: MeshNetwork

  try {
    network = plan.network === 'loopback' ? await localNetwork(nodeCount, slot) : await regionNetwork(nodeCount, seed, { signal, logs })
  } catch (err) {
    if (err instanceof MissingToolchainError) {
      return err
    }

    throw err
  }

  return whileOpen(network, async () => runMesh({
    members: assignMembers(mix, nodeCount, seed),
    params: createParams({ scenario, nodeCount, seed, timings: afterStart(plan.timings, nodeCount) }),
    transport,
    network,
    program: peer => gossipsubProgram(peer, programs(peer).gossipsub),
    folder: logs,
    hasQlog: !plan.isMeasured,
    signal
  }))
}

async function whileOpen (network: MeshNetwork, run: () => Promise<MeshRun>): Promise<PlanRun> {
  let result: MeshRun

  try {
    result = await run()
  } catch (err) {
    // why the run failed says more than why its network did
    await network.stop().catch(() => {})

    throw err
  }

  return { ...result, statistics: await network.stop() }
}

function gossipsubProgram (peer: string, program?: Program): Program {
  if (program == null) {
    throw new Error(`${peer} has no program gossipsub`)
  }

  return program
}

/** Whether the network was up to it: what was late or dropped by it, is not by the nodes. */
function describeNetwork ({ lateness, hosts }: NetsimStatistics): string {
  const sum = (count: (host: NetsimStatistics['hosts'][string]) => number): number => Object.values(hosts).reduce((total, host) => total + count(host), 0)
  const megabytes = sum(({ sentBytes }) => sentBytes) / 1e6

  return [
    `${megabytes.toFixed(1)} MB sent`,
    `${sum(({ uploadDropped, downloadDropped }) => uploadDropped + downloadDropped)} packets dropped by full links`,
    `${sum(({ deviceDropped, bufferDropped }) => deviceDropped + bufferDropped)} by a machine too slow`,
    `${(lateness.overOneMs * 100).toFixed(2)} % more than 1 ms late`
  ].join(', ') + '.'
}
