package main

import (
	"encoding/json"
	"os"
	"sync"
	"time"
)

// reportInterval is between lines of progress.
const reportInterval = time.Second

// progress counts bytes and reports them, of each interval and of all.
type progress struct {
	mutex    sync.Mutex
	start    time.Time
	last     time.Time
	total    bytes
	interval bytes
	ticker   *time.Ticker
	done     chan struct{}
	stop     func()
}

type bytes struct{ uploaded, downloaded uint64 }

type line struct {
	Type          string  `json:"type"`
	TimeSeconds   float64 `json:"timeSeconds"`
	UploadBytes   uint64  `json:"uploadBytes"`
	DownloadBytes uint64  `json:"downloadBytes"`
}

// startProgress starts the clock.
func startProgress() *progress {
	now := time.Now()
	p := &progress{start: now, last: now, ticker: time.NewTicker(reportInterval), done: make(chan struct{})}

	p.stop = sync.OnceFunc(func() {
		p.ticker.Stop()
		close(p.done)
	})

	go p.run()

	return p
}

func (p *progress) onUploaded(n int) {
	p.mutex.Lock()
	p.total.uploaded += uint64(n)
	p.interval.uploaded += uint64(n)
	p.mutex.Unlock()
}

func (p *progress) onDownloaded(n int) {
	p.mutex.Lock()
	p.total.downloaded += uint64(n)
	p.interval.downloaded += uint64(n)
	p.mutex.Unlock()
}

// finish stops the clock and reports all.
func (p *progress) finish() error {
	p.stop()
	p.mutex.Lock()
	defer p.mutex.Unlock()

	return write("final", time.Since(p.start), p.total)
}

func (p *progress) run() {
	for {
		select {
		case <-p.done:
			return
		case now := <-p.ticker.C:
			p.tick(now)
		}
	}
}

func (p *progress) tick(now time.Time) {
	p.mutex.Lock()
	defer p.mutex.Unlock()

	select {
	case <-p.done:
		// nothing may follow the final line
		return
	default:
	}

	// a line that cannot be written is no reason to stop; the final one is
	_ = write("intermediary", now.Sub(p.last), p.interval)
	p.last, p.interval = now, bytes{}
}

func write(kind string, elapsed time.Duration, counted bytes) error {
	return json.NewEncoder(os.Stdout).Encode(line{
		Type: kind, TimeSeconds: elapsed.Seconds(), UploadBytes: counted.uploaded, DownloadBytes: counted.downloaded,
	})
}
