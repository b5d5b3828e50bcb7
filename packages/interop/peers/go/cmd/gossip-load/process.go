package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	msPerSecond = 1e3
	msPerNs     = 1e-6
	bytesPerKiB = 1 << 10
)

// machineMs is the same in all processes of a machine, and nobody sets it.
func machineMs() float64 {
	return clockMs(unix.CLOCK_MONOTONIC)
}

// cpuSeconds is user and system time of all threads since the start of the process.
func cpuSeconds() float64 {
	return clockMs(unix.CLOCK_PROCESS_CPUTIME_ID) / msPerSecond
}

func clockMs(clock int32) float64 {
	var time unix.Timespec
	// it fails for clocks that are not there
	_ = unix.ClockGettime(clock, &time)

	return float64(time.Nano()) * msPerNs
}

// rssBytes is resident memory. Linux alone has the file that this reads.
func rssBytes() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")

	if err != nil {
		return 0, err
	}

	_, rest, ok := strings.Cut(string(status), "VmRSS:")

	if !ok {
		return 0, errors.New("no VmRSS")
	}

	var kib int64

	if _, err := fmt.Sscanf(rest, "%d kB", &kib); err != nil {
		return 0, fmt.Errorf("VmRSS: %w", err)
	}

	return kib * bytesPerKiB, nil
}
