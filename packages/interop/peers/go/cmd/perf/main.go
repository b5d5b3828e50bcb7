// Command perf is libp2p's /perf/1.0.0 over go-libp2p, with the arguments and the report of test-plans:
// ../../../README.md has the contract.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strconv"

	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"quicmesh.invalid/interop/go/internal/node"
	"quicmesh.invalid/interop/go/internal/program"
)

const perfProtocol protocol.ID = "/perf/1.0.0"

// blockBytes is read and written at once.
const blockBytes = 64 << 10

func main() {
	program.Main(run)
}

func run(ctx context.Context) error {
	isServer := flag.Bool("run-server", false, "serve until SIGTERM")
	address := flag.String("server-address", "", "ip:port of the server")
	transport := flag.String("transport", "", "tcp or quic-v1; a server without it has both")
	uploadBytes := flag.Uint64("upload-bytes", 0, "to send")
	downloadBytes := flag.Uint64("download-bytes", 0, "to ask for")
	flag.Parse()

	if flag.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flag.Arg(0))
	}

	addresses, err := parse(*address, *transport, *isServer)

	if err != nil {
		return err
	}

	if *isServer {
		return serve(ctx, addresses)
	}

	return measure(ctx, addresses[0], *uploadBytes, *downloadBytes)
}

func parse(address, transport string, isServer bool) ([]ma.Multiaddr, error) {
	hostText, portText, err := net.SplitHostPort(address)

	if err != nil {
		return nil, fmt.Errorf("--server-address: %w", err)
	}

	ip, port := net.ParseIP(hostText), 0

	if ip == nil {
		return nil, fmt.Errorf("--server-address: %q is not an IP address", hostText)
	}

	if port, err = strconv.Atoi(portText); err != nil {
		return nil, fmt.Errorf("--server-address: %w", err)
	}

	transports := []node.Transport{node.QUIC, node.TCP}

	if transport != "" || !isServer {
		only, err := node.ParseTransport(transport)

		if err != nil {
			return nil, fmt.Errorf("--transport: %w", err)
		}

		transports = []node.Transport{only}
	}

	var addresses []ma.Multiaddr

	for _, transport := range transports {
		address, err := transport.Address(ip, port)

		if err != nil {
			return nil, err
		}

		addresses = append(addresses, address)
	}

	return addresses, nil
}
