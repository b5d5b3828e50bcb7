package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"quicmesh.invalid/interop/go/internal/node"
)

// defaultTimeout is the time inside a container that both suites allow.
const defaultTimeout = 180 * time.Second

// environment is what a suite asks for.
type environment struct {
	transport node.Transport
	isDialer  bool
	// ip is what the listener listens on.
	ip        net.IP
	redisAddr string
	// addressKey is the list in Redis that the address goes through.
	addressKey string
	// isUnified tells unified-testing's dialect from that of test-plans.
	isUnified bool
	timeout   time.Duration
	// row is what the dialer does instead of pinging, if it is not empty.
	row string
}

func readEnvironment() (environment, error) {
	if key := os.Getenv("TEST_KEY"); key != "" {
		return parse(unified, key+"_listener_multiaddr", true)
	}

	return parse(testPlans, "listenerAddr", false)
}

// dialect is how a suite names what it asks for.
type dialect struct {
	transport, isDialer, ip, redisAddr string
	defaultRedisAddr                   string
	// timeouts are names for the same, of which any may be set.
	timeouts []string
}

var testPlans = dialect{
	transport: "transport", isDialer: "is_dialer", ip: "ip", redisAddr: "redis_addr",
	defaultRedisAddr: "redis:6379",
	// test-plans' js has its own name for it
	timeouts: []string{"test_timeout_seconds", "test_timeout_secs"},
}

var unified = dialect{
	transport: "TRANSPORT", isDialer: "IS_DIALER", ip: "LISTENER_IP", redisAddr: "REDIS_ADDR",
	defaultRedisAddr: "transport-redis:6379",
}

func parse(names dialect, addressKey string, isUnified bool) (environment, error) {
	env := environment{addressKey: addressKey, isUnified: isUnified, timeout: defaultTimeout, row: os.Getenv("ROW")}
	var err error

	if env.transport, err = node.ParseTransport(os.Getenv(names.transport)); err != nil {
		return env, fmt.Errorf("%s: %w", names.transport, err)
	}

	if env.isDialer, err = strconv.ParseBool(os.Getenv(names.isDialer)); err != nil {
		return env, fmt.Errorf("%s: %w", names.isDialer, err)
	}

	if env.ip = net.ParseIP(valueOf(names.ip, "0.0.0.0")); env.ip == nil {
		return env, fmt.Errorf("%s: %q is not an IP address", names.ip, os.Getenv(names.ip))
	}

	env.redisAddr = valueOf(names.redisAddr, names.defaultRedisAddr)

	for _, name := range names.timeouts {
		if text := os.Getenv(name); text != "" {
			seconds, err := strconv.ParseFloat(text, 64)

			if err != nil || seconds <= 0 {
				return env, fmt.Errorf("%s: %q is not a number of seconds", name, text)
			}

			env.timeout = time.Duration(seconds * float64(time.Second))
		}
	}

	return env, nil
}

func valueOf(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}

	return otherwise
}
