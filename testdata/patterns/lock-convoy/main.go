// A cache of exchange rates that asks the upstream with its mutex held.
//
// Leaky (load, not a leak): 13 requests come at once before the first
// snapshot; one is in fetch with the lock held, 12 wait for the lock. All get
// through, one after the other. Then 31 more: 1 in fetch, 30 wait. No
// goroutine of the first snapshot is in the second.
//
// Fixed: rate fetches without the lock. 12 + 18 requests, of which the last 3
// are in fetch at each snapshot (others at the second).
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

type rates struct {
	mu       sync.Mutex
	byPair   map[string]byte
	upstream string
}

func (r *rates) get(pair string) byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.byPair[pair]; ok {
		return v
	}
	v := r.fetch(pair) // a network call with the lock held
	r.byPair[pair] = v
	return v
}

func (r *rates) rate(pair string) byte {
	r.mu.Lock()
	v, ok := r.byPair[pair]
	r.mu.Unlock()
	if ok {
		return v
	}
	v = r.fetch(pair)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byPair[pair] = v
	return v
}

func (r *rates) fetch(pair string) byte {
	conn, err := net.Dial("tcp", r.upstream)
	check(err)
	defer conn.Close()
	var b [1]byte
	_, err = conn.Read(b[:])
	check(err)
	return b[0]
}

// quote is the request handler.
func quote(get func(string) byte, pair string) { get(pair) }

// answer is the upstream: it takes its time.
func answer(conn net.Conn) {
	defer conn.Close()
	time.Sleep(400 * time.Millisecond)
	conn.Write([]byte{42})
}

func serveRates(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go answer(conn)
	}
}

var (
	table  = &rates{byPair: map[string]byte{}}
	queued int
	asked  int
)

// nextPair gives a pair that nobody has asked for yet.
func nextPair() string {
	asked++
	return fmt.Sprintf("PAIR%d", asked)
}

// init starts the upstream.
func init() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	table.upstream = ln.Addr().String()
	go serveRates(ln)
}

// answerQuotes sends as many requests as makes the queue n longer than last time.
// One answers, one is in fetch, the others wait.
func answerQuotes(n int) (more int, wait func()) {
	queued += n
	var wg sync.WaitGroup
	for range queued + 1 {
		pair := nextPair()
		wg.Go(func() { quote(table.get, pair) })
	}
	return queued + 2, wg.Wait
}

// answerUnlocked sends n requests; the last 3 are in fetch until wait.
func answerUnlocked(n int) (more int, wait func()) {
	var quick, slow sync.WaitGroup
	for range n - 3 {
		pair := nextPair()
		quick.Go(func() { quote(table.rate, pair) })
	}
	quick.Wait()
	for range 3 {
		pair := nextPair()
		slow.Go(func() { quote(table.rate, pair) })
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
	step := answerQuotes
	if variant == "fixed" {
		step = answerUnlocked
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
