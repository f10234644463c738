// A feed server whose sessions get their channel only when they replay old
// events; for all others the field stays nil.
//
// Leaky: 12 sessions before the first snapshot, 18 more before the second.
// Each leaves two goroutines: (*session).loop ranges over the nil channel,
// (*session).publish sends to it.
//
// Fixed: every session gets a channel and closes it. 9 + 15 sessions come and
// go, 3 are open at each snapshot (others at the second).
//
// Run: go run -trimpath main.go OUT
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type event struct{ seq int }

type session struct {
	id     int
	events chan event
	seen   int
}

func newSession(id int, replay bool) *session {
	s := &session{id: id}
	if replay {
		s.events = make(chan event, 8)
	}
	return s // without replay, s.events is nil
}

func (s *session) loop() {
	for ev := range s.events {
		s.seen = ev.seq
	}
}

func (s *session) publish(ev event) {
	s.events <- ev
}

// openSession makes the channel on every path.
func openSession(id int) *session {
	return &session{id: id, events: make(chan event, 8)}
}

func (s *session) close() {
	close(s.events)
}

// acceptSessions opens n live sessions. Two goroutines of each stay.
func acceptSessions(n int) (more int, wait func()) {
	for id := range n {
		s := newSession(id, false)
		go s.loop()
		go s.publish(event{seq: id})
	}
	return 2 * n, nil
}

// acceptMade opens n sessions; the last 3 are open until wait.
func acceptMade(n int) (more int, wait func()) {
	var wg sync.WaitGroup
	var open []*session
	for id := range n {
		s := openSession(id)
		wg.Go(s.loop)
		s.publish(event{seq: id})
		if id < n-3 {
			s.close()
		} else {
			open = append(open, s)
		}
	}
	return 3, func() {
		for _, s := range open {
			s.close()
		}
		wg.Wait()
	}
}

// ---- The service around it: a pool, a listener, a janitor, a flusher. ----

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

func janitor(every time.Duration) {
	for {
		time.Sleep(every)
		runtime.GC()
	}
}

type flusher struct{ stop chan struct{} }

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

func startService() (stop func()) {
	p := &pool{jobs: make(chan func())}
	for range 4 {
		go p.work()
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go accept(ln)
	go janitor(time.Hour)
	f := &flusher{stop: make(chan struct{})}
	go f.run()
	return func() {
		close(p.jobs)
		ln.Close()
		close(f.stop)
	}
}

// ---- Running it and taking the profiles. ----

// run plays both steps of one variant and writes its profiles into out.
func run(out, variant string) {
	base := runtime.NumGoroutine() + 7
	stop := startService()
	defer stop()
	settle(base)
	step := acceptSessions
	if variant == "fixed" {
		step = acceptMade
	}
	for _, s := range []struct {
		when string
		ops  int
	}{{"before", 12}, {"after", 18}} {
		more, wait := step(s.ops)
		settle(base + more)
		snapshot(out, variant, s.when)
		if wait == nil {
			base += more
			continue
		}
		wait()
		settle(base)
	}
}

// settle waits until exactly n goroutines are there, and then until they wait.
func settle(n int) {
	for range 1000 {
		if runtime.NumGoroutine() == n {
			time.Sleep(60 * time.Millisecond)
			if runtime.NumGoroutine() == n {
				return
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	panic(fmt.Sprintf("%d goroutines, not %d", runtime.NumGoroutine(), n))
}

func snapshot(out, variant, when string) {
	for _, form := range []struct {
		debug int
		ext   string
	}{{2, "debug2.txt"}, {1, "debug1.txt"}, {0, "pb.gz"}} {
		if variant == "fixed" && form.debug != 2 {
			continue
		}
		f, err := os.Create(filepath.Join(out, variant+"."+when+"."+form.ext))
		check(err)
		check(pprof.Lookup("goroutine").WriteTo(f, form.debug))
		check(f.Close())
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// main runs each variant in a process of its own.
func main() {
	if len(os.Args) == 3 {
		run(os.Args[1], os.Args[2])
		return
	}
	self, err := os.Executable()
	check(err)
	for _, variant := range []string{"fixed", "leaky"} {
		cmd := exec.Command(self, os.Args[1], variant)
		cmd.Stderr = os.Stderr
		check(cmd.Run())
	}
}
