// An importer with an errgroup of two: one member reads rows into a channel,
// one stores them. When storing fails, the group's context is cancelled, but
// the reader doesn't look at it.
//
// Leaky: 12 imports fail at their second row before the first snapshot, 18
// more before the second. Of each two goroutines stay: the reader in its send,
// and importRows in (*Group).Wait.
//
// Fixed: the reader of loadRows selects on the group's context. The same 9 +
// 15 imports fail and end, 3 are storing at each snapshot (others at the
// second), three goroutines each: reader, writer, Wait.
//
// golang.org/x/sync is replaced by ./sync, a small errgroup with the same
// functions, so that the stacks read as with the real one.
//
// Run: go run -trimpath . OUT
package main

import (
	"context"
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

	"golang.org/x/sync/errgroup"
)

var errDuplicate = errors.New("duplicate key")

type table struct {
	pause time.Duration // how long it takes to store a row
}

func importRows(ctx context.Context, t *table, rows []string) error {
	g, ctx := errgroup.WithContext(ctx)
	next := make(chan string)
	g.Go(func() error {
		defer close(next)
		for _, row := range rows {
			next <- row // does not look at ctx
		}
		return nil
	})
	g.Go(func() error {
		return t.storeAll(ctx, next) // returns at its first error
	})
	return g.Wait()
}

func loadRows(ctx context.Context, t *table, rows []string) error {
	g, ctx := errgroup.WithContext(ctx)
	next := make(chan string)
	g.Go(func() error {
		defer close(next)
		for _, row := range rows {
			select {
			case next <- row:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	g.Go(func() error {
		return t.storeAll(ctx, next)
	})
	return g.Wait()
}

// storeAll stores until next is closed or a row fails.
func (t *table) storeAll(ctx context.Context, next <-chan string) error {
	for row := range next {
		if err := t.store(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// store stands for an insert into a database.
func (t *table) store(ctx context.Context, row string) error {
	time.Sleep(t.pause)
	if row == rows[1] {
		return errDuplicate
	}
	return ctx.Err()
}

var rows = []string{"a", "b", "c", "d"}

// importAll runs n imports. Two goroutines of each stay.
func importAll(n int) (more int, wait func()) {
	for range n {
		t := &table{pause: time.Millisecond}
		go importRows(context.Background(), t, rows)
	}
	return 2 * n, nil
}

// importUntil runs n imports; the last 3 are storing until wait.
func importUntil(n int) (more int, wait func()) {
	var quick, slow sync.WaitGroup
	for range n - 3 {
		t := &table{pause: time.Millisecond}
		quick.Go(func() { loadRows(context.Background(), t, rows) })
	}
	quick.Wait()
	for range 3 {
		t := &table{pause: time.Second}
		slow.Go(func() { loadRows(context.Background(), t, rows) })
	}
	return 9, slow.Wait
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
	step := importAll
	if variant == "fixed" {
		step = importUntil
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
