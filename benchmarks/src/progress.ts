import type { WriteStream } from 'node:tty'

/** Clears the line that the cursor is in. */
const CLEAR_LINE = '\r\u001b[K'

export interface Progress {
  onProgress (text: string): void
  /** Leaves the output as if there had been no progress. */
  clear (): void
}

/** A line that is written over on a terminal; nothing elsewhere, where it would only fill a log. */
export function progressLine (output: WriteStream): Progress {
  if (!output.isTTY) {
    return { onProgress: () => {}, clear: () => {} }
  }

  return {
    onProgress: (text) => { output.write(`${CLEAR_LINE}${text.slice(0, output.columns - 1)}`) },
    clear: () => { output.write(CLEAR_LINE) }
  }
}
