// Run gets a context and hands it on, but its loop has no case for
// ctx.Done(). The caller cancels when it is finished, and nothing happens.
//
// Run as `main OUT`; it writes these goroutine profiles of itself into OUT:
//
//   - fixed.before, fixed.after (debug2): the loop watches ctx.Done(); 12 and
//     then 18 more calls, 3 of each not yet cancelled at the snapshot;
//   - leaky.before, leaky.after (debug2, debug1, pb.gz): 12 goroutines wait in
//     (*watcher).run [select], then 30. All their contexts are cancelled.
//
// Healthy background: 4 idle pool workers, accept, janitor, flusher.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

const (
	callsBefore  = 12
	callsBetween = 18
	stay         = 1 // goroutines a leaky call leaves behind
	inFlight     = 3
	alive        = 2 // goroutines of a fixed call while it is served
)

type watcher struct {
	events chan string
	resync chan struct{}
	cache  map[string]bool
}

func newWatcher() *watcher {
	return &watcher{
		events: make(chan string),
		resync: make(chan struct{}),
		cache:  map[string]bool{},
	}
}

func (w *watcher) apply(ctx context.Context, key string) {
	if ctx.Err() == nil {
		w.cache[key] = true
	}
}

func (w *watcher) run(ctx context.Context) {
	for {
		select { // no case for ctx.Done()
		case key := <-w.events:
			w.apply(ctx, key)
		case <-w.resync:
			clear(w.cache)
		}
	}
}

func (w *watcher) runUntil(ctx context.Context) {
	for {
		select {
		case key := <-w.events:
			w.apply(ctx, key)
		case <-w.resync:
			clear(w.cache)
		case <-ctx.Done():
			return
		}
	}
}

func handle(int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w := newWatcher()
	go w.run(ctx)
	w.events <- "pods/a"
	w.resync <- struct{}{}
}

func handleFixed(_ int, busy time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w := newWatcher()
	go w.runUntil(ctx)
	w.events <- "pods/a"
	w.resync <- struct{}{}
	time.Sleep(busy)
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
