// A webhook sender that posts to all addresses of an event and waits for all.
// An empty address returns before Done.
//
// Leaky: 12 events of 3 addresses, one of them empty, before the first
// snapshot, 18 more before the second. All posts end; (*sender).broadcast of
// each event stays in Wait.
//
// Fixed: fanOut uses WaitGroup.Go, which calls Done on every way out. 9 + 15
// events are sent, 3 are being sent at each snapshot (others at the second):
// one goroutine of each in Wait, one in its post.
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

type sender struct {
	slowest time.Duration // how long the last address takes
}

func (s *sender) broadcast(addrs []string) {
	var wg sync.WaitGroup
	wg.Add(len(addrs))
	for _, addr := range addrs {
		go func() {
			if addr == "" {
				return // without Done: the counter stays at 1
			}
			s.post(addr)
			wg.Done()
		}()
	}
	wg.Wait()
}

func (s *sender) fanOut(addrs []string) {
	var wg sync.WaitGroup
	for _, addr := range addrs {
		wg.Go(func() {
			if addr == "" {
				return
			}
			s.post(addr)
		})
	}
	wg.Wait()
}

// post stands for a request to addr.
func (s *sender) post(addr string) {
	if addr == addrs[2] {
		time.Sleep(s.slowest)
	}
}

var addrs = []string{"192.0.2.1", "", "192.0.2.3"}

// sendEvents sends n events. One goroutine of each stays.
func sendEvents(n int) (more int, wait func()) {
	for range n {
		s := &sender{slowest: time.Millisecond}
		go s.broadcast(addrs)
	}
	return n, nil
}

// sendCounted sends n events; the last 3 are being sent until wait.
func sendCounted(n int) (more int, wait func()) {
	var quick, slow sync.WaitGroup
	for range n - 3 {
		s := &sender{slowest: time.Millisecond}
		quick.Go(func() { s.fanOut(addrs) })
	}
	quick.Wait()
	for range 3 {
		s := &sender{slowest: time.Second}
		slow.Go(func() { s.fanOut(addrs) })
	}
	return 6, slow.Wait
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
	step := sendEvents
	if variant == "fixed" {
		step = sendCounted
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
