// Command conn-without-deadline writes goroutine profiles of one leak pattern, and of the same
// work done rightly, into the folder given: go run -trimpath main.go OUT
//
// A line protocol over TCP, one goroutine per connection, and clients that fall
// silent. The leaky server reads without a deadline; the fixed one sets a read
// deadline before each line.
//
// 12 silent connections before the first snapshot, 18 more before the second, one
// goroutine each in conn.Read. The clients are plain sockets of the same process
// and have no goroutines. The fixed variant drops the same connections and holds 3
// whose deadline has not passed yet, other ones in each snapshot.
package main

import (
	"bufio"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

func main() {
	svc := startService()
	base := runtime.NumGoroutine()

	m := &meters{idle: 500 * time.Millisecond} // a minute or more in earnest
	addr := m.listen()
	for _, step := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		silent := dial(addr, step.n)
		settle(base + 1) // the server has dropped them
		fresh := dial(addr, 3)
		settle(base + 1 + 3)
		snapshot(step.name)
		hangUp(silent)
		hangUp(fresh)
		settle(base + 1)
	}
	m.ln.Close()
	settle(base)

	m = &meters{}
	addr = m.listen()
	silent := dial(addr, 12)
	settle(base + 1 + 12)
	snapshot("leaky.before")
	silent = append(silent, dial(addr, 18)...)
	settle(base + 1 + 30)
	snapshot("leaky.after")
	hangUp(silent)
	m.ln.Close()
	svc.shutdown()
}

// meters takes readings, a line each, from many small devices.
type meters struct {
	ln   net.Listener
	idle time.Duration
}

func (m *meters) listen() string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	m.ln = ln
	go m.acceptAll()
	return ln.Addr().String()
}

func (m *meters) acceptAll() {
	for {
		c, err := m.ln.Accept()
		if err != nil {
			return
		}
		if m.idle > 0 {
			go m.serveBounded(c)
		} else {
			go m.serve(c)
		}
	}
}

func (m *meters) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewScanner(c)
	for in.Scan() { // no deadline: a silent peer holds it for ever
		m.record(in.Text())
	}
}

func (m *meters) serveBounded(c net.Conn) {
	defer c.Close()
	in := bufio.NewScanner(c)
	c.SetReadDeadline(time.Now().Add(m.idle))
	for in.Scan() {
		m.record(in.Text())
		c.SetReadDeadline(time.Now().Add(m.idle))
	}
}

func (m *meters) record(line string) {}

func dial(addr string, n int) []net.Conn {
	conns := make([]net.Conn, n)
	for i := range conns {
		c, err := net.Dial("tcp", addr)
		check(err)
		conns[i] = c
	}
	return conns
}

func hangUp(conns []net.Conn) {
	for _, c := range conns {
		c.Close()
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
