// Command process-not-waited writes goroutine profiles of one leak pattern, and of the same
// work done rightly, into the folder given: go run -trimpath main.go OUT
//
// Child processes started with a context. The leaky variant calls Start and never
// Wait; the fixed one waits for each.
//
// 12 children before the first snapshot, 18 more before the second. Each leaves the
// goroutine (*Cmd).watchCtx, and its entry in the process table once it has ended.
// The children sleep here, and are killed and reaped when the program ends. The
// fixed variant runs 30 short children and holds 3 running ones, others in each
// snapshot: a caller in Wait and a watchCtx each.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	svc := startService()
	ctx, cancel := context.WithCancel(context.Background())
	base := runtime.NumGoroutine()

	for _, step := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		for range step.n {
			check(notifyAndWait(ctx, "0"))
		}
		done := inFlight(ctx, 3)
		settle(base + 3*2)
		snapshot(step.name)
		done()
		settle(base)
	}

	for range 12 {
		check(notify(ctx, "1000"))
	}
	settle(base + 12)
	snapshot("leaky.before")
	for range 18 {
		check(notify(ctx, "1000"))
	}
	settle(base + 30)
	snapshot("leaky.after")

	cancel() // kills the children
	for err := error(nil); err != syscall.ECHILD; {
		_, err = syscall.Wait4(-1, nil, 0, nil)
	}
	svc.shutdown()
}

func notify(ctx context.Context, arg string) error {
	cmd := exec.CommandContext(ctx, "sleep", arg) // stands for the notifier
	return cmd.Start()                            // fire and forget: nobody calls Wait
}

func notifyAndWait(ctx context.Context, arg string) error {
	cmd := exec.CommandContext(ctx, "sleep", arg)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Wait()
}

// inFlight starts n children that run until done is called.
func inFlight(ctx context.Context, n int) (done func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { notifyAndWait(ctx, "1000") })
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// service is what a healthy process has anyway: seven goroutines.
type service struct {
	pool    *pool
	admin   net.Listener
	flusher *flusher
}

func startService() *service {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	s := &service{
		pool:    &pool{jobs: make(chan func())},
		admin:   ln,
		flusher: &flusher{every: 10 * time.Second, quit: make(chan struct{})},
	}
	for range 4 {
		go s.pool.work()
	}
	go accept(s.admin)
	go janitor(time.Hour)
	go s.flusher.run()
	return s
}

func (s *service) shutdown() {
	close(s.pool.jobs)
	close(s.flusher.quit)
	s.admin.Close()
}

type pool struct{ jobs chan func() }

func (p *pool) work() {
	for job := range p.jobs {
		job()
	}
}

func accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		c.Close()
	}
}

func janitor(every time.Duration) {
	for {
		time.Sleep(every)
	}
}

type flusher struct {
	every time.Duration
	quit  chan struct{}
}

func (f *flusher) run() {
	t := time.NewTicker(f.every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-f.quit:
			return
		}
	}
}

// settle waits until exactly n goroutines exist and have come to rest.
func settle(n int) {
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() != n; {
		if time.Now().After(deadline) {
			log.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
}

// snapshot writes the goroutine profile in the forms that name asks for.
func snapshot(name string) {
	ext := []string{2: "debug2.txt", 1: "debug1.txt", 0: "pb.gz"}
	for debug := 2; debug >= 0; debug-- {
		if debug < 2 && strings.HasPrefix(name, "fixed") {
			continue
		}
		f, err := os.Create(filepath.Join(os.Args[1], name+"."+ext[debug]))
		check(err)
		check(pprof.Lookup("goroutine").WriteTo(f, debug))
		check(f.Close())
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
