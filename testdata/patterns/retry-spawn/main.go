// Events are posted to one of two hosts. When that fails, deliver starts a
// goroutine per host that sleeps for a while and tries again; each of these
// does the same when it fails. Both hosts are down.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Right: one goroutine per event tries in a loop, with a limit and a context.
// 12 and 18 events, 3 of them in their backoff at each snapshot, the others
// cancelled before. Wrong: the third backoff is 41 s, so an event comes to
// rest at 8 goroutines in deliver [sleep]: 2 events = 16 goroutines at the
// first snapshot, 3 events more = 40 at the second; the 16 are still there.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

var hosts = []string{"a.example", "b.example"}

func post(event int, host string) error { return errors.New(host + ": refused") }

// backoff is 10 ms, 640 ms, 41 s, ...
func backoff(attempt int) time.Duration {
	return 10 * time.Millisecond << (6 * (attempt - 1))
}

func deliver(event int, host string, attempt int) {
	if attempt > 0 {
		time.Sleep(backoff(attempt))
	}
	if post(event, host) == nil {
		return
	}
	for _, h := range hosts {
		go deliver(event, h, attempt+1) // two for one, and no end
	}
}

func publish(event int) { go deliver(event, hosts[0], 0) }

// deliverLoop tries each host in turn, at most 6 times, until ctx ends.
func deliverLoop(ctx context.Context, event int) error {
	var err error
	for attempt := range 6 {
		if err = post(event, hosts[attempt%2]); err == nil {
			return nil
		}
		select {
		case <-time.After(backoff(attempt + 1)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

func publishLoop(ctx context.Context, event int) { go deliverLoop(ctx, event) }

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, round := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		ctx, cancel := context.WithCancel(context.Background())
		early, cancelEarly := context.WithCancel(context.Background())
		for i := range round.n {
			if i < 3 {
				publishLoop(ctx, i)
			} else {
				publishLoop(early, i)
			}
		}
		time.Sleep(time.Second)
		cancelEarly()
		settle(base + 3)
		snapshot(round.name, false)
		cancel()
		settle(base)
	}

	for event := range 2 {
		publish(event)
	}
	settle(base + 16)
	snapshot("leaky.before", true)
	for event := range 3 {
		publish(event)
	}
	settle(base + 40)
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
