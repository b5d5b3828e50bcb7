/**
 * IP addresses and ranges of them as text (RFC 4291 section 2.2, RFC 4632), without the platform's network module. An
 * IPv4-mapped IPv6 address is an IPv4 address.
 */

/** 4 or 16 bytes. */
export type IpAddress = readonly number[]

/** The addresses whose first `bits` bits are those of `address`. */
export interface IpRange {
  address: IpAddress
  bits: number
}

/** `undefined` when the text is no address. A zone (`%eth0`) is ignored. */
export function parseIpAddress (text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    return parseIpv4(text)
  }

  const bytes = parseIpv6(text.replace(/%.*$/, ''))

  return bytes != null && isIpv4Mapped(bytes) ? bytes.slice(MAPPED_PREFIX.length) : bytes
}

/** A range, `10.0.0.0/8`, or one address. `undefined` when the text is neither. */
export function parseIpRange (text: string): IpRange | undefined {
  const [, addressText = '', bitsText] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = parseIpAddress(addressText)

  if (address == null) {
    return undefined
  }
  if (bitsText == null) {
    return { address, bits: 8 * address.length }
  }

  const isMapped = address.length === 4 && addressText.includes(':')
  const bits = Number(bitsText) - (isMapped ? 8 * MAPPED_PREFIX.length : 0)

  return bits >= 0 && bits <= 8 * address.length ? { address, bits } : undefined
}

export function isInRange (address: IpAddress, range: IpRange): boolean {
  return address.length === range.address.length && hasSamePrefix(address, range.address, range.bits)
}

export function isLoopback (address: IpAddress): boolean {
  return LOOPBACK.some(range => isInRange(address, range))
}

/** What the addresses of one party have in common: the whole of an IPv4 address, the network (64 bits) of an IPv6 one. */
export function partyOf (address: IpAddress): string {
  return address.length === 4 ? address.join('.') : address.slice(0, 8).join(':')
}

/** ::ffff:0:0/96, RFC 4291 section 2.5.5.2. */
const MAPPED_PREFIX: IpAddress = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]

/** 127.0.0.0/8 and ::1. */
const LOOPBACK: IpRange[] = [
  { address: [127, 0, 0, 0], bits: 8 },
  { address: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], bits: 128 }
]

function parseIpv4 (text: string): number[] | undefined {
  const parts = text.split('.')

  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined
  }

  return parts.map(Number)
}

function parseIpv6 (text: string): number[] | undefined {
  const halves = text.split('::')

  // an IPv4 address may only be the end
  if (halves.length > 2 || (halves.length === 2 && halves[0].includes('.'))) {
    return undefined
  }

  const [head, tail] = halves.map(half => half === '' ? [] : parseGroups(half))

  if (head == null) {
    return undefined
  }
  if (halves.length === 1) {
    return head.length === 16 ? head : undefined
  }

  const zeros = 16 - head.length - (tail?.length ?? 0)

  // the double colon stands for one group at least
  return tail != null && zeros >= 2 ? [...head, ...new Array<number>(zeros).fill(0), ...tail] : undefined
}

/** Groups of four hexadecimal digits; the last one may be an IPv4 address. */
function parseGroups (text: string): number[] | undefined {
  const groups = text.split(':')
  const bytes: number[] = []

  for (const [index, group] of groups.entries()) {
    const ipv4 = index === groups.length - 1 && group.includes('.') ? parseIpv4(group) : undefined

    if (ipv4 != null) {
      bytes.push(...ipv4)
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = parseInt(group, 16)
      bytes.push(value >> 8, value & 0xff)
    } else {
      return undefined
    }
  }

  return bytes
}

function isIpv4Mapped (address: IpAddress): boolean {
  return hasSamePrefix(address, MAPPED_PREFIX, 8 * MAPPED_PREFIX.length)
}

function hasSamePrefix (a: IpAddress, b: IpAddress, bits: number): boolean {
  const wholeBytes = bits >> 3

  for (let i = 0; i < wholeBytes; i++) {
    if (a[i] !== b[i]) {
      return false
    }
  }

  const shift = 8 - (bits & 7)

  return shift === 8 || a[wholeBytes] >> shift === b[wholeBytes] >> shift
}
