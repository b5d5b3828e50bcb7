import { base64pad } from 'multiformats/bases/base64'
import type { Base64 } from './trace-event.ts'

export function toBase64 (bytes: Uint8Array): Base64 {
  return base64pad.baseEncode(bytes)
}

/** Of a field: nothing when there are no bytes, as `omitempty` of Go has it. */
export function toField (bytes: Uint8Array | undefined): Base64 | undefined {
  return bytes == null || bytes.length === 0 ? undefined : toBase64(bytes)
}
