// A newsletter goes out with one goroutine per reader, all at once. The mail
// server is slow: sending is a time.Sleep.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Right: at most 6 in flight. At each snapshot 6 goroutines are in send and
// mailLimited waits for a free place; 20 and 30 mails. Wrong: 120 goroutines in
// send at the first snapshot; 40 of them get through, 100 more readers come, so
// 180 at the second, 80 of which were there before.
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

type reader struct{ delay time.Duration }

func send(r reader) { time.Sleep(r.delay) }

func mail(readers []reader) {
	for _, r := range readers {
		go send(r) // as many at once as there are readers
	}
}

func mailLimited(readers []reader) {
	slots := make(chan struct{}, 6)
	var wg sync.WaitGroup
	for _, r := range readers {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			send(r)
		})
	}
	wg.Wait()
}

func list(n int, delay time.Duration) []reader {
	readers := make([]reader, n)
	for i := range readers {
		readers[i].delay = delay
	}
	return readers
}

func main() {
	background()
	base := runtime.NumGoroutine()
	go mailLimited(list(20, 300*time.Millisecond))
	settle(base + 7)
	snapshot("fixed.before", false)
	settle(base)
	go mailLimited(list(30, 300*time.Millisecond))
	settle(base + 7)
	snapshot("fixed.after", false)
	settle(base)

	mail(append(list(80, time.Minute), list(40, 2*time.Second)...))
	settle(base + 120)
	snapshot("leaky.before", true)
	settle(base + 80)
	mail(list(100, time.Minute))
	settle(base + 180)
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
