package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"

	"quicmesh.invalid/interop/go/internal/pattern"
)

const (
	// stopPatience is how long a writer may go on once nobody reads.
	stopPatience = 10 * time.Second
	// maxAnswerBytes is of what is read into memory.
	maxAnswerBytes = 4096
)

func (d *dialer) reset(ctx context.Context) (fields, error) {
	stream, err := d.open(ctx, sinkProtocol)

	if err != nil {
		return nil, err
	}

	if err := pattern.Write(stream, smallBytes); err != nil {
		return nil, err
	}

	time.Sleep(resetDelay)

	if err := stream.ResetWithError(resetCode); err != nil {
		return nil, err
	}

	report := fields{"sentCode": resetCode}
	observed, err := d.observed(ctx)

	if err != nil {
		return report, err
	}

	report["observed"] = observed

	if observed.Ended != endedByReset {
		return report, fmt.Errorf("the listener saw %s", observed.Ended)
	}

	return report, nil
}

// observed asks the listener how the last stream of the sink ended.
func (d *dialer) observed(ctx context.Context) (ending, error) {
	stream, err := d.open(ctx, observedProtocol)

	if err != nil {
		return ending{}, err
	}

	defer stream.Close()

	if err := stream.CloseWrite(); err != nil {
		return ending{}, err
	}

	var observed ending

	err = json.NewDecoder(io.LimitReader(stream, maxAnswerBytes)).Decode(&observed)

	return observed, err
}

func (d *dialer) resetByListener(ctx context.Context) (fields, error) {
	stream, err := d.open(ctx, resetProtocol)

	if err != nil {
		return nil, err
	}

	defer stream.Close()

	if _, err := stream.Write([]byte{1}); err != nil {
		return nil, err
	}

	seen, err := readToEnding(stream)
	report := fields{"bytes": seen.Bytes, "ended": seen.Ended, "code": seen.Code}

	if err == nil && (seen.Ended != endedByReset || seen.Bytes != smallBytes) {
		err = fmt.Errorf("%d bytes and then %s", seen.Bytes, seen.Ended)
	}

	return report, err
}

func (d *dialer) stopWriting(ctx context.Context) (fields, error) {
	stream, err := d.open(ctx, stopWritingProtocol)

	if err != nil {
		return nil, err
	}

	defer stream.Reset()

	if stream.Conn().ConnState().StreamMultiplexer == yamux.ID {
		return nil, unsupportedError{"yamux cannot ask the other side to stop writing"}
	}

	writing := make(chan error, 1)

	go func() {
		_, err := io.Copy(stream, new(pattern.Reader))
		writing <- err
	}()

	answer, err := io.ReadAll(io.LimitReader(stream, maxAnswerBytes))
	report := fields{"answer": string(answer), "writeEnded": false}

	if err != nil {
		return report, err
	}

	if string(answer) != enough {
		return report, errors.New("the answer is not what it should be")
	}

	select {
	case <-writing:
		report["writeEnded"] = true
	case <-time.After(stopPatience):
		return report, fmt.Errorf("still writing %s after the listener stopped reading", stopPatience)
	}

	return report, nil
}
