// Command gossipsub is a node of libp2p's gossipsub-interop over go-libp2p-pubsub: it does what a script says and logs
// what arrives. ../../../README.md has the contract.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"quicmesh.invalid/interop/go/internal/node"
	"quicmesh.invalid/interop/go/internal/program"
)

func main() {
	start := time.Now()
	program.Main(func(ctx context.Context) error { return run(ctx, start) })
}

func run(ctx context.Context, start time.Time) error {
	paramsFile := flag.String("params", "", "file with the script")
	transportName := flag.String("transport", string(node.TCP), "tcp or quic-v1")
	version := flag.String("protocol-version", "", "highest that is spoken, 1.0 to 1.2; without it the library's own")
	flag.Parse()

	if flag.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flag.Arg(0))
	}

	transport, err := node.ParseTransport(*transportName)

	if err != nil {
		return fmt.Errorf("--transport: %w", err)
	}

	protocols, err := protocolsUpTo(*version)

	if err != nil {
		return fmt.Errorf("--protocol-version: %w", err)
	}

	script, err := readScript(*paramsFile)

	if err != nil {
		return fmt.Errorf("--params: %w", err)
	}

	network, err := readNetwork(transport)

	if err != nil {
		return err
	}

	n, err := startNode(ctx, start, network, protocols)

	if err != nil {
		return err
	}

	defer n.close()

	if err := n.runAll(script); !errors.Is(err, context.Canceled) {
		return err
	}

	// ended by SIGTERM
	return nil
}
