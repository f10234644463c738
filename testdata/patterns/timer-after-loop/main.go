// Readers drain a feed and give up when it is silent for a minute. drain calls
// time.After at every message: a timer and a channel each time, but no goroutine.
// The loops end properly; a goroutine profile shows readers at work and
// nothing else.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Wrong ("leaky"): 12 feeds at the first snapshot, each after 200 messages;
// they end, and 12 others are there at the second. No goroutine is left over,
// nothing is to be reported. Right ("fixed"): the same with one timer per loop
// that is reset.
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

type feed struct{ msgs chan int }

func (f *feed) drain() (sum int) {
	for {
		select {
		case m, ok := <-f.msgs:
			if !ok {
				return sum
			}
			sum += m
		case <-time.After(time.Minute): // a new timer for every message
			return sum
		}
	}
}

func (f *feed) drainReset() (sum int) {
	idle := time.NewTimer(time.Minute)
	defer idle.Stop()
	for {
		select {
		case m, ok := <-f.msgs:
			if !ok {
				return sum
			}
			sum += m
			idle.Reset(time.Minute)
		case <-idle.C:
			return sum
		}
	}
}

func subscribe() *feed {
	f := &feed{msgs: make(chan int)}
	go f.drain()
	return f
}

func subscribeReset() *feed {
	f := &feed{msgs: make(chan int)}
	go f.drainReset()
	return f
}

// round opens 12 feeds, sends 200 messages to each, takes the snapshot while
// their readers wait for more, and closes them.
func round(name string, all bool, open func() *feed) {
	base := runtime.NumGoroutine()
	var feeds []*feed
	for range 12 {
		f := open()
		for m := range 200 {
			f.msgs <- m
		}
		feeds = append(feeds, f)
	}
	settle(base + 12)
	snapshot(name, all)
	for _, f := range feeds {
		close(f.msgs)
	}
	settle(base)
}

func main() {
	background()
	round("fixed.before", false, subscribeReset)
	round("fixed.after", false, subscribeReset)
	round("leaky.before", true, subscribe)
	round("leaky.after", true, subscribe)
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
