// FirstReplica asks three replicas at once and takes the answer that comes
// first. The two slower goroutines of each call wait in their sends for ever.
//
// Run as `main OUT`; it writes these goroutine profiles of itself into OUT:
//
//   - fixed.before, fixed.after (debug2): the channel has room for every
//     answer; 6 and then 9 more calls, 3 of each being served at the snapshot;
//   - leaky.before, leaky.after (debug2, debug1, pb.gz): 6 calls with 2
//     goroutines each, 12, wait in firstReplica.func1 [chan send]; 9 calls
//     later 30.
//
// Healthy background: 4 idle pool workers, accept, janitor, flusher.
package main

import (
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

const (
	callsBefore  = 6
	callsBetween = 9
	stay         = 2 // goroutines a leaky call leaves behind
	inFlight     = 3
	alive        = 4 // goroutines of a fixed call while it is served
)

type replica struct{ latency time.Duration }

func (r replica) get(key string) string {
	time.Sleep(r.latency)
	return "value of " + key
}

func firstReplica(replicas []replica, key string) string {
	answers := make(chan string)
	for _, r := range replicas {
		go func() {
			answers <- r.get(key)
		}()
	}
	return <-answers // one receive for len(replicas) sends
}

func firstReplicaBuffered(replicas []replica, key string) string {
	answers := make(chan string, len(replicas))
	for _, r := range replicas {
		go func() {
			answers <- r.get(key)
		}()
	}
	return <-answers
}

func handle(int) {
	firstReplica(make([]replica, 3), "k")
}

func handleFixed(_ int, busy time.Duration) {
	slow := replica{latency: busy}
	firstReplicaBuffered([]replica{slow, slow, slow}, "k")
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
