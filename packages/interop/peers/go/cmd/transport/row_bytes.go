package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/libp2p/go-libp2p/core/network"

	"quicmesh.invalid/interop/go/internal/pattern"
)

const (
	streamCount = 100
	streamBytes = 4096
)

// streams has all of them open before one of them is used.
func (d *dialer) streams(ctx context.Context) (fields, error) {
	results := make(chan error, streamCount)
	var opened []network.Stream

	for range streamCount {
		stream, err := d.open(ctx, echoProtocol)

		if err != nil {
			return fields{"streams": 0}, fmt.Errorf("stream %d: %w", len(opened), err)
		}

		opened = append(opened, stream)
	}

	for i, stream := range opened {
		go func() { results <- exchange(stream, i*streamBytes) }()
	}

	right, errs := 0, []error{}

	for range opened {
		if err := <-results; err != nil {
			errs = append(errs, err)
		} else {
			right++
		}
	}

	return fields{"streams": right}, errors.Join(errs...)
}

// exchange sends a part of the pattern that other streams do not send, and expects it back.
func exchange(stream network.Stream, offset int) error {
	defer stream.Close()
	sent := make([]byte, streamBytes)
	reader := pattern.Reader(offset)

	if _, err := reader.Read(sent); err != nil {
		return err
	}

	if _, err := stream.Write(sent); err != nil {
		return err
	}

	if err := stream.CloseWrite(); err != nil {
		return err
	}

	// one more than was sent, so that the echo cannot be too long unseen
	received, err := io.ReadAll(io.LimitReader(stream, streamBytes+1))

	if err != nil {
		return err
	}

	if !bytes.Equal(received, sent) {
		return fmt.Errorf("the echo has %d bytes and is not what was sent", len(received))
	}

	return nil
}

func (d *dialer) transfer(ctx context.Context) (fields, error) {
	stream, err := d.open(ctx, transferProtocol)

	if err != nil {
		return nil, err
	}

	defer stream.Close()
	hash := sha256.New()

	if err := pattern.Write(io.MultiWriter(stream, hash), transferBytes); err != nil {
		return nil, err
	}

	if err := stream.CloseWrite(); err != nil {
		return nil, err
	}

	theirs := make([]byte, sha256.Size)

	if _, err := io.ReadFull(stream, theirs); err != nil {
		return nil, err
	}

	length, isRight, err := pattern.Check(stream)
	report := fields{
		"uploadOk":      bytes.Equal(theirs, hash.Sum(nil)),
		"downloadOk":    isRight && length == transferBytes,
		"downloadBytes": length,
	}

	if err == nil && (report["uploadOk"] != true || report["downloadOk"] != true) {
		err = errors.New("not all bytes arrived as they were")
	}

	return report, err
}

func (d *dialer) halfClose(ctx context.Context) (fields, error) {
	stream, err := d.open(ctx, halfCloseProtocol)

	if err != nil {
		return nil, err
	}

	defer stream.Close()

	if _, err := io.WriteString(stream, "request"); err != nil {
		return nil, err
	}

	if err := stream.CloseWrite(); err != nil {
		return nil, err
	}

	length, isRight, err := pattern.Check(stream)

	if err == nil && (length != halfCloseBytes || !isRight) {
		err = errors.New("the answer is not what it should be")
	}

	return fields{"bytes": length}, err
}
