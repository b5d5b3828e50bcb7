// Command gossip-load is several nodes over go-libp2p-pubsub that publish at a rate and time what arrives: it does what
// lines of JSON on standard input ask for. ../../../README.md has the contract.
package main

import (
	"context"
	"os"

	"quicmesh.invalid/interop/go/internal/program"
)

func main() {
	program.Main(func(ctx context.Context) error {
		l := newLoad(ctx)
		defer l.close()
		answered := make(chan error, 1)

		go func() { answered <- answer(os.Stdin, os.Stdout, verbsOf(l)) }()

		select {
		case err := <-answered:
			return err
		case <-ctx.Done():
			// ended by SIGTERM
			return nil
		}
	})
}

func verbsOf(l *load) map[string]verb {
	return map[string]verb{
		"start":     with(l.start),
		"connect":   with(l.connect),
		"publish":   with(l.publish),
		"snapshot":  with(l.snapshot),
		"latencies": with(l.latencies),
	}
}
