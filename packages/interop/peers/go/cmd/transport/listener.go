package main

import (
	"context"
	"fmt"
	"os"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"quicmesh.invalid/interop/go/internal/node"
)

// listen serves all rows until the context ends.
func listen(ctx context.Context, env environment, meeting *rendezvous) error {
	key, err := node.NewKey()

	if err != nil {
		return err
	}

	address, err := env.transport.Address(env.ip, 0)

	if err != nil {
		return err
	}

	h, err := node.New(key, address)

	if err != nil {
		return err
	}

	defer h.Close()
	serve(h)

	reachable, err := node.AddressForOthers(h, env.ip.IsLoopback())

	if err != nil {
		return err
	}

	addresses, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: h.ID(), Addrs: []ma.Multiaddr{reachable}})

	if err != nil {
		return err
	}

	if err := meeting.push(ctx, addresses[0]); err != nil {
		return err
	}

	fmt.Fprintln(os.Stderr, "listening on", addresses[0])
	<-ctx.Done()

	return nil
}
