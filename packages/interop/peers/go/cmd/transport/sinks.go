package main

import (
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

const (
	// sinkPatience is how long somebody who asks waits for the end of a stream that is still being read.
	sinkPatience = 10 * time.Second
	sinkPoll     = 10 * time.Millisecond
)

// sinks reads streams and remembers how the last of them ended.
type sinks struct {
	mutex sync.Mutex
	// open is how many are being read.
	open int
	last *ending
}

func (s *sinks) read(stream network.Stream) error {
	s.mutex.Lock()
	s.open++
	s.mutex.Unlock()

	observed, err := readToEnding(stream)

	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.open--

	if err == nil {
		s.last = &observed
	}

	return err
}

// tell answers with a line of JSON.
func (s *sinks) tell(stream network.Stream) error {
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return err
	}

	observed, err := s.await()

	if err != nil {
		return err
	}

	if err := json.NewEncoder(stream).Encode(observed); err != nil {
		return err
	}

	return stream.CloseWrite()
}

// await waits until none is read any more: streams are not ordered among each other, so that the end of one may come
// after the question.
func (s *sinks) await() (ending, error) {
	deadline := time.Now().Add(sinkPatience)

	for time.Now().Before(deadline) {
		s.mutex.Lock()
		open, last := s.open, s.last
		s.mutex.Unlock()

		if open == 0 && last != nil {
			return *last, nil
		}

		time.Sleep(sinkPoll)
	}

	return ending{}, errors.New("no stream of the sink has ended")
}
