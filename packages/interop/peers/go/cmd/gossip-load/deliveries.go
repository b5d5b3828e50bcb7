package main

import "sync"

// deliveries are of all nodes of this process.
type deliveries struct {
	mutex  sync.Mutex
	count  int
	lastMs float64
	// agesMs are of those since they were last taken.
	agesMs []float64
}

// add counts one that has just come.
func (d *deliveries) add(ageMs, nowMs float64) {
	d.mutex.Lock()
	defer d.mutex.Unlock()

	d.count++
	d.lastMs = max(d.lastMs, nowMs)
	d.agesMs = append(d.agesMs, ageMs)
}

// total is how many there were, and when the last came by the machine's clock.
func (d *deliveries) total() (count int, lastMs float64) {
	d.mutex.Lock()
	defer d.mutex.Unlock()

	return d.count, d.lastMs
}

func (d *deliveries) takeAgesMs() []float64 {
	d.mutex.Lock()
	defer d.mutex.Unlock()

	ages := d.agesMs
	d.agesMs = []float64{}

	return ages
}
