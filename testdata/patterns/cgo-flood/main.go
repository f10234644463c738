// Names are looked up through a C library whose call blocks: here a C function
// that sleeps in nanosleep. Every request calls it at once; each call holds an
// OS thread as long as it lasts.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT. It
// needs cgo and a C compiler.
//
// Right: 4 calls at a time, the others wait for their turn on a channel. 12
// and 18 requests; at each snapshot 6 of them are there, 4 in C and 2 in
// resolveLimited [chan send]. Wrong: 12 goroutines in C at the first snapshot
// and 18 more at the second.
package main

/*
#include <time.h>

// lookup_name blocks in nanosleep, as a slow resolver would in poll.
static void lookup_name(int ms) {
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
	nanosleep(&t, NULL);
}
*/
import "C"

import (
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

func resolve(ms int) { C.lookup_name(C.int(ms)) }

var calls = make(chan struct{}, 4)

func resolveLimited(ms int) {
	calls <- struct{}{}
	defer func() { <-calls }()
	C.lookup_name(C.int(ms))
}

func handle(ms int) { resolve(ms) }

func handleLimited(ms int) { resolveLimited(ms) }

func serve(n, ms int) {
	for range n {
		go handle(ms)
	}
}

func serveLimited(n, ms int) {
	for range n {
		go handleLimited(ms)
	}
}

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, round := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		serveLimited(6, 500)
		settle(base + 6)
		snapshot(round.name, false)
		serveLimited(round.n-6, 10)
		settle(base)
	}

	serve(12, 60000)
	settle(base + 12)
	snapshot("leaky.before", true)
	serve(18, 60000)
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
