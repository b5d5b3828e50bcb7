package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"

	"quicmesh.invalid/interop/go/internal/node"
)

func serve(ctx context.Context, addresses []ma.Multiaddr) error {
	key, err := node.NewKey()

	if err != nil {
		return err
	}

	h, err := node.New(key, addresses...)

	if err != nil {
		return err
	}

	defer h.Close()

	h.SetStreamHandler(perfProtocol, func(stream network.Stream) {
		if err := answer(stream); err != nil {
			log.Println(err)
			_ = stream.Reset()
		}

		_ = stream.Close()
	})

	fmt.Fprintln(os.Stderr, "listening on", h.Network().ListenAddresses())
	<-ctx.Done()

	return nil
}

// answer reads how much is wanted and all else to the end, says how much that was, then sends as much as is wanted.
func answer(stream network.Stream) error {
	var wanted uint64

	if err := binary.Read(stream, binary.BigEndian, &wanted); err != nil {
		return err
	}

	block := make([]byte, blockBytes)
	received := uint64(0)

	for {
		n, err := stream.Read(block)
		received += uint64(n)

		if err == io.EOF {
			break
		}

		if err != nil {
			return err
		}
	}

	fmt.Fprintf(os.Stderr, "%d bytes came, %d are to go\n", received, wanted)
	clear(block)

	if err := send(stream, block, wanted, func(int) {}); err != nil {
		return err
	}

	return stream.CloseWrite()
}

// send writes that many bytes, a block at a time.
func send(w io.Writer, block []byte, length uint64, onSent func(int)) error {
	for length > 0 {
		n, err := w.Write(block[:min(uint64(len(block)), length)])

		if err != nil {
			return err
		}

		length -= uint64(n)
		onSent(n)
	}

	return nil
}
