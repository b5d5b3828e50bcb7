import type { MessageId } from './events.ts'

/**
 * Message ids as they are in an IHAVE on the wire: for each one the field `messageIDs` (tag, length, bytes) of `ControlIHave`, one after
 * the other, in parts of whole fields. Shared, so nobody changes the bytes.
 */
export interface EncodedIds {
  readonly parts: readonly MessageId[]
  readonly count: number
}

/** Field 2, length-delimited. */
export const ID_TAG = 2 << 3 | 2

/** Tag and length of an id. */
export function fieldBytes (idBytes: number): number {
  let bytes = 1 + 1

  for (let rest = idBytes; rest >= 0x80; rest /= 0x80) {
    bytes++
  }

  return bytes + idBytes
}

/** Returns the offset after the field. */
export function writeField (target: Uint8Array, offset: number, id: Uint8Array): number {
  let rest = id.length
  target[offset++] = ID_TAG

  for (; rest >= 0x80; rest >>>= 7) {
    target[offset++] = rest & 0x7f | 0x80
  }

  target[offset++] = rest
  target.set(id, offset)

  return offset + id.length
}

/** The offset after the field that begins at an offset. */
export function fieldEnd (bytes: Uint8Array, offset: number): number {
  let length = 0
  let shift = 0
  let byte = 0

  do {
    byte = bytes[++offset]
    length |= (byte & 0x7f) << shift
    shift += 7
  } while (byte >= 0x80)

  return offset + 1 + length
}

/** The id in the field that begins at an offset: a view. */
export function idAt (bytes: MessageId, offset: number): MessageId {
  let start = offset + 1

  while (bytes[start] >= 0x80) {
    start++
  }

  return bytes.subarray(start + 1, fieldEnd(bytes, offset))
}

/** The ids one by one: views. */
export function decodeIds ({ parts }: EncodedIds): MessageId[] {
  const ids: MessageId[] = []

  for (const part of parts) {
    for (let offset = 0; offset < part.length; offset = fieldEnd(part, offset)) {
      ids.push(idAt(part, offset))
    }
  }

  return ids
}
