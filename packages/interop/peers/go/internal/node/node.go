// Package node makes the libp2p nodes of all programs of this peer, so that they differ in nothing but what they do.
package node

import (
	"crypto/rand"
	"fmt"
	"net"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// Transport is how nodes reach each other, by the name that libp2p's suites have for it.
type Transport string

const (
	// QUIC is QUIC version 1, with libp2p's TLS.
	QUIC Transport = "quic-v1"
	// TCP is TCP with noise and yamux.
	TCP Transport = "tcp"
)

// ParseTransport fails for what this peer has no transport for.
func ParseTransport(name string) (Transport, error) {
	switch Transport(name) {
	case QUIC, TCP:
		return Transport(name), nil
	default:
		return "", fmt.Errorf("unknown transport %q: it is %s or %s", name, QUIC, TCP)
	}
}

// Address is where a node with that transport is, without its peer id.
func (t Transport) Address(ip net.IP, port int) (ma.Multiaddr, error) {
	family := "ip4"

	if ip.To4() == nil {
		family = "ip6"
	}

	if t == TCP {
		return ma.NewMultiaddr(fmt.Sprintf("/%s/%s/tcp/%d", family, ip, port))
	}

	return ma.NewMultiaddr(fmt.Sprintf("/%s/%s/udp/%d/quic-v1", family, ip, port))
}

// NewKey is a key for a node whose id matters to nobody.
func NewKey() (crypto.PrivKey, error) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)

	return key, err
}

// New starts a node. Both transports can be dialed, whatever it listens on.
func New(key crypto.PrivKey, listen ...ma.Multiaddr) (host.Host, error) {
	options := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.Transport(libp2pquic.NewTransport),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
		// The default one allows 64 streams of a protocol and 8 connections of an address: a hundred streams at once and
		// a mesh on one machine are more.
		libp2p.ResourceManager(&network.NullResourceManager{}),
	}

	if len(listen) == 0 {
		return libp2p.New(append(options, libp2p.NoListenAddrs)...)
	}

	return libp2p.New(append(options, libp2p.ListenAddrs(listen...))...)
}

// AddressForOthers is the first address that the node listens on that is not loopback, or the first loopback one
// if that is what it was told to listen on.
func AddressForOthers(h host.Host, isLoopback bool) (ma.Multiaddr, error) {
	addresses, err := h.Network().InterfaceListenAddresses()

	if err != nil {
		return nil, err
	}

	for _, address := range addresses {
		if manet.IsIPLoopback(address) == isLoopback && !manet.IsIP6LinkLocal(address) {
			return address, nil
		}
	}

	return nil, fmt.Errorf("no address for others among %s", addresses)
}
