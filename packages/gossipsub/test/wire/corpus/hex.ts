/** Frames written by hand: hexadecimal digits, and after `;` what they are, up to the end of the line. */
export function fromHex (text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/;.*$/gm, '').replace(/\s+/g, '')

  if (!/^([0-9a-f]{2})*$/.test(digits)) {
    throw new Error(`Not hexadecimal: ${digits}`)
  }

  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

export function toHex (bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
