// Command body-not-closed writes goroutine profiles of one leak pattern, and of the same
// work done rightly, into the folder given: go run -trimpath main.go OUT
//
// Exchange rates over HTTP, asked for with http.Get. The leaky variant returns on a
// bad status without closing the body; the fixed one closes it on every path.
//
// 12 requests before the first snapshot, 18 more before the second. Each leaves the
// two goroutines of its connection: readLoop in select, waiting for the body to be
// read or closed, and writeLoop, waiting for the next request. The server runs in
// a second process. The fixed variant holds 3 requests in flight, other ones in
// each snapshot, and their connections.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

func main() {
	if os.Args[1] == "upstream" {
		upstream()
		return
	}
	svc := startService()
	url, stop := startUpstream()
	base := runtime.NumGoroutine()

	for _, step := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		for range step.n {
			fetchRateClosing(context.Background(), url+"/XXX")
		}
		done := inFlight(3, url+"/slow")
		settle(base + 3*3) // the caller and the two goroutines of its connection
		snapshot(step.name)
		done()
		http.DefaultClient.CloseIdleConnections()
		settle(base)
	}

	for range 12 {
		fetchRate(url, "XXX")
	}
	settle(base + 12*2)
	snapshot("leaky.before")
	for range 18 {
		fetchRate(url, "XXX")
	}
	settle(base + 30*2)
	snapshot("leaky.after")
	stop()
	svc.shutdown()
}

var errStatus = errors.New("rate service: bad status")

func fetchRate(url, currency string) (string, error) {
	resp, err := http.Get(url + "/" + currency)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", errStatus // the body is still open
	}
	defer resp.Body.Close()
	rate, err := io.ReadAll(resp.Body)
	return string(rate), err
}

func fetchRateClosing(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", errStatus
	}
	rate, err := io.ReadAll(resp.Body)
	return string(rate), err
}

// inFlight starts n requests that the server does not answer yet.
func inFlight(n int, url string) (done func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { fetchRateClosing(ctx, url) })
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// upstream is the server, run in a process of its own so that the profiles hold
// the client only. It ends with its standard input.
func upstream() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	http.HandleFunc("/EUR", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "1.0842")
	})
	http.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no such currency", http.StatusNotFound)
	})
	fmt.Println("http://" + ln.Addr().String())
	go http.Serve(ln, nil)
	io.Copy(io.Discard, os.Stdin)
}

func startUpstream() (url string, stop func()) {
	exe, err := os.Executable()
	check(err)
	cmd := exec.Command(exe, "upstream")
	stdin, err := cmd.StdinPipe()
	check(err)
	stdout, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	url, err = bufio.NewReader(stdout).ReadString('\n')
	check(err)
	return strings.TrimSpace(url), func() {
		stdin.Close()
		cmd.Wait()
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
