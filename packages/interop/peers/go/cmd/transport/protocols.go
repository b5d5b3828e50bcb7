package main

import (
	"crypto/sha256"
	"io"
	"log"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"quicmesh.invalid/interop/go/internal/pattern"
)

const (
	echoProtocol        protocol.ID = "/interop/echo/1"
	transferProtocol    protocol.ID = "/interop/transfer/1"
	halfCloseProtocol   protocol.ID = "/interop/half-close/1"
	sinkProtocol        protocol.ID = "/interop/sink/1"
	observedProtocol    protocol.ID = "/interop/observed/1"
	resetProtocol       protocol.ID = "/interop/reset/1"
	stopWritingProtocol protocol.ID = "/interop/stop-writing/1"
)

const (
	transferBytes  = 10 << 20
	halfCloseBytes = 65_536
	// smallBytes is what goes over a stream before it is reset or no longer read.
	smallBytes = 1024
	// halfCloseDelay shows that the listener still can write once it has read the end.
	halfCloseDelay = 300 * time.Millisecond
	// resetDelay lets bytes that were written arrive before the reset, which discards those that have not.
	resetDelay = 200 * time.Millisecond
	resetCode  = network.StreamErrorCode(42)
	enough     = "enough"
)

// serve has the listener's side of all rows.
func serve(h host.Host) {
	sinks := &sinks{}
	handlers := map[protocol.ID]func(network.Stream) error{
		echoProtocol:        echo,
		transferProtocol:    transfer,
		halfCloseProtocol:   halfClose,
		sinkProtocol:        sinks.read,
		observedProtocol:    sinks.tell,
		resetProtocol:       resetSoon,
		stopWritingProtocol: stopReading,
	}

	for id, handle := range handlers {
		h.SetStreamHandler(id, func(stream network.Stream) {
			if err := handle(stream); err != nil {
				log.Printf("%s: %v", id, err)
				_ = stream.Reset()
			}

			_ = stream.Close()
		})
	}
}

func echo(stream network.Stream) error {
	if _, err := io.Copy(stream, stream); err != nil {
		return err
	}

	return stream.CloseWrite()
}

func transfer(stream network.Stream) error {
	hash := sha256.New()

	if _, err := io.Copy(hash, stream); err != nil {
		return err
	}

	if _, err := stream.Write(hash.Sum(nil)); err != nil {
		return err
	}

	if err := pattern.Write(stream, transferBytes); err != nil {
		return err
	}

	return stream.CloseWrite()
}

func halfClose(stream network.Stream) error {
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return err
	}

	time.Sleep(halfCloseDelay)

	if err := pattern.Write(stream, halfCloseBytes); err != nil {
		return err
	}

	return stream.CloseWrite()
}

func resetSoon(stream network.Stream) error {
	if _, err := io.ReadFull(stream, make([]byte, 1)); err != nil {
		return err
	}

	if err := pattern.Write(stream, smallBytes); err != nil {
		return err
	}

	time.Sleep(resetDelay)

	return stream.ResetWithError(resetCode)
}

func stopReading(stream network.Stream) error {
	if _, err := io.ReadFull(stream, make([]byte, smallBytes)); err != nil {
		return err
	}

	// STOP_SENDING with code 0
	if err := stream.CloseRead(); err != nil {
		return err
	}

	if _, err := io.WriteString(stream, enough); err != nil {
		return err
	}

	return stream.CloseWrite()
}
