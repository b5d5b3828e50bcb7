package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	ma "github.com/multiformats/go-multiaddr"

	"quicmesh.invalid/interop/go/internal/node"
	"quicmesh.invalid/interop/go/internal/stranger"
)

// measure dials, uploads, downloads and reports, with the dial in the time, and no key, certificate or transport. It ends early with the context.
func measure(ctx context.Context, address ma.Multiaddr, uploadBytes, downloadBytes uint64) error {
	key, err := node.NewKey()

	if err != nil {
		return err
	}

	dialer, err := stranger.NewDialer(key, address)

	if err != nil {
		return err
	}

	progress := startProgress()
	defer progress.stop()
	connection, err := dialer.Dial(ctx)

	if err != nil {
		return err
	}

	defer connection.Close()
	stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
	defer stop()

	if err := exchange(ctx, connection, uploadBytes, downloadBytes, progress); err != nil {
		return err
	}

	return progress.finish()
}

func exchange(ctx context.Context, connection *stranger.Connection, uploadBytes, downloadBytes uint64, progress *progress) error {
	stream, err := connection.NewStream(ctx, perfProtocol)

	if err != nil {
		return err
	}

	defer stream.Close()

	if err := binary.Write(stream, binary.BigEndian, downloadBytes); err != nil {
		return err
	}

	block := make([]byte, blockBytes)

	if err := send(stream, block, uploadBytes, progress.onUploaded); err != nil {
		return err
	}

	if err := stream.CloseWrite(); err != nil {
		return err
	}

	received := uint64(0)

	for {
		n, err := stream.Read(block)
		received += uint64(n)
		progress.onDownloaded(n)

		if err == io.EOF {
			break
		}

		if err != nil {
			return err
		}
	}

	if received != downloadBytes {
		return fmt.Errorf("%d bytes came, %d were asked for", received, downloadBytes)
	}

	return nil
}
