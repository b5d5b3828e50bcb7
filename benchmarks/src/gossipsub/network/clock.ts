const MS_PER_NS = 1e-6

/** The same in all processes of a machine. */
export function machineMs (): number {
  return Number(process.hrtime.bigint()) * MS_PER_NS
}

/** Into the first eight bytes of a payload. */
export function stamp (data: Uint8Array): void {
  viewOf(data).setFloat64(0, machineMs())
}

/** How long ago a payload was stamped. */
export function ageMs (data: Uint8Array): number {
  return machineMs() - viewOf(data).getFloat64(0)
}

function viewOf (data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength)
}
