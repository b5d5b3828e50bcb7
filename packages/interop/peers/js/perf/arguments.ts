import { isIPv6 } from 'node:net'
import { parseArgs } from 'node:util'

export const USAGE = `perf --run-server --server-address ip:port [--transport quic-v1|tcp]
perf --server-address ip:port --transport quic-v1|tcp --upload-bytes U --download-bytes D`

/** Arguments that this program has no answer to. */
export class ArgumentError extends Error {
  static name = 'ArgumentError'
  name = 'ArgumentError'
}

export const TRANSPORTS = ['quic-v1', 'tcp'] as const

export type TransportName = typeof TRANSPORTS[number]

export interface ServerArguments {
  isServer: true
  address: Address
  /** To listen on, at the same port. */
  transports: TransportName[]
}

export interface ClientArguments {
  isServer: false
  address: Address
  transport: TransportName
  uploadBytes: number
  downloadBytes: number
}

export interface Address {
  ip: string
  port: number
}

const MAX_PORT = 65_535

/**
 * The arguments of test-plans' `perf`.
 *
 * @throws {ArgumentError} when one is unknown, missing, of the other role, or none of the values that it may have
 */
export function readArguments (args: string[]): ServerArguments | ClientArguments {
  const values = parse(args)
  const isServer = values['run-server'] === true
  const address = readAddress(required('server-address', values['server-address']))

  if (isServer) {
    for (const name of ['upload-bytes', 'download-bytes'] as const) {
      if (values[name] != null) {
        throw new ArgumentError(`--${name} is for the client, --run-server runs the server`)
      }
    }

    return { isServer, address, transports: values.transport == null ? [...TRANSPORTS] : [readTransport(values.transport)] }
  }

  return {
    isServer,
    address,
    transport: readTransport(required('transport', values.transport)),
    uploadBytes: readBytes('upload-bytes', required('upload-bytes', values['upload-bytes'])),
    downloadBytes: readBytes('download-bytes', required('download-bytes', values['download-bytes']))
  }
}

/** The multiaddr of an address over a transport: it names no peer. */
export function toMultiaddr ({ ip, port }: Address, transport: TransportName): string {
  const host = `/${isIPv6(ip) ? 'ip6' : 'ip4'}/${ip}`

  return transport === 'tcp' ? `${host}/tcp/${port}` : `${host}/udp/${port}/quic-v1`
}

function parse (args: string[]): { [name in 'server-address' | 'transport' | 'upload-bytes' | 'download-bytes']?: string } & { 'run-server'?: boolean } {
  try {
    return parseArgs({
      args,
      options: {
        'run-server': { type: 'boolean' },
        'server-address': { type: 'string' },
        transport: { type: 'string' },
        'upload-bytes': { type: 'string' },
        'download-bytes': { type: 'string' }
      }
    }).values
  } catch (err) {
    throw new ArgumentError(err instanceof Error ? err.message : String(err))
  }
}

function required (name: string, value: string | undefined): string {
  if (value == null) {
    throw new ArgumentError(`--${name} is missing`)
  }

  return value
}

function readAddress (value: string): Address {
  const [, ip4, ip6, digits] = /^(?:(\d{1,3}(?:\.\d{1,3}){3})|\[([0-9a-f:.]+)\]):(\d{1,5})$/i.exec(value) ?? []
  const port = Number(digits)

  if (!(port <= MAX_PORT)) {
    throw new ArgumentError(`--server-address must be ip:port or [ip]:port, not ${value}`)
  }

  return { ip: ip4 ?? ip6, port }
}

function readTransport (value: string): TransportName {
  const transport = TRANSPORTS.find((name) => name === value)

  if (transport == null) {
    throw new ArgumentError(`--transport ${value} is unsupported: there are ${TRANSPORTS.join(' and ')}`)
  }

  return transport
}

function readBytes (name: string, value: string): number {
  const bytes = Number(value)

  if (!/^\d+$/.test(value) || !Number.isSafeInteger(bytes)) {
    throw new ArgumentError(`--${name} must be a number of bytes, not ${value}`)
  }

  return bytes
}
