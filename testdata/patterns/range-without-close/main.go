// Load hands rows to three writers that range over a channel, and returns
// without closing it. The writers wait for the next row for ever.
//
// Run as `main OUT`; it writes these goroutine profiles of itself into OUT:
//
//   - fixed.before, fixed.after (debug2): the channel is closed after the last
//     row; 4 and then 6 more calls, 3 of each being served at the snapshot;
//   - leaky.before, leaky.after (debug2, debug1, pb.gz): 4 calls with 3
//     writers each, 12, wait in (*importer).write [chan receive]; 6 calls
//     later 30.
//
// Healthy background: 4 idle pool workers (which also range over a channel
// and rightly wait), accept, janitor, flusher.
package main

import (
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

const (
	callsBefore  = 4
	callsBetween = 6
	stay         = 3 // goroutines a leaky call leaves behind
	inFlight     = 3
	alive        = 4 // goroutines of a fixed call while it is served
)

type importer struct {
	latency time.Duration
	done    sync.WaitGroup
}

func (m *importer) write(rows <-chan int) {
	for range rows { // ends only when rows is closed
		time.Sleep(m.latency)
		m.done.Done()
	}
}

func (m *importer) load(n int) {
	rows := make(chan int)
	for range 3 {
		go m.write(rows)
	}
	m.done.Add(n)
	for row := range n {
		rows <- row
	}
	m.done.Wait() // all rows are written, but rows stays open
}

func (m *importer) loadAndClose(n int) {
	rows := make(chan int)
	defer close(rows)
	for range 3 {
		go m.write(rows)
	}
	m.done.Add(n)
	for row := range n {
		rows <- row
	}
	m.done.Wait()
}

func handle(int) {
	m := &importer{}
	m.load(9)
}

func handleFixed(_ int, busy time.Duration) {
	m := &importer{latency: busy}
	m.loadAndClose(9)
}

func main() {
	out := os.Args[1]
	background()
	idle := settle(0)

	serve(callsBefore-inFlight, func(i int) { handleFixed(i, 0) })
	settle(idle)
	serve(inFlight, func(i int) { handleFixed(i, busy) })
	settle(idle + inFlight*alive)
	snapshot(out, "fixed.before", 2)
	settle(idle)
	serve(callsBetween-inFlight, func(i int) { handleFixed(i, 0) })
	settle(idle)
	serve(inFlight, func(i int) { handleFixed(i, busy) })
	settle(idle + inFlight*alive)
	snapshot(out, "fixed.after", 2)
	settle(idle)

	serve(callsBefore, handle)
	settle(idle + callsBefore*stay)
	snapshot(out, "leaky.before", 2, 1, 0)
	serve(callsBetween, handle)
	settle(idle + (callsBefore+callsBetween)*stay)
	snapshot(out, "leaky.after", 2, 1, 0)
}

// busy is how long a slow call takes: long enough to be seen in a snapshot.
const busy = 600 * time.Millisecond

// serve starts n calls, each in a goroutine of its own like a request.
func serve(n int, call func(i int)) {
	for i := range n {
		go call(i)
	}
}

// settle waits until the process has want goroutines (0: any number) and has
// kept that number for a moment, so that all of them are parked.
func settle(want int) int {
	for range 2000 {
		n := runtime.NumGoroutine()
		if want == 0 || n == want {
			time.Sleep(60 * time.Millisecond)
			if runtime.NumGoroutine() == n {
				return n
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	log.Fatalf("%d goroutines instead of %d", runtime.NumGoroutine(), want)
	return 0
}

// snapshot writes the goroutine profile in the given debug levels.
func snapshot(dir, name string, levels ...int) {
	for _, level := range levels {
		ext := [...]string{"pb.gz", "debug1.txt", "debug2.txt"}[level]
		f, err := os.Create(filepath.Join(dir, name+"."+ext))
		if err != nil {
			log.Fatal(err)
		}
		if err := pprof.Lookup("goroutine").WriteTo(f, level); err != nil {
			log.Fatal(err)
		}
		if err := f.Close(); err != nil {
			log.Fatal(err)
		}
	}
}

// What lives as long as the process hangs on package variables: the idle
// workers can still get a job, the flusher can still be stopped.
var (
	workers = &pool{jobs: make(chan func())}
	flush   = &flusher{stop: make(chan struct{})}
)

// background starts what a healthy service has: 4 idle pool workers, an
// accept loop, a janitor and a flusher.
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
}

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
		runtime.GC()
	}
}

type flusher struct{ stop chan struct{} }

func (f *flusher) run() {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-f.stop:
			return
		}
	}
}
