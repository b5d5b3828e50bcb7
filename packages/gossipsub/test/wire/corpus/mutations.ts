/** Frames that are nearly right: changed as one who knows protobuf would change them. */
import { mutated, randomBytes } from '../../fixtures/seeded.ts'
import { encodeFields, join, splitFields, varint } from './fields.ts'
import type { Field } from './fields.ts'
import type { Random } from '../../../src/router/random.ts'

/** RPC, control, control message, peer: no field is deeper. */
const MAX_DEPTH = 4

/** Numbers at the edges of types. */
const EDGES = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]

/** One of the frames with one to three changes. */
export function mutatedFrame (random: Random, frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let frame = Uint8Array.from(pick(random, frames))

  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    frame = random.below(4) === 0 ? mutated(random, frame) : changedAt(random, frame, pick(random, frames), random.below(MAX_DEPTH))
  }

  return frame
}

/** Change a field so deep in the frame, or as deep as there are fields. */
function changedAt (random: Random, bytes: Uint8Array, other: Uint8Array, depth: number): Uint8Array<ArrayBuffer> {
  const fields = splitFields(bytes)

  if (fields == null || fields.length === 0) {
    return mutated(random, bytes)
  }

  const field = pick(random, fields)

  if (depth === 0 || field.wireType !== 2 || field.content.length === 0) {
    return pick(random, changes)(random, fields, random.below(fields.length), splitFields(other) ?? [])
  }

  field.content = changedAt(random, field.content, other, depth - 1)

  return encodeFields(fields)
}

type Change = (random: Random, fields: Field[], at: number, others: Field[]) => Uint8Array<ArrayBuffer>

const changes: Change[] = [
  function drop (random, fields, at) {
    return encodeFields(fields.toSpliced(at, 1))
  },
  function repeat (random, fields, at) {
    return encodeFields(fields.toSpliced(random.below(fields.length + 1), 0, fields[at]))
  },
  function reorder (random, fields) {
    return encodeFields(random.shuffle(fields))
  },
  function splice (random, fields, at, others) {
    return encodeFields(fields.toSpliced(at, random.below(2), ...random.sample(others, 1 + random.below(2))))
  },
  function unknown (random, fields, at) {
    const number = pick(random, [3, 4, 5, 6, 7, 10, 16, 6_492_434, 2 ** 29 - 1])
    const wireType = pick(random, [0, 1, 2, 5])
    const content = wireType === 0 ? Uint8Array.from(varint(pick(random, EDGES), 1 + random.below(11))) : new Uint8Array(wireType === 1 ? 8 : 4)

    return encodeFields(fields.toSpliced(at, 0, { number, wireType, content }))
  },
  /** Tag and length in more bytes than they need. */
  function pad (random, fields, at) {
    return withHead(fields, at, ({ number, wireType }) => varint(number << 3 | wireType, 1 + random.below(6)), 1 + random.below(6))
  },
  /** A tag whose lower 32 bits are those of the field. */
  function widen (random, fields, at) {
    return withHead(fields, at, ({ number, wireType }) => varint(BigInt(number << 3 | wireType) + (BigInt(1 + random.below(7)) << 32n)))
  },
  function otherWireType (random, fields, at) {
    return encodeFields(fields.with(at, { ...fields[at], wireType: random.below(8) }))
  },
  function otherNumber (random, fields, at) {
    return encodeFields(fields.with(at, { ...fields[at], number: random.below(8) }))
  },
  /** A number at the edge of a type, in as many bytes as there may be. */
  function otherValue (random, fields, at) {
    return encodeFields(fields.with(at, { ...fields[at], wireType: 0, content: Uint8Array.from(varint(pick(random, EDGES), 1 + random.below(11))) }))
  },
  /** A length that is not that of the content. */
  function otherLength (random, fields, at) {
    const { number, content } = fields[at]
    const length = random.below(2) === 0 ? pick(random, EDGES) : BigInt(Math.max(0, content.length - 2 + random.below(5)))

    return join([encodeFields(fields.slice(0, at)), varint(number << 3 | 2), varint(length), content, encodeFields(fields.slice(at + 1))])
  },
  function otherContent (random, fields, at) {
    return encodeFields(fields.with(at, { ...fields[at], wireType: 2, content: randomBytes(random, 40) }))
  }
]

function withHead (fields: Field[], at: number, tagOf: (field: Field) => number[], lengthBytes = 1): Uint8Array<ArrayBuffer> {
  const field = fields[at]
  const length = field.wireType === 2 ? varint(field.content.length, lengthBytes) : []

  return join([encodeFields(fields.slice(0, at)), tagOf(field), length, field.content, encodeFields(fields.slice(at + 1))])
}

function pick <T> (random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]
}
