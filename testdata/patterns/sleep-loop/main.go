// Every API key gets a quota that a goroutine of its own fills up again at
// fixed intervals, by sleeping in a loop. Nothing ends the loop when the key is
// dropped.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Right: the loop selects on a ticker and on the quota's stop channel. 12 and
// 18 keys, 3 of them live at each snapshot. Wrong: 12 dropped quotas keep their
// goroutine in (*quota).refill before the first snapshot and 18 more before the
// second.
package main

import (
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"time"
)

type quota struct {
	left atomic.Int64
	stop chan struct{}
}

func (q *quota) refill() {
	for {
		time.Sleep(30 * time.Second)
		q.left.Store(100)
	}
}

// refillUntilStop does the same and ends when the quota is stopped.
func (q *quota) refillUntilStop() {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			q.left.Store(100)
		case <-q.stop:
			return
		}
	}
}

func newQuota() *quota {
	q := &quota{}
	go q.refill()
	return q
}

func newStoppableQuota() *quota {
	q := &quota{stop: make(chan struct{})}
	go q.refillUntilStop()
	return q
}

// useKey makes a quota, uses it once and drops it.
func useKey() { newQuota().left.Add(-1) }

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, round := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		var live []*quota
		for i := range round.n {
			if q := newStoppableQuota(); i < 3 {
				live = append(live, q)
			} else {
				close(q.stop)
			}
		}
		settle(base + 3)
		snapshot(round.name, false)
		for _, q := range live {
			close(q.stop)
		}
		settle(base)
	}

	for range 12 {
		useKey()
	}
	settle(base + 12)
	snapshot("leaky.before", true)
	for range 18 {
		useKey()
	}
	settle(base + 30)
	snapshot("leaky.after", true)
}

// The rest is a small service that both variants share: four idle workers, a
// listener, a janitor and a flusher; and what takes the profiles.

type pool struct{ jobs chan func() }

func (p *pool) work() {
	for job := range p.jobs {
		job()
	}
}

func accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Close()
	}
}

func janitor() {
	for {
		time.Sleep(time.Minute)
	}
}

type flusher struct{ stop chan struct{} }

var (
	workers = &pool{jobs: make(chan func())}
	flush   = &flusher{stop: make(chan struct{})}
)

func (f *flusher) run() {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-f.stop:
			return
		}
	}
}

func background() {
	for range 4 {
		go workers.work()
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go accept(ln)
	go janitor()
	go flush.run()
	settle(8)
}

// settle waits until exactly n goroutines are left and have come to rest.
func settle(n int) {
	for range 2000 {
		if runtime.NumGoroutine() == n {
			time.Sleep(50 * time.Millisecond)
			if runtime.NumGoroutine() == n {
				return
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	log.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), n)
}

// snapshot writes the goroutine profile in all forms, or only as text.
func snapshot(name string, all bool) {
	write(name+".debug2.txt", 2)
	if all {
		write(name+".debug1.txt", 1)
		write(name+".pb.gz", 0)
	}
}

func write(name string, debug int) {
	f, err := os.Create(filepath.Join(os.Args[1], name))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := pprof.Lookup("goroutine").WriteTo(f, debug); err != nil {
		log.Fatal(err)
	}
}
