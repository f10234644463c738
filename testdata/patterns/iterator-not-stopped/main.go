// Command iterator-not-stopped writes goroutine profiles of one leak pattern, and of the same
// work done rightly, into the folder given: go run -trimpath main.go OUT
//
// Two key indexes compared with iter.Pull. The leaky variant throws the stop function
// away; the fixed one defers it.
//
// 12 comparisons before the first snapshot, 18 more before the second. Each leaves
// the coroutine of the pulled iterator, stopped in the middle of the index at yield.
// The fixed variant holds 3 comparisons whose next page is being loaded, others in
// each snapshot: a caller, which is in state coroutine as well, and the iterator in
// chan receive.
package main

import (
	"iter"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

func main() {
	svc := startService()
	base := runtime.NumGoroutine()
	live := &index{keys: []string{"ada", "bob", "eve"}}
	copied := &index{keys: []string{"ada", "bea", "bob", "eve"}}

	for _, step := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		for range step.n {
			firstMismatchStopping(live, copied)
		}
		done := inFlight(live, 3)
		settle(base + 3*2)
		snapshot(step.name)
		done()
		settle(base)
	}

	for range 12 {
		firstMismatch(live, copied)
	}
	settle(base + 12)
	snapshot("leaky.before")
	for range 18 {
		firstMismatch(live, copied)
	}
	settle(base + 30)
	snapshot("leaky.after")
	svc.shutdown()
}

func firstMismatch(a, b *index) (string, bool) {
	next, _ := iter.Pull(b.all) // stop is thrown away
	for ka := range a.all {
		kb, ok := next()
		if !ok || ka != kb {
			return ka, true // b stands still at its second key
		}
	}
	return "", false
}

func firstMismatchStopping(a, b *index) (string, bool) {
	next, stop := iter.Pull(b.all)
	defer stop()
	for ka := range a.all {
		kb, ok := next()
		if !ok || ka != kb {
			return ka, true
		}
	}
	return "", false
}

// index yields its keys in order; page is closed when they are loaded.
type index struct {
	keys []string
	page chan struct{}
}

func (x *index) all(yield func(string) bool) {
	if x.page != nil {
		<-x.page
	}
	for _, k := range x.keys {
		if !yield(k) {
			return
		}
	}
}

// inFlight starts n comparisons with an index that is still being loaded.
func inFlight(a *index, n int) (done func()) {
	slow := &index{keys: a.keys, page: make(chan struct{})}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { firstMismatchStopping(a, slow) })
	}
	return func() {
		close(slow.page)
		wg.Wait()
	}
}

// service is what a healthy process has anyway: seven goroutines.
type service struct {
	pool    *pool
	admin   net.Listener
	flusher *flusher
}

func startService() *service {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	s := &service{
		pool:    &pool{jobs: make(chan func())},
		admin:   ln,
		flusher: &flusher{every: 10 * time.Second, quit: make(chan struct{})},
	}
	for range 4 {
		go s.pool.work()
	}
	go accept(s.admin)
	go janitor(time.Hour)
	go s.flusher.run()
	return s
}

func (s *service) shutdown() {
	close(s.pool.jobs)
	close(s.flusher.quit)
	s.admin.Close()
}

type pool struct{ jobs chan func() }

func (p *pool) work() {
	for job := range p.jobs {
		job()
	}
}

func accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		c.Close()
	}
}

func janitor(every time.Duration) {
	for {
		time.Sleep(every)
	}
}

type flusher struct {
	every time.Duration
	quit  chan struct{}
}

func (f *flusher) run() {
	t := time.NewTicker(f.every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-f.quit:
			return
		}
	}
}

// settle waits until exactly n goroutines exist and have come to rest.
func settle(n int) {
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() != n; {
		if time.Now().After(deadline) {
			log.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
}

// snapshot writes the goroutine profile in the forms that name asks for.
func snapshot(name string) {
	ext := []string{2: "debug2.txt", 1: "debug1.txt", 0: "pb.gz"}
	for debug := 2; debug >= 0; debug-- {
		if debug < 2 && strings.HasPrefix(name, "fixed") {
			continue
		}
		f, err := os.Create(filepath.Join(os.Args[1], name+"."+ext[debug]))
		check(err)
		check(pprof.Lookup("goroutine").WriteTo(f, debug))
		check(f.Close())
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
