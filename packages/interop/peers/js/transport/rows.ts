import { halfClose } from './rows/half-close.ts'
import { keepAlive } from './rows/keep-alive.ts'
import { noPeerId, wrongPeerId } from './rows/peer-id.ts'
import { resetByListener } from './rows/reset-by-listener.ts'
import { reset } from './rows/reset.ts'
import { stopWriting } from './rows/stop-writing.ts'
import { streams } from './rows/streams.ts'
import { transfer } from './rows/transfer.ts'
import type { Row } from './row.ts'

/** By the names of `peers/README.md`. */
export const ROWS: Record<string, Row> = {
  streams,
  transfer,
  'half-close': halfClose,
  reset,
  'reset-by-listener': resetByListener,
  'stop-writing': stopWriting,
  'no-peer-id': noPeerId,
  'wrong-peer-id': wrongPeerId,
  'keep-alive': keepAlive
}
