import type { BytesInPieces, MessageId } from './events.ts'

/** Of this size and more, and in pieces, bytes are kept as they are: copied, they would leave too much of a chunk empty. */
export const SHARED_FROM_BYTES = 4_096

/** A chunk lives as long as one message in it does, so it should be small against the bytes of a cache. */
const CHUNK_BYTES = 65_536

/**
 * Small pieces of bytes copied into large chunks, one after the other. A chunk is never written over: it is garbage once nothing refers to it,
 * and a view of it stays valid for whoever holds one (and keeps the chunk).
 */
export class Slab {
  private chunk: MessageId = new Uint8Array(0)
  private free = 0

  /** Where the bytes of the last `store` are. */
  lastChunk: MessageId | BytesInPieces = this.chunk
  lastOffset = 0

  store (bytes: MessageId | BytesInPieces): void {
    if (!(bytes instanceof Uint8Array)) {
      this.lastChunk = bytes
      this.lastOffset = 0
      return
    }
    if (bytes.length >= SHARED_FROM_BYTES) {
      this.lastChunk = ownBytes(bytes)
      this.lastOffset = 0
      return
    }
    if (bytes.length > this.chunk.length - this.free) {
      this.chunk = new Uint8Array(CHUNK_BYTES)
      this.free = 0
    }

    this.chunk.set(bytes, this.free)
    this.lastChunk = this.chunk
    this.lastOffset = this.free
    this.free += bytes.length
  }

  /** Let go of the chunk, when nothing in it is needed. */
  clear (): void {
    this.chunk = new Uint8Array(0)
    this.free = 0
    this.lastChunk = this.chunk
    this.lastOffset = 0
  }
}

/** Not a small part of something large, which would be kept alive as a whole. */
function ownBytes (bytes: Uint8Array): MessageId {
  const { buffer } = bytes
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength - bytes.byteLength < SHARED_FROM_BYTES

  return isOwn ? new Uint8Array(buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes)
}
