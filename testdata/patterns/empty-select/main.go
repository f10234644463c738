// A configuration hub that keeps one goroutine per watching tenant, parked in
// select {} so that the deferred remove "runs at the end".
//
// Leaky: 12 tenants before the first snapshot, 18 more before the second, one
// (*hub).watch each in select {}.
//
// Fixed: watchUntil waits for the tenant's context. 9 + 15 tenants come and
// go, 3 are connected at each snapshot (others at the second).
//
// In both variants main itself is parked in select {}, as in many servers:
// that one is meant.
//
// Run: go run -trimpath main.go OUT
package main

import (
	"context"
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

type hub struct {
	mu      sync.Mutex
	tenants map[int]bool
}

func (h *hub) add(tenant int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tenants[tenant] = true
}

func (h *hub) remove(tenant int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.tenants, tenant)
}

func (h *hub) watch(tenant int) {
	h.add(tenant)
	defer h.remove(tenant) // never runs
	select {}              // nothing can end this
}

func (h *hub) watchUntil(ctx context.Context, tenant int) {
	h.add(tenant)
	defer h.remove(tenant)
	<-ctx.Done()
}

var config = &hub{tenants: map[int]bool{}}

// connectTenants connects n tenants. One goroutine of each stays.
func connectTenants(n int) (more int, wait func()) {
	for tenant := range n {
		go config.watch(tenant)
	}
	return n, nil
}

// connectUntil connects n tenants; the last 3 are connected until wait.
func connectUntil(n int) (more int, wait func()) {
	var wg sync.WaitGroup
	late, hangUp := context.WithCancel(context.Background())
	early, cancel := context.WithCancel(context.Background())
	for tenant := range n {
		ctx := early
		if tenant >= n-3 {
			ctx = late
		}
		wg.Go(func() { config.watchUntil(ctx, tenant) })
	}
	cancel()
	return 3, func() {
		hangUp()
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
	step := connectTenants
	if variant == "fixed" {
		step = connectUntil
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
		go func() {
			run(os.Args[1], os.Args[2])
			os.Exit(0)
		}()
		select {}
	}
	self, err := os.Executable()
	check(err)
	for _, variant := range []string{"fixed", "leaky"} {
		cmd := exec.Command(self, os.Args[1], variant)
		cmd.Stderr = os.Stderr
		check(cmd.Run())
	}
}
