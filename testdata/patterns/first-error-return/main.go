// Search sends a query to four shards at once and collects their answers, but
// returns at the first error. The shards that have not been read by then wait
// in their sends for ever.
//
// Run as `main OUT`; it writes these goroutine profiles of itself into OUT:
//
//   - fixed.before, fixed.after (debug2): the channel has room for every
//     answer; 4 and then 6 more calls, 3 of each being served at the snapshot;
//   - leaky.before, leaky.after (debug2, debug1, pb.gz): 4 calls with 3
//     goroutines each, 12, wait in (*index).search.func1 [chan send]; 6 calls
//     later 30. The failing shard always answers first.
//
// Healthy background: 4 idle pool workers, accept, janitor, flusher.
package main

import (
	"errors"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

const (
	callsBefore  = 4
	callsBetween = 6
	stay         = 3 // goroutines a leaky call leaves behind
	inFlight     = 3
	alive        = 5 // goroutines of a fixed call while it is served
)

type answer struct {
	docs int
	err  error
}

type shard struct {
	latency time.Duration
	err     error
}

func (s shard) query(string) answer {
	time.Sleep(s.latency)
	return answer{docs: 1, err: s.err}
}

type index struct{ shards []shard }

func (x *index) search(q string) (docs int, err error) {
	answers := make(chan answer)
	for _, s := range x.shards {
		go func() {
			answers <- s.query(q)
		}()
	}
	for range x.shards {
		a := <-answers
		if a.err != nil {
			return 0, a.err // the other shards still want to send
		}
		docs += a.docs
	}
	return docs, nil
}

func (x *index) searchBuffered(q string) (docs int, err error) {
	answers := make(chan answer, len(x.shards))
	for _, s := range x.shards {
		go func() {
			answers <- s.query(q)
		}()
	}
	for range x.shards {
		a := <-answers
		if a.err != nil {
			return 0, a.err
		}
		docs += a.docs
	}
	return docs, nil
}

// failing returns an index whose first shard fails at once.
func failing() *index {
	slow := shard{latency: 40 * time.Millisecond}
	return &index{shards: []shard{{err: errors.New("shard is closed")}, slow, slow, slow}}
}

func handle(int) {
	failing().search("gopher")
}

func handleFixed(_ int, busy time.Duration) {
	x := failing()
	if busy > 0 {
		slow := shard{latency: busy}
		x = &index{shards: []shard{slow, slow, slow, slow}}
	}
	x.searchBuffered("gopher")
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
