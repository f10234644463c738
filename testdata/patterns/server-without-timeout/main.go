// Command server-without-timeout writes goroutine profiles of one leak pattern, and of the same
// work done rightly, into the folder given: go run -trimpath main.go OUT
//
// An http.Server and clients that connect and never send a request. The leaky server
// has no timeouts and keeps them for ever; the fixed one has ReadHeaderTimeout.
//
// 12 silent connections before the first snapshot, 12 more before the second (30
// would make the files too long), one goroutine each in conn.readRequest. The
// clients are plain sockets of the same process and have no goroutines. The fixed
// variant drops the same connections and holds 3 requests being handled, other
// ones in each snapshot.
package main

import (
	"io"
	"log"
	"net"
	"net/http"
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

	srv, addr := listenBounded()
	for _, name := range []string{"fixed.before", "fixed.after"} {
		silent := dial(addr, 12)
		settle(base + 1) // the server has dropped them
		asking := dial(addr, 3)
		for _, c := range asking {
			_, err := io.WriteString(c, "GET /report HTTP/1.1\r\nHost: reports\r\n\r\n")
			check(err)
		}
		settle(base + 1 + 3*2) // each with its background reader
		snapshot(name)
		hangUp(silent)
		hangUp(asking)
		settle(base + 1)
	}
	srv.Close()
	settle(base)

	srv, addr = listen()
	silent := dial(addr, 12)
	settle(base + 1 + 12)
	snapshot("leaky.before")
	silent = append(silent, dial(addr, 12)...)
	settle(base + 1 + 24)
	snapshot("leaky.after")
	hangUp(silent)
	srv.Close()
	svc.shutdown()
}

func listen() (*http.Server, string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	srv := &http.Server{Handler: http.HandlerFunc(report)} // no timeouts: wait for ever
	go srv.Serve(ln)
	return srv, ln.Addr().String()
}

func listenBounded() (*http.Server, string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	srv := &http.Server{
		Handler:           http.HandlerFunc(report),
		ReadHeaderTimeout: 400 * time.Millisecond, // 5 s in earnest
		IdleTimeout:       time.Minute,
	}
	go srv.Serve(ln)
	return srv, ln.Addr().String()
}

// report takes as long as its client waits.
func report(w http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
}

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
