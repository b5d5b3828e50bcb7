import { freePorts } from '../net/free-ports.ts'
import { LOOPBACK } from '../net/host.ts'
import { addNamespace, namespaceHost, removeNamespace } from '../net/namespaces.ts'
import { facilities } from '../net/network.ts'
import { startNetsim } from '../netsim/netsim.ts'
import { REGION_LATENCIES_MS, regionHosts } from '../netsim/regions.ts'
import { SeededRandom } from './random.ts'
import type { Host } from '../net/host.ts'
import type { NetsimOptions } from '../netsim/netsim.ts'
import type { NetsimStatistics } from '../netsim/statistics.ts'

/** Where the nodes of a mesh run, and how they find each other. */
export interface MeshNetwork {
  /** What is between the nodes, for people. */
  description: string
  host(nodeId: number): Host
  /** For the program of that node. */
  environment(nodeId: number): Record<string, string>
  /** Removes it; from a network that counts, what became of the packets. */
  stop(): Promise<NetsimStatistics | undefined>
}

/** Those of one mesh; each slot of the runner has as many. */
const PORTS_PER_SLOT = 256

/** Below the ports that the kernel gives to those who do not mind. */
const FIRST_PORT = 12_000

/**
 * All nodes on 127.0.0.1, each at a port of its own: needs no root, and has no delay.
 *
 * @param nodeCount - at most as many as there are ports
 * @param slot - whose ports they are, when none are given
 * @param ports - of the nodes; else the first of the slot, which another run may have
 * @throws {RangeError} for more nodes than ports
 */
export function loopbackNetwork (nodeCount: number, slot: number, ports = portsOf(slot).slice(0, nodeCount)): MeshNetwork {
  if (nodeCount > ports.length) {
    throw new RangeError(`${nodeCount} nodes are more than the ${ports.length} that loopback has ports for`)
  }

  const byName = <T> (value: (port: number) => T): string => JSON.stringify(Object.fromEntries(ports.map((port, id) => [`node${id}`, value(port)])))
  const NODE_HOSTS = byName(() => LOOPBACK.address)
  const NODE_PORTS = byName(port => port)

  return {
    description: 'loopback',
    host: () => LOOPBACK,
    environment: id => ({ NODE_ID: String(id), NODE_PORT: String(ports[id]), NODE_HOSTS, NODE_PORTS }),
    stop: async () => undefined
  }
}

/**
 * The same inside a namespace, where there can be one: what else runs on the machine does not have its ports there. Else at ports that
 * nobody has.
 *
 * @throws {RangeError} for more nodes than ports
 */
export async function localNetwork (nodeCount: number, slot: number): Promise<MeshNetwork> {
  if ((await facilities()).whyLoopback != null) {
    return loopbackNetwork(nodeCount, slot, await freePorts(nodeCount, { first: firstPortOf(slot), length: PORTS_PER_SLOT }))
  }

  const network = loopbackNetwork(nodeCount, slot)
  const name = await addNamespace(`mesh-${slot}`)
  const host = namespaceHost(name, LOOPBACK.address)

  return {
    ...network,
    host: () => host,
    stop: async () => {
      await removeNamespace(name)

      return undefined
    }
  }
}

function portsOf (slot: number): number[] {
  return Array.from({ length: PORTS_PER_SLOT }, (_, i) => firstPortOf(slot) + i)
}

function firstPortOf (slot: number): number {
  return FIRST_PORT + slot * PORTS_PER_SLOT
}

/**
 * Each node in a namespace of its own, in regions and with bandwidths as libp2p's gossipsub-interop draws them. Needs root.
 *
 * @throws {Error} when there can't be such a network here
 */
export async function regionNetwork (nodeCount: number, seed: number, options: NetsimOptions): Promise<MeshNetwork> {
  const random = new SeededRandom(seed)
  const netsim = await startNetsim({ hosts: regionHosts(nodeCount, () => random.next()), regions: REGION_LATENCIES_MS, seed }, options)
  const NODE_HOSTS = JSON.stringify(netsim.addresses)

  return {
    description: 'regions',
    host: id => netsim.hosts[`node${id}`],
    environment: id => ({ NODE_ID: String(id), NODE_HOSTS }),
    stop: async () => netsim.stop()
  }
}
