export interface Workload {
  uploadBytes: number
  downloadBytes: number
}

interface Line extends Workload {
  type: 'intermediary' | 'final'
  timeSeconds: number
}

/**
 * What a client wrote to standard output: lines of JSON, of which the last one is of all.
 *
 * @returns seconds that it took, from before the dial
 * @throws {Error} when it is not that, or the bytes are not those that were asked for
 */
export function parsePerfReport (output: string, { uploadBytes, downloadBytes }: Workload): number {
  if (!output.endsWith('\n')) {
    throw new Error(`The report does not end with a line feed: ${JSON.stringify(output.slice(-200))}`)
  }

  const lines = output.slice(0, -1).split('\n').map(parseLine)
  const final = lines[lines.length - 1]

  if (lines.some(({ type }, i) => (type === 'final') !== (i === lines.length - 1))) {
    throw new Error(`The last line, and no other, must be the final one: ${output.slice(-200)}`)
  }

  if (final.uploadBytes !== uploadBytes || final.downloadBytes !== downloadBytes) {
    throw new Error(`${uploadBytes} bytes were to go up and ${downloadBytes} down, and ${final.uploadBytes} and ${final.downloadBytes} did`)
  }

  const reported = sum(lines.filter(({ type }) => type === 'intermediary'))

  if (reported.uploadBytes > uploadBytes || reported.downloadBytes > downloadBytes) {
    throw new Error(`On the way more was reported than in the end: ${reported.uploadBytes} bytes up, ${reported.downloadBytes} down`)
  }

  if (final.timeSeconds <= 0) {
    throw new Error(`It takes some time, and not ${final.timeSeconds} s`)
  }

  return final.timeSeconds
}

function parseLine (text: string): Line {
  let line: Record<string, unknown>

  try {
    line = JSON.parse(text)
  } catch {
    throw new Error(`Not a line of JSON: ${JSON.stringify(text)}`)
  }

  const { type, timeSeconds, uploadBytes, downloadBytes } = line

  if ((type !== 'intermediary' && type !== 'final') || !isNumber(timeSeconds) || !isCount(uploadBytes) || !isCount(downloadBytes)) {
    throw new Error(`Not a line of a perf report: ${text}`)
  }

  return { type, timeSeconds, uploadBytes, downloadBytes }
}

function sum (lines: Workload[]): Workload {
  return lines.reduce((all, { uploadBytes, downloadBytes }) => ({
    uploadBytes: all.uploadBytes + uploadBytes,
    downloadBytes: all.downloadBytes + downloadBytes
  }), { uploadBytes: 0, downloadBytes: 0 })
}

function isNumber (value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
