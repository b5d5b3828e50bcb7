import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { InvalidMultiaddrError } from '@libp2p/interface'
import { isLinkLocalIp } from '@libp2p/utils'
import { CODE_DNS4, CODE_DNS6, CODE_IP4, CODE_IP6, CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import { QUIC_V1 } from '@multiformats/multiaddr-matcher'
import { raceSignal } from 'race-signal'
import type { Multiaddr } from '@multiformats/multiaddr'

export type Family = 4 | 6

/** Where a UDP socket is: a numeric IP address and a port. */
export interface SocketAddress {
  family: Family
  address: string
  port: number
}

/** Families that a kind of host name stands for; `/dns` is either. */
const HOST_FAMILIES = new Map<number, Family>([[CODE_DNS4, 4], [CODE_DNS6, 6]])

const ANY: Record<Family, string> = { 4: '0.0.0.0', 6: '::' }

/**
 * `/ip4|ip6/../udp/../quic-v1`, perhaps with `/p2p/..`. An address with an `/ip6zone` is not supported.
 */
export function isListenable (ma: Multiaddr): boolean {
  const [first] = ma.getComponents()

  return (first?.code === CODE_IP4 || first?.code === CODE_IP6) && QUIC_V1.exactMatch(ma)
}

/**
 * As `isListenable`, or with a host name: `/dns|dns4|dns6/../udp/../quic-v1`. libp2p resolves `/dnsaddr` before it dials.
 */
export function isDialable (ma: Multiaddr): boolean {
  const [first] = ma.getComponents()

  return first != null && first.name !== 'ip6zone' && first.name !== 'dnsaddr' && QUIC_V1.exactMatch(ma)
}

/**
 * @throws {InvalidMultiaddrError} when this is not an address of `isListenable`
 */
export function toSocketAddress (ma: Multiaddr): SocketAddress {
  if (!isListenable(ma)) {
    throw new InvalidMultiaddrError(`${ma} is not a QUIC v1 address with an IP address`)
  }

  const [ip, udp] = ma.getComponents()

  return {
    family: ip.code === CODE_IP4 ? 4 : 6,
    address: ip.value ?? '',
    port: Number(udp.value)
  }
}

/**
 * As `toSocketAddress`, with host names looked up by the operating system.
 *
 * @throws {InvalidMultiaddrError} when this is not an address of `isDialable`
 */
export async function resolve (ma: Multiaddr, signal: AbortSignal): Promise<SocketAddress> {
  if (isListenable(ma)) {
    return toSocketAddress(ma)
  }

  if (!isDialable(ma)) {
    throw new InvalidMultiaddrError(`${ma} is not a QUIC v1 address`)
  }

  const [host, udp] = ma.getComponents()
  const found = await raceSignal(lookup(host.value ?? '', { family: HOST_FAMILIES.get(host.code) }), signal)

  return {
    family: found.family === 4 ? 4 : 6,
    address: found.address,
    port: Number(udp.value)
  }
}

export function toMultiaddr ({ address, port }: Pick<SocketAddress, 'address' | 'port'>): Multiaddr {
  return multiaddr(`/ip${familyOf(address)}/${address}/udp/${port}/quic-v1`)
}

/**
 * The addresses at which a bound socket can be reached: a wildcard becomes every address that the machine has now,
 * link-local ones aside, which mean nothing without a zone.
 */
export function reachableAddresses (bound: SocketAddress): Multiaddr[] {
  if (!isWildcard(bound)) {
    return [toMultiaddr(bound)]
  }

  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .map(({ address }) => address)
    .filter(address => familyOf(address) === bound.family && !isLinkLocalIp(address))
    .map(address => toMultiaddr({ address, port: bound.port }))
}

export function isWildcard ({ family, address }: SocketAddress): boolean {
  return address === ANY[family]
}

export function isLoopback ({ family, address }: SocketAddress): boolean {
  return family === 4 ? address.startsWith('127.') : address === '::1'
}

/** The address that stands for every interface of a family, with a port of the system's choice. */
export function anyAddress (family: Family): SocketAddress {
  return { family, address: ANY[family], port: 0 }
}

/** The peer id at the end of an address, as text. */
export function peerIdOf (ma: Multiaddr): string | undefined {
  return ma.getComponents().findLast(({ code }) => code === CODE_P2P)?.value
}

function familyOf (address: string): Family {
  return address.includes(':') ? 6 : 4
}
