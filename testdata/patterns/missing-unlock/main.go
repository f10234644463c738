// A service registry. lookup of an unknown name returns without unlocking.
//
// Leaky: one lookup of an unknown name, whose goroutine is long gone; every
// later lookup waits for the one mutex: 12 before the first snapshot, 18 more
// before the second.
//
// Fixed: find unlocks by defer. The same 1 + 30 calls pass, 3 are talking to
// the service they found at each snapshot (others at the second).
//
// Run: go run -trimpath main.go OUT
package main

import (
	"errors"
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

type registry struct {
	mu    sync.Mutex
	addrs map[string]string
}

var errUnknown = errors.New("unknown service")

func (r *registry) lookup(name string) (string, error) {
	r.mu.Lock()
	addr, ok := r.addrs[name]
	if !ok {
		return "", errUnknown // returns with r.mu locked
	}
	r.mu.Unlock()
	return addr, nil
}

func (r *registry) find(name string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	addr, ok := r.addrs[name]
	if !ok {
		return "", errUnknown
	}
	return addr, nil
}

// forward finds the service called name and sends it a request.
func forward(find func(string) (string, error), name string, reply time.Duration) {
	addr, err := find(name)
	if err != nil {
		return
	}
	request(addr, reply)
}

// request stands for a request to addr that is answered after a while.
func request(addr string, reply time.Duration) { time.Sleep(reply) }

var (
	services = &registry{addrs: map[string]string{"billing": "192.0.2.7:80"}}
	typo     sync.Once
)

// proxy forwards n requests after one for an unknown service. All n stay.
func proxy(n int) (more int, wait func()) {
	typo.Do(func() { forward(services.lookup, "biling", 0) })
	for range n {
		go forward(services.lookup, "billing", time.Millisecond)
	}
	return n, nil
}

// proxyDeferred does the same; the last 3 requests are answered in wait.
func proxyDeferred(n int) (more int, wait func()) {
	typo.Do(func() { forward(services.find, "biling", 0) })
	var quick, slow sync.WaitGroup
	for range n - 3 {
		quick.Go(func() { forward(services.find, "billing", time.Millisecond) })
	}
	quick.Wait()
	for range 3 {
		slow.Go(func() { forward(services.find, "billing", time.Second) })
	}
	return 3, slow.Wait
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
	step := proxy
	if variant == "fixed" {
		step = proxyDeferred
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
