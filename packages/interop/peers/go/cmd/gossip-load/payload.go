package main

import (
	"crypto/rand"
	"encoding/binary"
	"math"
)

// layout is what a payload begins with: its id, and then the time at which it was published. The rest is random.
type layout struct {
	// idBytes are random, too.
	idBytes int
	// messageBytes are at least so many that the time has room.
	messageBytes int
}

// stampBytes are a float64, big-endian: milliseconds of the machine's clock.
const stampBytes = 8

func (l layout) payload(nowMs float64) []byte {
	data := make([]byte, l.messageBytes)
	// it never fails
	_, _ = rand.Read(data)
	binary.BigEndian.PutUint64(data[l.idBytes:], math.Float64bits(nowMs))

	return data
}

// id of a message that is too short is all of it.
func (l layout) id(data []byte) string {
	return string(data[:min(l.idBytes, len(data))])
}

// ageMs of a message that has no time in it is not there.
func (l layout) ageMs(data []byte, nowMs float64) (float64, bool) {
	if len(data) < l.idBytes+stampBytes {
		return 0, false
	}

	return nowMs - math.Float64frombits(binary.BigEndian.Uint64(data[l.idBytes:])), true
}
