/** A message id as the key of a map: one character per byte, which engines store in one byte. */
export type IdKey = string

export function idKey (id: Uint8Array): IdKey {
  if (id.byteLength <= MAX_ARGUMENTS) {
    return Reflect.apply(String.fromCharCode, undefined, id)
  }

  let key = ''
  for (let start = 0; start < id.byteLength; start += MAX_ARGUMENTS) {
    key += idKey(id.subarray(start, start + MAX_ARGUMENTS))
  }

  return key
}

/** A remote id may be as long as a frame; a call with that many arguments would overflow the stack. */
const MAX_ARGUMENTS = 1_024
