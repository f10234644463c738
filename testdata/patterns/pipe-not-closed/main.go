// Command pipe-not-closed writes goroutine profiles of one leak pattern, and of the same
// work done rightly, into the folder given: go run -trimpath main.go OUT
//
// An export written into an io.Pipe by one goroutine and read by a store. The leaky
// store refuses the file after its first line and returns, and nobody closes the
// reading end; the fixed variant closes it.
//
// 12 exports before the first snapshot, 18 more before the second. Each leaves the
// writer in (*pipe).write. The fixed variant holds 3 exports whose store is busy,
// others in each snapshot: the store in chan receive and the writer in (*pipe).write.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

func main() {
	svc := startService()
	base := runtime.NumGoroutine()
	orders := []order{{1, 995}, {2, 1250}, {3, 300}}

	for _, step := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		for range step.n {
			exportClosing(orders, &store{version: "v2"})
		}
		done := inFlight(orders, 3)
		settle(base + 3*2)
		snapshot(step.name)
		done()
		settle(base)
	}

	for range 12 {
		export(orders, &store{version: "v2"})
	}
	settle(base + 12)
	snapshot("leaky.before")
	for range 18 {
		export(orders, &store{version: "v2"})
	}
	settle(base + 30)
	snapshot("leaky.after")
	svc.shutdown()
}

func export(orders []order, s *store) error {
	pr, pw := io.Pipe()
	go func() {
		pw.CloseWithError(writeCSV(pw, orders))
	}()
	return s.put(pr) // when put stops reading early, the writer waits for ever
}

func exportClosing(orders []order, s *store) error {
	pr, pw := io.Pipe()
	defer pr.Close() // every later Write returns io.ErrClosedPipe
	go func() {
		pw.CloseWithError(writeCSV(pw, orders))
	}()
	return s.put(pr)
}

type order struct{ id, cents int }

func writeCSV(w io.Writer, orders []order) error {
	if _, err := fmt.Fprintln(w, "v1"); err != nil {
		return err
	}
	for _, o := range orders {
		if _, err := fmt.Fprintf(w, "%d,%d\n", o.id, o.cents); err != nil {
			return err
		}
	}
	return nil
}

// store takes files of one version; a file has to wait until ready is closed.
type store struct {
	version string
	ready   chan struct{}
}

func (s *store) put(r io.Reader) error {
	in := bufio.NewScanner(r)
	if !in.Scan() || in.Text() != s.version {
		return errors.New("store: unknown version")
	}
	if s.ready != nil {
		<-s.ready
	}
	for in.Scan() {
	}
	return in.Err()
}

// inFlight starts n exports to a store that is busy.
func inFlight(orders []order, n int) (done func()) {
	s := &store{version: "v1", ready: make(chan struct{})}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { exportClosing(orders, s) })
	}
	return func() {
		close(s.ready)
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
