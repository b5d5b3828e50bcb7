// Package program is what all programs of this peer are alike in: how they end.
package program

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Main runs a program until it returns; its context ends with SIGTERM or SIGINT. An error is exit code 1, and one line
// on standard error.
func Main(run func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx)
	stop()

	if err != nil {
		fmt.Fprintln(os.Stderr, oneLine(err))
		os.Exit(1)
	}
}

// oneLine is for those who read the last line only: errors of dials have one for each address.
func oneLine(err error) string {
	lines := strings.Split(err.Error(), "\n")

	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}

	return strings.Join(lines, "; ")
}
