// Game rooms: publish sends a room's events on a channel while it holds the
// room's mutex; deliver, which receives them, takes the same mutex for every
// event. With one event it goes well; with two, deliver waits for the mutex and
// publish for deliver.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Right: publish sends after it unlocked. 12 and 18 rooms, 3 of them open at
// each snapshot, their deliver waiting for the next event. Wrong: 12 rooms
// before the first snapshot and 18 more before the second; each holds one
// goroutine in (*room).publish [chan send] and one in (*room).deliver
// [sync.Mutex.Lock].
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

type room struct {
	mu     sync.Mutex
	last   int // guarded by mu
	events chan int
}

// publish sends while it holds the mutex.
func (r *room) publish(events ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		r.events <- e
	}
}

// publishUnlocked holds the mutex only for the room's own fields.
func (r *room) publishUnlocked(events ...int) {
	r.mu.Lock()
	r.last = 0
	r.mu.Unlock()
	for _, e := range events {
		r.events <- e
	}
}

func (r *room) deliver() {
	for e := range r.events {
		r.mu.Lock()
		r.last = e
		r.mu.Unlock()
	}
}

func open() *room {
	r := &room{events: make(chan int)}
	go r.deliver()
	return r
}

func join() { go open().publish(1, 2) }

func joinUnlocked() *room {
	r := open()
	r.publishUnlocked(1, 2)
	return r
}

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, round := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		var rooms []*room
		for i := range round.n {
			if r := joinUnlocked(); i < 3 {
				rooms = append(rooms, r)
			} else {
				close(r.events)
			}
		}
		settle(base + 3)
		snapshot(round.name, false)
		for _, r := range rooms {
			close(r.events)
		}
		settle(base)
	}

	for range 12 {
		join()
	}
	settle(base + 24)
	snapshot("leaky.before", true)
	for range 18 {
		join()
	}
	settle(base + 60)
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
