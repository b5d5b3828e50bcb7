/** Who this node is and where the others are: from the host name and the resolver, or from the environment. */
import { lookup } from 'node:dns/promises'
import { isIPv4 } from 'node:net'

export const transports = ['tcp', 'quic-v1'] as const

export type TransportName = typeof transports[number]

const DEFAULT_PORT = 9_000

interface Environment {
  NODE_ID?: string
  NODE_PORT?: string
  NODE_HOSTS?: string
  NODE_PORTS?: string
}

/**
 * @param hostName - `node<N>`; `NODE_ID` goes before it
 * @throws {Error} when neither has a number
 */
export function nodeId (hostName: string, { NODE_ID }: Environment): number {
  const digits = NODE_ID ?? /^node(\d+)/.exec(hostName)?.[1] ?? ''

  if (!/^\d{1,9}$/.test(digits)) {
    throw new Error(NODE_ID == null ? `The host is called ${hostName}, not node<N>, and NODE_ID is not set` : `NODE_ID is ${NODE_ID}, not a number`)
  }

  return Number(digits)
}

export function listenAddress (transport: TransportName, environment: Environment): string {
  return address('0.0.0.0', port(environment.NODE_PORT), transport)
}

/**
 * Where to dial another node, without its peer id.
 *
 * @throws {Error} when its name does not resolve
 */
export async function nodeAddress (id: number, transport: TransportName, { NODE_HOSTS, NODE_PORTS }: Environment): Promise<string> {
  const name = `node${id}`
  const host = NODE_HOSTS == null ? await resolve(name) : entry('NODE_HOSTS', NODE_HOSTS, name)

  if (host == null || !isIPv4(host)) {
    throw new Error(`${name} has no IPv4 address in NODE_HOSTS`)
  }

  const other = NODE_PORTS == null ? undefined : entry('NODE_PORTS', NODE_PORTS, name)

  return address(host, port(other), transport)
}

async function resolve (name: string): Promise<string> {
  const { address } = await lookup(name, { family: 4 })

  return address
}

function entry (variable: string, json: string, name: string): string | undefined {
  const record: unknown = JSON.parse(json)

  if (typeof record !== 'object' || record == null) {
    throw new Error(`${variable} is not an object`)
  }

  const value: unknown = Object.entries(record).find(([key]) => key === name)?.[1]

  return value == null ? undefined : String(value)
}

function port (text = String(DEFAULT_PORT)): number {
  const value = Number(text)

  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new Error(`${text} is not a port`)
  }

  return value
}

function address (host: string, port: number, transport: TransportName): string {
  return transport === 'tcp' ? `/ip4/${host}/tcp/${port}` : `/ip4/${host}/udp/${port}/quic-v1`
}
