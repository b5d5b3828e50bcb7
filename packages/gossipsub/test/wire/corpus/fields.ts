/** Protobuf by hand, for tests: nothing here is shared with what they test. */

export interface Field {
  number: number
  wireType: number
  /** Of a field of type 2; of others, the value as it was written. */
  content: Uint8Array
}

export function varint (value: number | bigint, minBytes = 1): number[] {
  const bytes: number[] = []
  let rest = BigInt(value)

  for (; rest >= 0x80n || bytes.length < minBytes - 1; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
  }

  return [...bytes, Number(rest)]
}

export function join (parts: Array<Uint8Array | number[]>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

export function encodeFields (fields: Field[]): Uint8Array<ArrayBuffer> {
  return join(fields.flatMap(({ number, wireType, content }) => {
    const tag = varint(BigInt(number) << 3n | BigInt(wireType))

    return wireType === 2 ? [tag, varint(content.length), content] : [tag, content]
  }))
}

/** The fields, or undefined where the bytes are not fields one after the other. */
export function splitFields (bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = []
  let at = 0

  while (at < bytes.length) {
    const tag = readVarint(bytes, at)
    const wireType = Number((tag?.value ?? 7n) & 7n)
    const start = tag?.end ?? 0
    const value = readVarint(bytes, start)
    const length = wireType === 2 ? value : undefined
    const contentStart = length?.end ?? start
    const end = wireType === 2 ? contentStart + Number(length?.value ?? 0) : { 0: value?.end, 1: start + 8, 5: start + 4 }[wireType]

    if (tag == null || end == null || end > bytes.length || (wireType === 2 && length == null)) {
      return undefined
    }

    fields.push({ number: Number(tag.value >> 3n), wireType, content: bytes.subarray(contentStart, end) })
    at = end
  }

  return fields
}

/** Up to ten bytes; undefined when it does not end. */
export function readVarint (bytes: Uint8Array, start: number): { value: bigint, end: number } | undefined {
  let value = 0n

  for (let i = 0; i < 10 && start + i < bytes.length; i++) {
    value |= BigInt(bytes[start + i] & 0x7f) << BigInt(7 * i)

    if (bytes[start + i] < 0x80) {
      return { value, end: start + i + 1 }
    }
  }
}
