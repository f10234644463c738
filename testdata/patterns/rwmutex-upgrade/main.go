// User profiles with an RWMutex each. rank holds the read lock and calls
// refresh, which takes the write lock: a writer waits for all readers, here for
// its own goroutine.
//
// Leaky: 12 profiles before the first snapshot, 18 more before the second. Of
// each profile two goroutines stay: (*profile).refresh under rank waits for the
// write lock, (*profile).title, a later reader, waits behind that writer.
//
// Fixed: standing gives the read lock back before it refreshes, and loads
// without a lock. 9 + 15 profiles are shown, 3 are being loaded at each
// snapshot (others at the second).
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

type profile struct {
	mu    sync.RWMutex
	name  string
	score int
	fresh bool
	store time.Duration // how long the store takes
}

func (p *profile) rank() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if !p.fresh {
		p.refresh() // wants the write lock, with the read lock held
	}
	return p.score
}

func (p *profile) refresh() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.score, p.fresh = p.load(), true
}

func (p *profile) title() string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.name
}

func (p *profile) standing() int {
	p.mu.RLock()
	score, fresh := p.score, p.fresh
	p.mu.RUnlock()
	if !fresh {
		score = p.reload() // no lock held here
	}
	return score
}

func (p *profile) reload() int {
	score := p.load()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.fresh { // somebody may have been faster
		p.score, p.fresh = score, true
	}
	return p.score
}

// load stands for a query.
func (p *profile) load() int {
	time.Sleep(p.store)
	return 7
}

// showProfiles shows n profiles. Two goroutines of each stay.
func showProfiles(n int) (more int, wait func()) {
	profiles := make([]*profile, n)
	for i := range profiles {
		profiles[i] = &profile{name: "gopher"}
		go profiles[i].rank()
	}
	time.Sleep(100 * time.Millisecond) // rank first
	for _, p := range profiles {
		go p.title()
	}
	return 2 * n, nil
}

// showRefreshed shows n profiles; the last 3 are being loaded until wait.
func showRefreshed(n int) (more int, wait func()) {
	var quick, slow sync.WaitGroup
	for i := range n {
		p := &profile{name: "gopher", store: time.Millisecond}
		if i < n-3 {
			quick.Go(func() { p.standing() })
		} else {
			p.store = time.Second
			slow.Go(func() { p.standing() })
		}
		quick.Go(func() { p.title() })
	}
	quick.Wait()
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
	step := showProfiles
	if variant == "fixed" {
		step = showRefreshed
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
