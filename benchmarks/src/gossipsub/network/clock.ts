import { ID_BYTES } from '../pubsub-options.ts'

const MS_PER_NS = 1e-6

/** The same in all processes of a machine. */
export function machineMs (): number {
  return Number(process.hrtime.bigint()) * MS_PER_NS
}

/**
 * Into a payload, behind its id: messages that two processes publish at the same moment would have the same fast id otherwise, and one of
 * the two would be taken for a copy of the other.
 */
export function stamp (data: Uint8Array, nowMs = machineMs()): void {
  viewOf(data).setFloat64(ID_BYTES, nowMs)
}

/** How long ago a payload was stamped. */
export function ageMs (data: Uint8Array, nowMs = machineMs()): number {
  return nowMs - viewOf(data).getFloat64(ID_BYTES)
}

function viewOf (data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength)
}
