package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"

	"quicmesh.invalid/interop/go/internal/node"
	"quicmesh.invalid/interop/go/internal/pattern"
	"quicmesh.invalid/interop/go/internal/stranger"
)

// silence is longer than the 30 s after which QUIC connections of all implementations end without a keep-alive.
const silence = 35 * time.Second

func (d *dialer) noPeerID(ctx context.Context) (fields, error) {
	key := d.host.Peerstore().PrivKey(d.host.ID())
	connection, err := stranger.Dial(ctx, key, d.remote.Addrs[0])

	if err != nil {
		return nil, err
	}

	defer connection.Close()
	report := fields{"remotePeer": connection.RemotePeer.String()}

	if connection.RemotePeer != d.remote.ID {
		return report, fmt.Errorf("it is not %s", d.remote.ID)
	}

	return report, pingStranger(ctx, connection)
}

func pingStranger(ctx context.Context, connection *stranger.Connection) error {
	stream, err := connection.NewStream(ctx, ping.ID)

	if err != nil {
		return err
	}

	defer stream.Close()

	if deadline, ok := ctx.Deadline(); ok {
		if err := stream.SetDeadline(deadline); err != nil {
			return err
		}
	}

	if err := pattern.Write(stream, ping.PingSize); err != nil {
		return err
	}

	length, isRight, err := pattern.Check(io.LimitReader(stream, ping.PingSize))

	if err == nil && (length != ping.PingSize || !isRight) {
		err = errors.New("the pong is not the ping")
	}

	return err
}

func (d *dialer) wrongPeerID(ctx context.Context) (fields, error) {
	key, err := node.NewKey()

	if err != nil {
		return nil, err
	}

	wrong, err := peer.IDFromPrivateKey(key)

	if err != nil {
		return nil, err
	}

	refused := d.host.Connect(ctx, peer.AddrInfo{ID: wrong, Addrs: d.remote.Addrs})

	if refused == nil {
		return nil, errors.New("connected to somebody with another id")
	}

	report := fields{"refused": refused.Error()}

	// no answer at all is no refusal; the type of the error does not survive the dial
	if !strings.Contains(refused.Error(), "peer id mismatch") {
		return report, errors.New("the dial failed for another reason than the id")
	}

	if err := d.host.Connect(ctx, d.remote); err != nil {
		return report, err
	}

	return report, d.ping(ctx)
}

func (d *dialer) keepAlive(ctx context.Context) (fields, error) {
	var connections atomic.Int32

	d.host.Network().Notify(&network.NotifyBundle{
		ConnectedF: func(_ network.Network, connection network.Conn) {
			if connection.RemotePeer() == d.remote.ID {
				connections.Add(1)
			}
		},
	})

	report := func() fields { return fields{"connections": connections.Load()} }

	if err := d.host.Connect(ctx, d.remote); err != nil {
		return report(), err
	}

	if err := d.ping(ctx); err != nil {
		return report(), err
	}

	time.Sleep(silence)

	if err := d.ping(network.WithNoDial(ctx, "the connection must still be there")); err != nil {
		return report(), err
	}

	if connections.Load() != 1 {
		return report(), errors.New("it is not the same connection")
	}

	return report(), nil
}

// ping is one ping on a connection that is there.
func (d *dialer) ping(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	return (<-ping.Ping(ctx, d.host, d.remote.ID)).Error
}
