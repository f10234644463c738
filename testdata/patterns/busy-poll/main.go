// Requests wait until a configuration is loaded. They ask a flag over and
// over and give up the processor in between with runtime.Gosched; the flag is
// never set.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT. It
// keeps all processors busy for about a second.
//
// Right: they wait on a channel that is closed when the configuration is there.
// 12 and 18 requests, at each snapshot 3 of them waiting. Wrong: 12 goroutines
// spin in (*config).wait at the first snapshot and 18 more at the second. All
// are runnable; which instruction of the loop they stand at varies.
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

type config struct {
	loaded atomic.Bool
	ready  chan struct{}
}

func (c *config) wait() {
	for !c.loaded.Load() {
		runtime.Gosched()
	}
}

func (c *config) waitReady() { <-c.ready }

func handle(c *config) { c.wait() }

func handleReady(c *config) { c.waitReady() }

func serve(c *config, n int) {
	for range n {
		go handle(c)
	}
}

func serveReady(c *config, n int) {
	for range n {
		go handleReady(c)
	}
}

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, round := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		c := &config{ready: make(chan struct{})}
		serveReady(c, 3)
		settle(base + 3)
		snapshot(round.name, false)
		close(c.ready)
		serveReady(c, round.n-3)
		settle(base)
	}

	c := &config{}
	serve(c, 12)
	settle(base + 12)
	snapshot("leaky.before", true)
	serve(c, 18)
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
