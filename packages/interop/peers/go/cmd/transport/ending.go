package main

import (
	"errors"
	"io"

	"github.com/libp2p/go-libp2p/core/network"
)

// ending is what a reader sees of a stream.
type ending struct {
	Bytes int    `json:"bytes"`
	Ended string `json:"ended"`
	// Code is nil for one that was not reset.
	Code *network.StreamErrorCode `json:"code"`
}

const (
	endedByReset = "reset"
	endedByEOF   = "eof"
)

// readToEnding fails if the stream ended in neither way, such as with its connection.
func readToEnding(r io.Reader) (ending, error) {
	length, err := io.Copy(io.Discard, r)
	result := ending{Bytes: int(length), Ended: endedByEOF}

	if err == nil {
		return result, nil
	}

	var reset *network.StreamError

	if !errors.As(err, &reset) || !reset.Remote {
		return result, err
	}

	result.Ended = endedByReset
	result.Code = &reset.ErrorCode

	return result, nil
}
