/**
 * The reference that frames are read by: protobuf as its documentation has it, strictly and slowly. It says whether a frame is to be taken,
 * and if so gives it in a plain form, in which there is nothing left that the generated codec does not read right.
 */
import { readVarint, varint, join } from './fields.ts'

/** Why a frame is refused. The generated codec takes some frames of each. */
export type Refusal = 'it ends early' | 'a field beyond what holds it' | 'a field number that is none' | 'a wide length' | 'a group' | 'a long varint' | 'a topic that is not UTF-8'

/** What is taken and is read otherwise, or not at all, by the generated codec. */
export type Oddity = 'another wire type' | 'a wide truth value' | 'an odd backoff' | 'many control fields'

export interface Reading {
  refusal?: Refusal
  oddities: Set<Oddity>
  /** If it is not refused. */
  plain: Uint8Array<ArrayBuffer>
}

type Type = 'bool' | 'uint64' | 'string' | 'bytes' | Schema

interface Schema {
  [number: number]: Type
}

const ids: Schema = { 1: 'bytes' }
const rpc: Schema = {
  1: { 1: 'bool', 2: 'string' },
  2: { 1: 'bytes', 2: 'bytes', 3: 'bytes', 4: 'string', 5: 'bytes', 6: 'bytes' },
  3: {
    1: { 1: 'string', 2: 'bytes' },
    2: ids,
    3: { 1: 'string' },
    4: { 1: 'string', 2: { 1: 'bytes', 2: 'bytes' }, 3: 'uint64' },
    5: ids
  }
}

const CONTROL = 3
const UINT32 = 2n ** 32n

export function readStrictly (frame: Uint8Array): Reading {
  const oddities = new Set<Oddity>()

  try {
    return { oddities, plain: mergeControls(fieldsOf(frame, rpc, oddities), oddities) }
  } catch (err) {
    if (err instanceof Refused) {
      return { refusal: err.refusal, oddities, plain: new Uint8Array(0) }
    }

    throw err
  }
}

class Refused extends Error {
  readonly refusal: Refusal

  constructor (refusal: Refusal) {
    super(refusal)
    this.refusal = refusal
  }
}

interface PlainField {
  number: number
  bytes: Uint8Array | number[]
  /** Of a message, without tag and length. */
  content?: Uint8Array
}

function fieldsOf (bytes: Uint8Array, schema: Schema, oddities: Set<Oddity>): PlainField[] {
  const fields: PlainField[] = []
  let at = 0

  /** Its value is that of 64 bits; of more bytes than a field may have, it is refused. */
  function next (maxBytes: number, tooLong: Refusal): bigint {
    const read = readVarint(bytes, at)

    if (read == null) {
      throw new Refused(bytes.length - at >= 10 ? tooLong : 'it ends early')
    }
    if (read.end - at > maxBytes) {
      throw new Refused(tooLong)
    }

    at = read.end

    return read.value
  }

  function take (length: bigint): Uint8Array {
    if (length >= UINT32) {
      throw new Refused('a wide length')
    }
    if (length > BigInt(bytes.length - at)) {
      throw new Refused('a field beyond what holds it')
    }

    at += Number(length)

    return bytes.subarray(at - Number(length), at)
  }

  while (at < bytes.length) {
    const tag = next(5, 'a field number that is none')

    if (tag >= UINT32 || tag < 8n) {
      throw new Refused('a field number that is none')
    }

    const number = Number(tag >> 3n)
    const wireType = Number(tag & 7n)
    const type = schema[number] as Type | undefined
    const start = at

    switch (wireType) {
      case 0: {
        const value = next(10, 'a long varint')

        if (isNumber(type)) {
          fields.push({ number, bytes: [...varint(tag), ...varint(plainNumber(type, value, at - start, oddities))] })
        }
        break
      }
      case 1:
        take(8n)
        break
      case 2: {
        const content = take(next(5, 'a wide length'))

        if (type != null && !isNumber(type)) {
          fields.push(plainBytes(number, type, content, oddities))
        }
        break
      }
      case 5:
        take(4n)
        break
      default:
        throw new Refused('a group')
    }

    if (type != null && wireType !== (isNumber(type) ? 0 : 2)) {
      oddities.add('another wire type')
    }
  }

  checkLast(fields, schema)

  return fields
}

/** Of a string that occurs twice the last one counts, and what does not count may be anything. */
function checkLast (fields: PlainField[], schema: Schema): void {
  for (const { number, content } of new Map(fields.map(field => [field.number, field])).values()) {
    if (schema[number] === 'string' && content != null && !isUtf8(content)) {
      throw new Refused('a topic that is not UTF-8')
    }
  }
}

function isNumber (type: Type | undefined): type is 'bool' | 'uint64' {
  return type === 'bool' || type === 'uint64'
}

function plainNumber (type: 'bool' | 'uint64', value: bigint, length: number, oddities: Set<Oddity>): bigint {
  if (type === 'bool') {
    if (length > 5 || value >= UINT32) {
      oddities.add('a wide truth value')
    }

    return value === 0n ? 0n : 1n
  }

  const largest = BigInt(Number.MAX_SAFE_INTEGER)

  if (value > largest || length > varint(value).length) {
    oddities.add('an odd backoff')
  }

  return value > largest ? largest : value
}

function plainBytes (number: number, type: 'string' | 'bytes' | Schema, content: Uint8Array, oddities: Set<Oddity>): PlainField {
  const plain = typeof type === 'string' ? content : join(fieldsOf(content, type, oddities).map(({ bytes }) => bytes))

  return { number, content: plain, bytes: join([varint(number << 3 | 2), varint(plain.length), plain]) }
}

/** Of a message that is not repeated, the parts are merged. */
function mergeControls (fields: PlainField[], oddities: Set<Oddity>): Uint8Array<ArrayBuffer> {
  const controls = fields.filter(({ number }) => number === CONTROL)

  if (controls.length < 2) {
    return join(fields.map(({ bytes }) => bytes))
  }

  oddities.add('many control fields')
  const merged = join(controls.map(({ content }) => content ?? []))

  return join([...fields.filter(({ number }) => number !== CONTROL).map(({ bytes }) => bytes), varint(CONTROL << 3 | 2), varint(merged.length), merged])
}

function isUtf8 (bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
