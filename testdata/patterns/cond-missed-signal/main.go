// Quotes are priced in one goroutine and rendered in another, which waits for
// the price on a sync.Cond. render waits without looking whether the price is
// there already; where the price comes from the cache it was set, and
// signalled, before render began to wait.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Right: 12 and 18 quotes, at each snapshot 3 of them not priced yet, so their
// render waits and goes on afterwards. Wrong: 12 renders stay in
// (*quote).await before the first snapshot and 18 more before the second.
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

type quote struct {
	mu     sync.Mutex
	cond   *sync.Cond
	priced bool
	cents  int
}

func newQuote() *quote {
	q := &quote{}
	q.cond = sync.NewCond(&q.mu)
	return q
}

func (q *quote) set(cents int) {
	q.mu.Lock()
	q.cents, q.priced = cents, true
	q.mu.Unlock()
	q.cond.Signal() // nobody waits yet: this does nothing, and nothing keeps it
}

// await waits for a signal, whatever q.priced says.
func (q *quote) await() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cond.Wait()
	return q.cents
}

// awaitPriced waits until the price is there.
func (q *quote) awaitPriced() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.priced {
		q.cond.Wait()
	}
	return q.cents
}

func render(q *quote) { q.await() }

func renderPriced(q *quote) { q.awaitPriced() }

// handle serves a quote whose price is cached.
func handle() {
	q := newQuote()
	q.set(1299)
	go render(q)
}

// handlePriced serves a quote; without a cached price it is to be set later.
func handlePriced(cached bool) *quote {
	q := newQuote()
	if cached {
		q.set(1299)
	}
	go renderPriced(q)
	return q
}

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, round := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		var open []*quote
		for i := range round.n {
			if q := handlePriced(i >= 3); i < 3 {
				open = append(open, q)
			}
		}
		settle(base + 3)
		snapshot(round.name, false)
		for _, q := range open {
			q.set(999)
		}
		settle(base)
	}

	for range 12 {
		handle()
	}
	settle(base + 12)
	snapshot("leaky.before", true)
	for range 18 {
		handle()
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
