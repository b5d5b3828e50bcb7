package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// rows are what a dialer can do instead of pinging. One fails with an error; what it has found until then is in the
// report all the same.
var rows = map[string]func(*dialer, context.Context) (fields, error){
	"streams":           (*dialer).streams,
	"transfer":          (*dialer).transfer,
	"half-close":        (*dialer).halfClose,
	"reset":             (*dialer).reset,
	"reset-by-listener": (*dialer).resetByListener,
	"stop-writing":      (*dialer).stopWriting,
	"no-peer-id":        (*dialer).noPeerID,
	"wrong-peer-id":     (*dialer).wrongPeerID,
	"keep-alive":        (*dialer).keepAlive,
}

// dialer is what a row works with.
type dialer struct {
	host   host.Host
	remote peer.AddrInfo
}

// fields are of the report of a row.
type fields map[string]any

func (d *dialer) reportRow(ctx context.Context, name string) error {
	row, ok := rows[name]

	if !ok {
		return fmt.Errorf("unknown row %q", name)
	}

	report, err := row(d, ctx)
	var impossible unsupportedError

	if errors.As(err, &impossible) {
		return json.NewEncoder(os.Stdout).Encode(fields{"row": name, "unsupported": impossible.why})
	}

	if report == nil {
		report = fields{}
	}

	report["row"], report["ok"] = name, err == nil

	if err != nil {
		report["error"] = err.Error()
	}

	return json.NewEncoder(os.Stdout).Encode(report)
}

// unsupportedError is of a row that go-libp2p has no way to do.
type unsupportedError struct{ why string }

func (e unsupportedError) Error() string {
	return e.why
}

// open connects if there is no connection yet, and opens a stream.
func (d *dialer) open(ctx context.Context, id protocol.ID) (network.Stream, error) {
	if err := d.host.Connect(ctx, d.remote); err != nil {
		return nil, err
	}

	stream, err := d.host.NewStream(ctx, d.remote.ID, id)

	if err != nil {
		return nil, err
	}

	// nothing that the listener does not answer may keep the row beyond its time
	if deadline, ok := ctx.Deadline(); ok {
		err = stream.SetDeadline(deadline)
	}

	return stream, err
}
