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
 * @throws {RangeError} for more nodes than ports
 */
export function loopbackNetwork (nodeCount: number, slot: number): MeshNetwork {
  if (nodeCount > PORTS_PER_SLOT) {
    throw new RangeError(`${nodeCount} nodes are more than the ${PORTS_PER_SLOT} that loopback has ports for`)
  }

  const ports = Array.from({ length: nodeCount }, (_, id) => FIRST_PORT + slot * PORTS_PER_SLOT + id)
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

/** The same inside a namespace, where there can be one: what else runs on the machine does not have its ports there. */
export async function localNetwork (nodeCount: number, slot: number): Promise<MeshNetwork> {
  const network = loopbackNetwork(nodeCount, slot)

  if ((await facilities()).whyLoopback != null) {
    return network
  }

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
