// Package stranger connects to a node whose peer id nobody has told. go-libp2p's host always wants an id, its
// transports do not: so these are connections without a host, on which the other side can open nothing.
package stranger

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/multiformats/go-multistream"
	"github.com/quic-go/quic-go"
)

// Connection is one to a node that has proven some id.
type Connection struct {
	// RemotePeer is the id that it has proven.
	RemotePeer peer.ID

	muxed network.MuxedConn
	close func() error
}

// Dial connects to whoever is at the address. The context is of the dial only.
func Dial(ctx context.Context, key crypto.PrivKey, address ma.Multiaddr) (*Connection, error) {
	dialer, err := NewDialer(key, address)

	if err != nil {
		return nil, err
	}

	return dialer.Dial(ctx)
}

// Dialer has all that one dial needs, the certificate of the key among it: what is timed begins behind it.
type Dialer struct {
	dial func(context.Context) (*Connection, error)
}

// NewDialer makes a dialer of whoever is at the address. It opens nothing.
func NewDialer(key crypto.PrivKey, address ma.Multiaddr) (*Dialer, error) {
	if _, err := address.ValueForProtocol(ma.P_QUIC_V1); err == nil {
		return newQUICDialer(key, address)
	}

	return &Dialer{dial: func(ctx context.Context) (*Connection, error) { return dialTCP(ctx, key, address) }}, nil
}

// Dial connects, once. The context is of the dial only.
func (d *Dialer) Dial(ctx context.Context) (*Connection, error) {
	connection, err := d.dial(ctx)

	if err != nil {
		return nil, err
	}

	go connection.refuseStreams()

	return connection, nil
}

// NewStream opens a stream and agrees on the protocol. The context is of the opening only.
func (c *Connection) NewStream(ctx context.Context, id protocol.ID) (network.MuxedStream, error) {
	stream, err := c.muxed.OpenStream(ctx)

	if err != nil {
		return nil, err
	}

	stop := context.AfterFunc(ctx, func() { _ = stream.Reset() })
	defer stop()

	if err := multistream.SelectProtoOrFail(id, stream); err != nil {
		_ = stream.Reset()
		return nil, err
	}

	return stream, nil
}

// Close ends the connection and what it ran on.
func (c *Connection) Close() error {
	return c.close()
}

// refuseStreams answers identify and whatever else the other side opens: it would wait for us otherwise.
func (c *Connection) refuseStreams() {
	for {
		stream, err := c.muxed.AcceptStream()

		if err != nil {
			return
		}

		_ = stream.Reset()
	}
}

func newQUICDialer(key crypto.PrivKey, address ma.Multiaddr) (*Dialer, error) {
	manager, err := quicreuse.NewConnManager(quic.StatelessResetKey{}, quic.TokenGeneratorKey{})

	if err != nil {
		return nil, err
	}

	transport, err := libp2pquic.NewTransport(key, manager, nil, nil, nil)

	if err != nil {
		return nil, errors.Join(err, manager.Close())
	}

	return &Dialer{dial: func(ctx context.Context) (*Connection, error) { return dialQUIC(ctx, transport, manager, address) }}, nil
}

func dialQUIC(ctx context.Context, transport transport.Transport, manager *quicreuse.ConnManager, address ma.Multiaddr) (*Connection, error) {
	muxed, err := transport.Dial(ctx, address, "")

	if err != nil {
		return nil, errors.Join(err, manager.Close())
	}

	// the transport says that it is the id it was told
	id, err := peer.IDFromPublicKey(muxed.RemotePublicKey())

	if err != nil {
		return nil, errors.Join(err, muxed.Close(), manager.Close())
	}

	return &Connection{RemotePeer: id, muxed: muxed, close: closeAll(muxed, manager)}, nil
}

func dialTCP(ctx context.Context, key crypto.PrivKey, address ma.Multiaddr) (*Connection, error) {
	var dialer manet.Dialer
	raw, err := dialer.DialContext(ctx, address)

	if err != nil {
		return nil, err
	}

	connection, err := upgrade(ctx, key, raw)

	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}

	return connection, nil
}

func upgrade(ctx context.Context, key crypto.PrivKey, raw manet.Conn) (*Connection, error) {
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()

	if err := multistream.SelectProtoOrFail(noise.ID, io.ReadWriteCloser(raw)); err != nil {
		return nil, err
	}

	transport, err := noise.New(noise.ID, key, nil)

	if err != nil {
		return nil, err
	}

	anybody, err := transport.WithSessionOptions(noise.DisablePeerIDCheck())

	if err != nil {
		return nil, err
	}

	secured, err := anybody.SecureOutbound(ctx, raw, "")

	if err != nil {
		return nil, err
	}

	if err := multistream.SelectProtoOrFail(yamux.ID, io.ReadWriteCloser(secured)); err != nil {
		return nil, err
	}

	muxed, err := yamux.DefaultTransport.NewConn(secured, false, nil)

	if err != nil {
		return nil, err
	}

	return &Connection{RemotePeer: secured.RemotePeer(), muxed: muxed, close: closeAll(muxed)}, nil
}

func closeAll(parts ...io.Closer) func() error {
	return sync.OnceValue(func() error {
		var errs []error

		for _, part := range parts {
			errs = append(errs, part.Close())
		}

		return errors.Join(errs...)
	})
}
