/** Of the rows, as `peers/README.md` has them. */
export const PROTOCOLS = {
  echo: '/interop/echo/1',
  transfer: '/interop/transfer/1',
  halfClose: '/interop/half-close/1',
  sink: '/interop/sink/1',
  observed: '/interop/observed/1',
  reset: '/interop/reset/1',
  stopWriting: '/interop/stop-writing/1'
}

/** What the row `transfer` sends each way. */
export const TRANSFER_BYTES = 10 * 1024 * 1024

/** Of SHA-256. */
export const DIGEST_BYTES = 32

/** What the row `half-close` is answered. */
export const HALF_CLOSE_BYTES = 64 * 1024

/** Before the answer of the row `half-close`: a reader that took the request's end for the stream's would be gone. */
export const HALF_CLOSE_WAIT_MS = 300

/** What arrives before a reset, or before writing is stopped. */
export const FIRST_BYTES = 1024

/** Before a reset: what was sent must have arrived, as QUIC drops what a reset overtakes. */
export const RESET_WAIT_MS = 200

/** The listener's word when it has read enough. */
export const ENOUGH = 'enough'

/** Streams of one protocol at a time. The row `streams` takes 100. */
export const MAX_STREAMS = 128
