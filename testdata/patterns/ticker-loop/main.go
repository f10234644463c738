// Every session of a client has a goroutine that sends a ping at each tick.
// Close stops the ticker. That ends the ticks, but not the loop over its
// channel, because Stop does not close the channel.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Right: the loop selects on the ticker and on a done channel that Close
// closes. 12 and 18 sessions, 3 of them open at each snapshot. Wrong: 12
// closed sessions keep their goroutine in (*session).heartbeat before the first
// snapshot and 18 more before the second.
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

type session struct {
	tick *time.Ticker
	done chan struct{}
}

func dial() *session {
	return &session{time.NewTicker(time.Minute), make(chan struct{})}
}

func (s *session) ping() {}

func (s *session) heartbeat() {
	for range s.tick.C {
		s.ping()
	}
}

func (s *session) Close() { s.tick.Stop() }

// keepalive does the same and ends when done is closed.
func (s *session) keepalive() {
	defer s.tick.Stop()
	for {
		select {
		case <-s.tick.C:
			s.ping()
		case <-s.done:
			return
		}
	}
}

func (s *session) Shutdown() { close(s.done) }

func visit() {
	s := dial()
	go s.heartbeat()
	s.Close()
}

func open() *session {
	s := dial()
	go s.keepalive()
	return s
}

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, round := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		var sessions []*session
		for i := range round.n {
			if s := open(); i < 3 {
				sessions = append(sessions, s)
			} else {
				s.Shutdown()
			}
		}
		settle(base + 3)
		snapshot(round.name, false)
		for _, s := range sessions {
			s.Shutdown()
		}
		settle(base)
	}

	for range 12 {
		visit()
	}
	settle(base + 12)
	snapshot("leaky.before", true)
	for range 18 {
		visit()
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
