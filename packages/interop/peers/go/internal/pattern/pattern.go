// Package pattern is the bytes that the rows send: predictable, and such that bytes lost or swapped are seen.
package pattern

import "io"

// chunkBytes is read and written at once.
const chunkBytes = 1 << 16

// Reader is the pattern without end; its value is where it goes on.
type Reader int

// Read implements io.Reader.
func (r *Reader) Read(buffer []byte) (int, error) {
	for i := range buffer {
		buffer[i] = at(int(*r) + i)
	}

	*r += Reader(len(buffer))

	return len(buffer), nil
}

// Write writes the first bytes of the pattern.
func Write(w io.Writer, length int64) error {
	_, err := io.CopyBuffer(onlyWriter{w}, io.LimitReader(new(Reader), length), make([]byte, chunkBytes))

	return err
}

// Check reads to the end. It tells how many bytes there were, and whether they were the pattern from its start.
func Check(r io.Reader) (length int, isRight bool, err error) {
	isRight = true
	buffer := make([]byte, chunkBytes)

	for {
		n, err := r.Read(buffer)

		for i, value := range buffer[:n] {
			isRight = isRight && value == at(length+i)
		}

		length += n

		if err == io.EOF {
			return length, isRight, nil
		}

		if err != nil {
			return length, isRight, err
		}
	}
}

func at(i int) byte {
	return byte(i*31 + (i>>8)*17)
}

// onlyWriter hides a ReadFrom, which would choose its own size of buffer.
type onlyWriter struct{ io.Writer }
