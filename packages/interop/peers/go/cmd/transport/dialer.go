package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"

	"quicmesh.invalid/interop/go/internal/node"
)

// dial does what is asked of a dialer, and reports it.
func dial(ctx context.Context, env environment, meeting *rendezvous) error {
	key, err := node.NewKey()

	if err != nil {
		return err
	}

	h, err := node.New(key)

	if err != nil {
		return err
	}

	defer h.Close()
	address, err := meeting.pop(ctx)

	if err != nil {
		return err
	}

	fmt.Fprintln(os.Stderr, "dialing", address)
	remote, err := peer.AddrInfoFromP2pAddr(address)

	if err != nil {
		return err
	}

	if env.row != "" {
		return (&dialer{host: h, remote: *remote}).reportRow(ctx, env.row)
	}

	times, err := measure(ctx, h, *remote)

	if err != nil {
		return err
	}

	return times.report(env.isUnified)
}

// latencies are what both suites want to know.
type latencies struct {
	handshakePlusOneRTT time.Duration
	ping                time.Duration
}

func measure(ctx context.Context, h host.Host, remote peer.AddrInfo) (latencies, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now()

	if err := h.Connect(ctx, remote); err != nil {
		return latencies{}, err
	}

	results := ping.Ping(ctx, h, remote.ID)

	if first := <-results; first.Error != nil {
		return latencies{}, first.Error
	}

	times := latencies{handshakePlusOneRTT: time.Since(start)}
	second := <-results
	times.ping = second.RTT

	return times, second.Error
}

func (l latencies) report(isUnified bool) error {
	first, second := milliseconds(l.handshakePlusOneRTT), milliseconds(l.ping)

	if isUnified {
		_, err := fmt.Printf("latency:\n  handshake_plus_one_rtt: %f\n  ping_rtt: %f\n  unit: ms\n", first, second)
		return err
	}

	return json.NewEncoder(os.Stdout).Encode(struct {
		HandshakePlusOneRTTMillis float64 `json:"handshakePlusOneRTTMillis"`
		// three l's in test-plans as well
		PingRTTMillis float64 `json:"pingRTTMilllis"`
	}{first, second})
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration) / float64(time.Millisecond)
}
