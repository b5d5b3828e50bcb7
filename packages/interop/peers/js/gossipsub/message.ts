/** Messages are zeros behind an id of 8 bytes, big-endian; the log has the id as a decimal number. */

const ID_BYTES = 8

export function createMessage (messageId: number, sizeBytes: number): Uint8Array {
  const data = new Uint8Array(sizeBytes)
  new DataView(data.buffer).setBigUint64(0, BigInt(messageId))

  return data
}

/** @throws {RangeError} for a message that is too short to have one */
export function messageId ({ data }: { data: Uint8Array }): Uint8Array {
  if (data.length < ID_BYTES) {
    throw new RangeError(`A message of ${data.length} bytes has no id`)
  }

  return data.subarray(0, ID_BYTES)
}

export function messageIdText (id: Uint8Array): string {
  return new DataView(id.buffer, id.byteOffset, ID_BYTES).getBigUint64(0).toString()
}
