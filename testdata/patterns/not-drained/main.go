// A log shipper: follow reads lines of a file into a buffered channel, ship
// sends them off. On stop, ship leaves with lines still in the buffer.
//
// Leaky: 12 tails are started and stopped before the first snapshot, 18 more
// before the second. Of each, (*tail).follow stays: the buffer of 4 is full.
//
// Fixed: followUntil looks at quit too. 9 + 15 tails are started and stopped,
// 3 run at each snapshot (others at the second), two goroutines each: one
// waits for room in the buffer, one ships.
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

type tail struct {
	lines chan string
	quit  chan struct{}
	pause time.Duration // how long it takes to ship one line
}

func newTail(pause time.Duration) *tail {
	return &tail{
		lines: make(chan string, 4),
		quit:  make(chan struct{}),
		pause: pause,
	}
}

func (t *tail) follow(file []string) {
	for _, line := range file {
		t.lines <- line // waits for ever once ship is gone
	}
}

func (t *tail) ship() {
	for {
		select {
		case line := <-t.lines:
			t.upload(line)
		case <-t.quit:
			return // nobody takes what follow still sends
		}
	}
}

func (t *tail) stop() { close(t.quit) }

func (t *tail) followUntil(file []string) {
	for _, line := range file {
		select {
		case t.lines <- line:
		case <-t.quit:
			return
		}
	}
}

// upload stands for a request to the log store.
func (t *tail) upload(string) { time.Sleep(t.pause) }

var file = make([]string, 200)

// rotateLogs starts and stops n tails. One goroutine of each stays.
func rotateLogs(n int) (more int, wait func()) {
	for range n {
		t := newTail(5 * time.Millisecond)
		go t.follow(file)
		go t.ship()
		time.Sleep(10 * time.Millisecond)
		t.stop()
	}
	return n, nil
}

// rotateUntil starts n tails; the last 3 are stopped in wait.
func rotateUntil(n int) (more int, wait func()) {
	var wg sync.WaitGroup
	var running []*tail
	for i := range n {
		t := newTail(5 * time.Millisecond)
		if i >= n-3 {
			t.pause = time.Second
			running = append(running, t)
		}
		wg.Go(func() { t.followUntil(file) })
		wg.Go(t.ship)
		if i < n-3 {
			time.Sleep(10 * time.Millisecond)
			t.stop()
		}
	}
	return 6, func() {
		for _, t := range running {
			t.stop()
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
	step := rotateLogs
	if variant == "fixed" {
		step = rotateUntil
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
