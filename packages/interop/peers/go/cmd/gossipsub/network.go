package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"

	ma "github.com/multiformats/go-multiaddr"

	"quicmesh.invalid/interop/go/internal/node"
)

const defaultPort = 9000

// peerNetwork knows where nodes are: by their names, unless the environment says it.
type peerNetwork struct {
	// self is the number of this node.
	self      int
	transport node.Transport
	// hosts and ports are by name; nil when they are not given.
	hosts map[string]string
	ports map[string]int
	// port is of those without one of their own.
	port int
}

func readNetwork(transport node.Transport) (*peerNetwork, error) {
	n := &peerNetwork{transport: transport, port: defaultPort}
	var err error

	if n.self, err = readNodeID(); err != nil {
		return nil, err
	}

	if text := os.Getenv("NODE_HOSTS"); text != "" {
		if err := json.Unmarshal([]byte(text), &n.hosts); err != nil {
			return nil, fmt.Errorf("NODE_HOSTS: %w", err)
		}
	}

	if text := os.Getenv("NODE_PORTS"); text != "" {
		if err := json.Unmarshal([]byte(text), &n.ports); err != nil {
			return nil, fmt.Errorf("NODE_PORTS: %w", err)
		}
	}

	if text := os.Getenv("NODE_PORT"); text != "" {
		if n.port, err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("NODE_PORT: %w", err)
		}
	}

	return n, nil
}

func readNodeID() (int, error) {
	if text := os.Getenv("NODE_ID"); text != "" {
		id, err := strconv.Atoi(text)

		if err != nil || id < 0 {
			return 0, fmt.Errorf("NODE_ID: %q is not the number of a node", text)
		}

		return id, nil
	}

	name, err := os.Hostname()

	if err != nil {
		return 0, err
	}

	id := -1

	if _, err := fmt.Sscanf(name, "node%d", &id); err != nil || id < 0 {
		return 0, fmt.Errorf("NODE_ID is not set, and the host is called %q, not node and a number", name)
	}

	return id, nil
}

// listenAddress is of all interfaces.
func (n *peerNetwork) listenAddress() (ma.Multiaddr, error) {
	port := n.portOf(n.self)

	// it is about this node, whatever else there is about all of them
	if os.Getenv("NODE_PORT") != "" {
		port = n.port
	}

	return n.transport.Address(net.IPv4zero, port)
}

// addressOf is where another node is, without its id.
func (n *peerNetwork) addressOf(id int) (ma.Multiaddr, error) {
	ip, err := n.ipOf(nodeName(id))

	if err != nil {
		return nil, err
	}

	return n.transport.Address(ip, n.portOf(id))
}

func (n *peerNetwork) portOf(id int) int {
	if port, ok := n.ports[nodeName(id)]; ok {
		return port
	}

	return n.port
}

func (n *peerNetwork) ipOf(name string) (net.IP, error) {
	if n.hosts == nil {
		return resolve(name)
	}

	ip := net.ParseIP(n.hosts[name])

	if ip == nil {
		return nil, fmt.Errorf("NODE_HOSTS has no IP address of %s", name)
	}

	return ip, nil
}

func resolve(name string) (net.IP, error) {
	ips, err := net.LookupIP(name)

	if err != nil {
		return nil, err
	}

	for _, ip := range ips {
		if ip.To4() != nil {
			return ip, nil
		}
	}

	return nil, fmt.Errorf("%s has no IPv4 address", name)
}

func nodeName(id int) string {
	return fmt.Sprintf("node%d", id)
}
