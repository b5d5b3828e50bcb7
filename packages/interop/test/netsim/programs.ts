/** Sends each datagram back. */
export const ECHO = `
  const socket = require('node:dgram').createSocket('udp4')
  socket.on('message', (data, { port, address }) => { socket.send(data, port, address) })
  socket.bind(7000, () => { console.log('ready') })
`

/** Reports the RTT of each of `COUNT` datagrams to `ADDRESS`, in ms. */
export const PING = `
  const { once } = require('node:events')
  const socket = require('node:dgram').createSocket('udp4')
  const rttsMs = []

  ;(async () => {
    for (let i = 0; i < Number(process.env.COUNT); i++) {
      const start = performance.now()
      socket.send('ping', 7000, process.env.ADDRESS)
      await once(socket, 'message')
      rttsMs.push(performance.now() - start)
    }

    console.log(JSON.stringify(rttsMs))
    socket.close()
  })()
`

/** Sends `COUNT` datagrams of `BYTES` bytes, numbered and with its `NAME`, to `ADDRESS`; `BURST` each millisecond or so. */
export const SEND = `
  const { setTimeout: delay } = require('node:timers/promises')
  const { ADDRESS, NAME } = process.env
  const [COUNT, BYTES, BURST] = [process.env.COUNT, process.env.BYTES, process.env.BURST].map(Number)
  const socket = require('node:dgram').createSocket('udp4')

  socket.connect(7000, ADDRESS, async () => {
    for (let i = 0; i < COUNT; i++) {
      const data = Buffer.alloc(BYTES)
      data.write(NAME)
      data.writeUInt32BE(i, 1)
      socket.send(data)

      if ((i + 1) % BURST === 0) {
        await delay(1)
      }
    }

    await delay(10)
    socket.close()
  })
`

/** Reports what it gets until it has been silent for SILENCE_MS: names and numbers in order, and the time between first and last. */
export const RECEIVE = `
  const socket = require('node:dgram').createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  const arrivals = []
  let bytes = 0
  let first, last, timer

  socket.on('message', (data) => {
    last = performance.now()
    first ??= last
    bytes += data.length
    arrivals.push(data.toString('latin1', 0, 1) + data.readUInt32BE(1))
    timer ??= setInterval(() => {
      if (performance.now() - last > Number(process.env.SILENCE_MS)) {
        console.log(JSON.stringify({ arrivals, bytes, ms: last - first }))
        clearInterval(timer)
        socket.close()
      }
    }, 20)
  })
  socket.bind(7000, () => { console.log('ready') })
`
