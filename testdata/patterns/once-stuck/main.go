// A price catalogue loads itself at its first use, in a sync.Once. The load
// waits for a feed that never delivers, so the first request stays inside
// once.Do and every later one queues at the Once.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Right: the load runs in a goroutine of its own and ends by a deadline;
// requests wait for it or for their context. 12 and 18 requests, 3 of them
// waiting for the load at each snapshot. Wrong: 1 goroutine in
// (*catalog).load (the same at both snapshots) and 12, then 30, requests in
// (*Once).doSlow.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type catalog struct {
	once  sync.Once
	feed  chan map[string]int
	items map[string]int
}

func (c *catalog) load() { c.items = <-c.feed } // no deadline

func (c *catalog) price(sku string) int {
	c.once.Do(c.load)
	return c.items[sku]
}

func handle(c *catalog) { c.price("mug") }

// lazyCatalog holds what a load brought once loaded is closed.
type lazyCatalog struct {
	once   sync.Once
	feed   chan map[string]int
	loaded chan struct{}
	items  map[string]int
}

func (c *lazyCatalog) load() {
	defer close(c.loaded)
	select {
	case c.items = <-c.feed:
	case <-time.After(10 * time.Second):
	}
}

func (c *lazyCatalog) price(ctx context.Context, sku string) (int, error) {
	c.once.Do(func() { go c.load() })
	select {
	case <-c.loaded:
		return c.items[sku], nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func handleLazy(c *lazyCatalog) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c.price(ctx, "mug")
}

func serve(c *catalog, n int) {
	for range n {
		go handle(c)
	}
}

func serveLazy(c *lazyCatalog, n int) {
	for range n {
		go handleLazy(c)
	}
}

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, round := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		c := &lazyCatalog{feed: make(chan map[string]int), loaded: make(chan struct{})}
		serveLazy(c, 3)
		settle(base + 4)
		snapshot(round.name, false)
		c.feed <- map[string]int{"mug": 1299}
		serveLazy(c, round.n-3)
		settle(base)
	}

	c := &catalog{feed: make(chan map[string]int)}
	go handle(c)
	settle(base + 1)
	serve(c, 12)
	settle(base + 13)
	snapshot("leaky.before", true)
	serve(c, 18)
	settle(base + 31)
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
